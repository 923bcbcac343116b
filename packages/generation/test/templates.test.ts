/** @file Prompt templates: what the paper's form asks of them. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { applyTemplate, BARE, parsePrompt, promptTemplates } from "../src/index.ts";
import { parseTemplates, readTemplates } from "../src/templateFile.ts";

test("there are twenty, each of its own name, the bare prompt among them", () => {
  expect(promptTemplates).toHaveLength(20);
  expect(new Set(promptTemplates.map(({ name }) => name)).size).toBe(20);
  expect(promptTemplates).toContainEqual(BARE);
});

test("each holds the prompt once, has a negative prompt of its own, and is itself a prompt that is accepted", () => {
  for (const template of promptTemplates) {
    expect(template.prompt.split("{prompt}")).toHaveLength(2);
    if (template.name !== BARE.name) expect(template.negativePrompt.length).toBeGreaterThan(20);
    const { prompt, negativePrompt } = applyTemplate(template, parsePrompt("a cat [dog]"));
    expect(parsePrompt(prompt).prompt).toBe(prompt);
    expect(negativePrompt).toBe(template.name === BARE.name ? "dog" : `${template.negativePrompt}, dog`);
  }
});

test("the bare prompt changes nothing, and a dollar sign in a prompt is text", () => {
  expect(applyTemplate(BARE, { prompt: "$& $1", negativePrompt: "dog" })).toEqual({ prompt: "$& $1", negativePrompt: "dog" });
});

test("the built-in ones are the file that ships with the package, which is a file of templates like any other", () => {
  const file = new URL("../src/templates.json", import.meta.url);
  expect(parseTemplates(readFileSync(file, "utf8"), "templates.json")).toEqual(promptTemplates);
});

const good = { name: "good", prompt: "photo of {prompt}", negativePrompt: "drawing" };

test("the negative prompt may be left out", () => {
  expect(parseTemplates('[{ "name": " plain ", "prompt": "{prompt}!" }]', "t.json")).toEqual([
    { name: "plain", prompt: "{prompt}!", negativePrompt: "" },
  ]);
});

test.each([
  ["[", "t.json, the file: expected JSON; got "],
  ["{}", "t.json, the file: expected a list of 1 to 1000 templates; got no list."],
  ["[]", "t.json, the file: expected a list of 1 to 1000 templates; got 0 of them."],
  [[good, "photo"], "t.json, entry 2: expected an object with name, prompt and negativePrompt."],
  [[{ ...good, prompt: "photo" }], 't.json, entry 1 ("good"), prompt: expected {prompt} exactly once; it is there not at all.'],
  [
    [{ ...good, prompt: "{prompt} and {prompt}" }],
    't.json, entry 1 ("good"), prompt: expected {prompt} exactly once; it is there 2 times.',
  ],
  [[{ name: "none" }], 't.json, entry 1 ("none"), prompt: expected a text; got nothing.'],
  [[{ ...good, name: " " }], "t.json, entry 1, name: expected a name; got an empty text."],
  [[{ ...good, name: 7 }], "t.json, entry 1, name: expected a text; got 7."],
  [[{ ...good, negative: "x" }], 't.json, entry 1 ("good"): expected name, prompt and negativePrompt only; got also "negative".'],
  [
    [{ ...good, prompt: "{prompt} <lora:x:1>" }],
    't.json, entry 1 ("good"), prompt: with a prompt in it, it is refused: A prompt may not hold',
  ],
  [[good, { ...good, name: "other" }, good], 't.json, entry 3 ("good"), name: entry 1 has the same name.'],
])("a wrong file gets a sentence that says where: %#", (file, sentence) => {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  expect(() => parseTemplates(text, "t.json")).toThrow(
    expect.objectContaining({ code: "PICKAPIC_TEMPLATES_INVALID", message: expect.stringContaining(sentence) }),
  );
});

test("each fault of a file has its own line, and a file that is not there is named", async () => {
  const wrong = JSON.stringify([{ ...good, prompt: "" }, good, { name: "" }]);
  expect(() => parseTemplates(wrong, "t.json")).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /^t.json, entry 1 .*\.\nt.json, entry 3, .*\.\nt.json, entry 3, .*\.\nt.json, entry 2 .*\.$/,
      ),
    }),
  );
  await expect(readTemplates("/nowhere/t.json")).rejects.toThrow("The file of templates /nowhere/t.json cannot be read (ENOENT)");
});
