import { expect, test } from "vitest";
import { shortages } from "../../src/splits/shortage.ts";
import type { SplitSettings } from "../../src/splits/splits.ts";

const FEW = "from fewer than 30 no share can be told";
const CASES: [what: string, sizes: [prompts: number, held: number, validation: number, test: number], settings: SplitSettings, sentence: string | null][] = [
  ["one prompt", [1, 0, 0, 0], {}, "All rankings are in train; validation and test are empty: that takes 3 different prompts, and there is 1."],
  ["two prompts", [2, 0, 0, 0], {}, "All rankings are in train; validation and test are empty: that takes 3 different prompts, and there are 2."],
  ["a setting that allows one prompt", [50, 0, 0, 0], { heldOutPrompts: 1 }, "All rankings are in train; validation and test are empty: that takes 2 prompts, and at most 1 may be held out."],
  ["nothing held out, as asked", [50, 0, 0, 0], { heldOutPrompts: 0 }, null],
  ["no share held out, as asked", [50, 0, 0, 0], { heldOutShare: 0 }, null],
  // One ranking a prompt: 30 prompts in each half, 60 of 300.
  ["a test split of one row", [9, 2, 1, 1], {}, `validation has 1 ranking and test 1, their unique splits 1 each: ${FEW}. About 291 more prompts, ranked as often as these, would give validation and test 30 each.`],
  // Five rankings a prompt in the smaller half: 6 prompts in each half, 12 of 60.
  ["ten prompts of five rankings", [10, 2, 5, 7], {}, `validation has 5 rankings and test 7, their unique splits 1 each: ${FEW}. About 50 more prompts, ranked as often as these, would give validation and test 30 each.`],
  ["one prompt too few", [299, 58, 29, 40], {}, `validation has 29 rankings and test 40, their unique splits 29 each: ${FEW}. About 1 more prompt, ranked as often as these, would give validation and test 30 each.`],
  ["enough rankings, not enough prompts", [100, 20, 60, 58], {}, `validation_unique and test_unique have 10 rankings each: ${FEW}, so measure on validation (60) and test (58). About 200 more prompts would give the unique splits 30 each.`],
  ["another share", [100, 50, 60, 58], { heldOutShare: 0.5 }, `validation_unique and test_unique have 25 rankings each: ${FEW}, so measure on validation (60) and test (58). About 20 more prompts would give the unique splits 30 each.`],
  ["a limit that is too small", [1000, 20, 10, 10], { heldOutPrompts: 20 }, `validation has 10 rankings and test 10, their unique splits 10 each: ${FEW}. To hold out 60 prompts (--held-out-prompts), ranked as often as these, would give validation and test 30 each.`],
  ["just enough rankings, not enough prompts", [100, 20, 30, 58], {}, `validation_unique and test_unique have 10 rankings each: ${FEW}, so measure on validation (30) and test (58). About 200 more prompts would give the unique splits 30 each.`],
  ["three prompts and a setting that allows one", [3, 0, 0, 0], { heldOutPrompts: 1 }, "All rankings are in train; validation and test are empty: that takes 2 prompts, and at most 1 may be held out."],
  ["a limit that is just large enough", [200, 20, 60, 58], { heldOutPrompts: 60 }, `validation_unique and test_unique have 10 rankings each: ${FEW}, so measure on validation (60) and test (58). About 100 more prompts would give the unique splits 30 each.`],
  ["thirty in each", [300, 60, 30, 30], {}, null],
]; // biome-ignore format: a table

test.each(CASES)("%s: what is missing is said", (_what, [prompts, heldOutPrompts, validation, test], settings, sentence) => {
  expect(shortages({ prompts, heldOutPrompts, validation, test }, settings)).toEqual(sentence === null ? [] : [sentence]);
});
