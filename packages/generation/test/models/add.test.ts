/** @file A model that is added to the text of models.yaml: what stands there stays as it is. */

import { expect, test } from "vitest";
import { fieldValue, withModel } from "../../src/models/index.ts";

const entry = { openai: "http://b/v1", weight: 2 };
const ADDED = "  - openai: http://b/v1\n    weight: 2\n";

test.each([
  ["an empty file gets a list", "", `models:\n${ADDED}`],
  ["a file of blanks as well", " \n", `models:\n${ADDED}`],
  [
    "comments and order stay, and long lines are not broken",
    `# mine\nsecretsFile: s.env\nmodels:\n  # all\n  - a1111: http://a\n    title: ${"long ".repeat(30)}end\n`,
    `# mine\nsecretsFile: s.env\nmodels:\n  # all\n  - a1111: http://a\n    title: ${"long ".repeat(30)}end\n${ADDED}`,
  ],
])("%s", (_what, before, after) => {
  expect(withModel(before, entry, "models.yaml")).toBe(after);
});

test.each([
  ["the present text", "models:\n  - dalle: x\n", entry, "models.yaml, line 2: expected one of openai"],
  ["a text that is no YAML", "models:\n  - openai: [\n", entry, "models.yaml, line 3: this is no YAML"],
  ["the new model", "models:\n  - a1111: http://a\n", { openai: "http://b/v1", steps: 3 }, "models.yaml, line 4, steps: "],
  ["the name of the new model", "models:\n  - openai: http://a/v1\n", entry, 'the model of line 2 is called "openai" as well'],
])("a fault of %s is told", (_what, before, added, sentence) => {
  expect(() => withModel(before, added, "models.yaml")).toThrow(sentence);
});

test.each([
  ["7.5", 7.5],
  ["[3, 12]", [3, 12]],
  ["flux", "flux"],
  ["{n: 8}", { n: 8 }],
])("the field %s is what it would be in the file", (text, value) => expect(fieldValue(text)).toEqual(value));
