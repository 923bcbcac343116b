/** @file Prompt templates: what the paper's form asks of them. */

import { expect, test } from "vitest";
import { applyTemplate, BARE, parsePrompt, promptTemplates } from "../src/index.ts";

test("there are twenty, each of its own name, the bare prompt among them", () => {
  expect(promptTemplates).toHaveLength(20);
  expect(new Set(promptTemplates.map(({ name }) => name)).size).toBe(20);
  expect(promptTemplates).toContain(BARE);
});

test("each holds the prompt once, has a negative prompt of its own, and is itself a prompt that is accepted", () => {
  for (const template of promptTemplates) {
    expect(template.prompt.split("{prompt}")).toHaveLength(2);
    if (template !== BARE) expect(template.negativePrompt.length).toBeGreaterThan(20);
    const { prompt, negativePrompt } = applyTemplate(template, parsePrompt("a cat [dog]"));
    expect(parsePrompt(prompt).prompt).toBe(prompt);
    expect(negativePrompt).toBe(template === BARE ? "dog" : `${template.negativePrompt}, dog`);
  }
});

test("the bare prompt changes nothing, and a dollar sign in a prompt is text", () => {
  expect(applyTemplate(BARE, { prompt: "$& $1", negativePrompt: "dog" })).toEqual({ prompt: "$& $1", negativePrompt: "dog" });
});
