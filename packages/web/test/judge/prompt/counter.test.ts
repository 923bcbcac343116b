import { PROMPT_MAX_CHARACTERS } from "@pickapic/server/api";
import { expect, test } from "vitest";
import { countOf, LONGEST_PROMPT } from "../../../src/judge/prompt/counter.ts";

test("the counter knows the server's limit", () => {
  expect(LONGEST_PROMPT).toBe(PROMPT_MAX_CHARACTERS);
});

test.each([
  ["", "0 / 1,000", "", false],
  ["a".repeat(900), "900 / 1,000", "", false],
  ["a".repeat(901), "901 / 1,000", "99 characters left.", false],
  ["a".repeat(999), "999 / 1,000", "1 character left.", false],
  ["a".repeat(1_000), "1,000 / 1,000", "0 characters left.", false],
  ["a".repeat(1_001), "1,001 / 1,000", "1 character too many: please shorten the prompt.", true],
  ["🦊".repeat(1_000), "1,000 / 1,000", "0 characters left.", false],
])("a prompt is counted in characters, as the server counts", (prompt, text, warning, tooLong) => {
  expect(countOf(prompt)).toEqual({ text, warning, tooLong });
});
