import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candidate, type Choice, choiceOf, choiceOfLabels } from "../../src/tables/winner.ts";

const row = (choice: string, rest: Partial<Candidate> = {}): Candidate => ({
  choice,
  paths: ["imgs/p0.png", "imgs/p1.png"],
  uids: ["", ""],
  models: ["unknown", "unknown"],
  ...rest,
});
const AB = ["image_a", "image_b"] as const;

const FIRST = ["a", "A", "left", "Left image", "first", "1st", "image_a", "Image A", "model_a", "Model-A", "option a", "A is better", "[[A>B]]", "0", "0.0", "image 0", "imgs/p0.png", "./imgs/p0.png", "imgs\\p0.png", "p0.png", "p0", "file:///pictures/p0.png"]; // biome-ignore format: a list
const SECOND = [
  "b",
  "right",
  "Second",
  "2nd",
  "IMAGE_B",
  "model b",
  "B wins",
  "a<b",
  "1",
  "1.00",
  "1,0",
  "p1.png",
  ".\\imgs\\p1.png",
];
const TIES = ["tie", "Tie (both good)", "tie (bothbad)", "TIED", "both", "Both Bad", "bothgood", "both_bad", "neither", "Neither is better", "none", "None", "same", "equal", "equally good", "no preference", "draw", "0.5", "0,5", ".50", "a=b"]; // biome-ignore format: a list
test.each([
  ...FIRST.map((word) => [word, 0] as const),
  ...SECOND.map((word) => [word, 1] as const),
  ...TIES.map((word) => [word, "tie"] as const),
])("%j means %s", (word, meaning) => {
  expect(choiceOf(row(word), AB, 0)).toBe(meaning);
});

test.each(["", "maybe", "2", "c", "-1", "p9.png", "nan", "ab", "10", "image"])("%j means nothing", (word) => {
  expect(choiceOf(row(word), AB, 0)).toBeUndefined();
});

test.each<[what: string, row: Candidate, meaning: Choice | undefined]>([
  ["a base name that both have", row("x.png", { paths: ["a/x.png", "b/x.png"] }), undefined],
  ["one of two paths with one base name", row("./b/x.png", { paths: ["a/x.png", "b/x.png"] }), 1],
  ["a name that both paths are", row("x.png", { paths: ["x.png", "x.png"] }), undefined],
  ["a number that is a file too: its place", row("1", { paths: ["1.png", "2.png"] }), 1],
  ["a path that is called like a word", row("b", { paths: ["b", "a"] }), 0],
  ["a model", row("sd-turbo", { models: ["sdxl", "sd-turbo"] }), 1],
  ["a model that both are", row("sdxl", { models: ["sdxl", "sdxl"] }), undefined],
  ["a uid", row("u8", { uids: ["u7", "u8"] }), 1],
])("%s", (_what, candidate, meaning) => {
  expect(choiceOf(candidate, AB, 0)).toBe(meaning);
});

test("whatever names one image names the other when the two change places", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "0", "1", ".", "/", "\\", "p", "ng"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(name, name, fc.boolean(), (first, second, takeFirst) => {
      const choice = takeFirst ? first : second;
      const meaning = choiceOf(row(choice, { paths: [first, second] }), ["left", "right"], 0);
      const swapped = choiceOf(row(choice, { paths: [second, first] }), ["left", "right"], 0);
      // A word such as "a" or a digit means a place, unless it is the whole path.
      if (first !== second) expect([meaning, swapped]).toEqual(takeFirst ? [0, 1] : [1, 0]);
    }),
  );
});

test.each([
  ["1", "0", 0],
  ["0.0", "1.0", 1],
  [".5", "0.5", "tie"],
  ["0,5", "0,5", "tie"],
  ["1,0", "0,0", 0],
  ["True", "False", 0],
  ["1", "1", undefined],
  ["0", "0", undefined],
  ["", "1", undefined],
  ["0.7", "0.3", undefined],
] as const)("the labels %j and %j are %s", (first, second, meaning) => {
  expect(choiceOfLabels(first, second)).toBe(meaning);
});
