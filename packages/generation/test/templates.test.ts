/** @file Prompt templates: what the paper's form asks of them. */

import { fileURLToPath } from "node:url";
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

test("the built-in ones are the file that ships with the package, which is a file of templates like any other", async () => {
  const file = fileURLToPath(new URL("../src/templates.json", import.meta.url));
  expect(await readTemplates(file)).toEqual(promptTemplates);
});

const good = { name: "good", prompt: "photo of {prompt}", negativePrompt: "drawing" };

test("the negative prompt may be left out", () => {
  expect(parseTemplates('[{ "name": " plain ", "prompt": "{prompt}!" }]', "t.json")).toEqual([
    { name: "plain", prompt: "{prompt}!", negativePrompt: "" },
  ]);
});

test("a file may begin with a byte order mark and have 1,000 templates, and not one more", () => {
  const many = (count: number) =>
    `\uFEFF${JSON.stringify(Array.from({ length: count }, (_, i) => ({ ...good, name: `a\uFEFF${i}` })))}`;
  expect(parseTemplates(many(1000), "t.json").at(-1)?.name).toBe("a\uFEFF999");
  expect(() => parseTemplates(many(1001), "t.json")).toThrow("expected a list of 1 to 1000 templates; got 1001 of them.");
  expect(parseTemplates(JSON.stringify([{ ...good, name: "a\uFEFF" }, good]), "t.json")[0]?.name).toBe("a");
  expect(parseTemplates(JSON.stringify([{ ...good, name: "a\uFEFFb" }]), "t.json")[0]?.name).toBe("a\uFEFFb");
});

test.each([
  [[null], "t.json, entry 1: expected an object with name, prompt and negativePrompt."],
  [
    "[",
    't.json, the file: expected JSON, a list such as [{"name": "photo", "prompt": "a photo of {prompt}"}]; got Unexpected end',
  ],
  ["a\n{prompt}", `got Unexpected token 'a', "a {prompt}" is not valid JSON.`],
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
  [[{ ...good, a: 1, b: 2 }], 't.json, entry 1 ("good"): expected name, prompt and negativePrompt only; got also "a", "b".'],
  [
    [{ ...good, prompt: "{prompt}. <lora:x:1>" }],
    't.json, entry 1 ("good"), prompt: with a prompt in it, it is refused: A prompt may not hold marks in angle brackets, which some image generators read as commands, and this one has "<lora:x:1>": please leave it out, or describe the picture in words.',
  ],
  [
    [{ ...good, name: "v1.5", prompt: "." }],
    't.json, entry 1 ("v1.5"), prompt: expected {prompt} exactly once; it is there not at all.',
  ],
  [[good, { ...good, name: "other" }, good], 't.json, entry 3 ("good"), name: entry 1 has the same name.'],
])("a wrong file gets a sentence that says where: %#", (file, sentence) => {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  expect(() => parseTemplates(text, "t.json")).toThrow(
    expect.objectContaining({ code: "PICKAPIC_TEMPLATES_INVALID", message: expect.stringContaining(sentence) }),
  );
});

test("a name that several entries have is told for each but the first; entries without a name have none in common", () => {
  const messageOf = (list: object[]) => {
    try {
      return parseTemplates(JSON.stringify(list), "t.json");
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
  };
  expect(messageOf([good, good, good])).toBe(
    [2, 3].map((entry) => `t.json, entry ${entry} ("good"), name: entry 1 has the same name.`).join("\n"),
  );
  expect(
    messageOf([
      { ...good, name: 7 },
      { ...good, name: 7 },
    ]),
  ).not.toContain("same name");
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
  await expect(readTemplates("/nowhere/t.json")).rejects.toThrow(
    "The file of templates /nowhere/t.json cannot be read (there is no such file)",
  );
});
