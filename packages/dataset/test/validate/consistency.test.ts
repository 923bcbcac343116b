import { expect, test } from "vitest";
import { type Judged, problemsOf } from "../../src/validate/consistency.ts";
import { sampleRecords } from "../sample.ts";

const good = sampleRecords()[0] as Judged;

test("rankings as the app makes them have no problems", () => {
  for (const record of sampleRecords()) expect(problemsOf(record)).toEqual([]);
});

test.each<[string, Partial<Judged>, string]>([
  ["CELL_EMPTY", { caption: null }, "every column of the original must have a value, but caption is empty"],
  ["CAPTION_BLANK", { caption: " \t" }, "the caption must be a prompt, but it is blank"],
  ["LABELS", { label_0: 1, label_1: 1 }, "must be 1 and 0, 0 and 1, or 0.5 and 0.5, but they are 1 and 1"],
  ["HAS_LABEL", { has_label: false }, "has_label must be false for ties and true otherwise, but it is false"],
  ["BEST_IMAGE", { best_image_uid: "none" }, 'but it is "none" with labels'],
  ["BEST_IMAGE", { best_image_uid: "else" }, 'but it is "else" with labels'],
  [
    "ARE_DIFFERENT",
    { are_different: good.model_0 === good.model_1 },
    "are_different must say whether model_0 and model_1 differ",
  ],
  ["SAME_IMAGE", { image_0_uid: "x", image_1_uid: "x", best_image_uid: "x" }, 'both are "x"'],
])("%s: %o is told in a sentence", (code, change, text) => {
  const problems = problemsOf({ ...good, ...change });
  expect(problems.map((problem) => problem.code)).toContain(code);
  expect(problems.find((problem) => problem.code === code)?.text).toContain(text);
});

test("an empty cell is the only problem told, since the others would follow from it", () => {
  expect(problemsOf({ ...good, label_0: null }).map(({ code }) => code)).toEqual(["CELL_EMPTY"]);
});

test("a tie that names a winner, and a win that names the loser, are found", () => {
  const tie = { label_0: 0.5, label_1: 0.5, has_label: false };
  expect(problemsOf({ ...good, ...tie, best_image_uid: good.image_0_uid }).map(({ code }) => code)).toEqual(["BEST_IMAGE"]);
  const lost = { label_0: 1, label_1: 0, has_label: true, best_image_uid: good.image_1_uid };
  expect(problemsOf({ ...good, ...lost }).map(({ code }) => code)).toEqual(["BEST_IMAGE"]);
});
