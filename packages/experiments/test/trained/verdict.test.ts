import type { SavedRun, ValidationPair } from "@pickapic/pickscore";
import { expect, test } from "vitest";
import { verdictOf, verdictText } from "../../src/trained/verdict.ts";

/** Pairs of two for each prompt; of ten the model before gets six right and the model after eight. A tie each twenty. */
function pairs(count: number, name: string): ValidationPair[] {
  return Array.from({ length: count }, (_, i) => ({
    rankingId: `${i}`,
    caption: `${name} ${Math.floor(i / 2)}`,
    image0: "0",
    image1: "1",
    target: i % 20 === 19 ? ([0.5, 0.5] as const) : ([1, 0] as const),
    before: i % 10 < 6 ? 0.7 : 0.3,
    after: i % 10 < 8 ? 0.7 : 0.3,
  }));
}

const runOf = (validation: object | null, step = 40) =>
  ({ record: { best: { step, accuracy: 0.8 } }, settings: { seed: 1 }, validation }) as unknown as SavedRun;
const measured = (count: number) =>
  ({ test: { split: "test", pairs: pairs(count, "test") }, dataset: { rankings: 500 } }) as Parameters<typeof verdictOf>[1];

test("cross-fitted training pairs and test pairs count together, ties do not", () => {
  const found = verdictOf(runOf({ split: "train", folds: 5, step: 40, pairs: pairs(400, "train") }), measured(40));
  expect(found).toMatchObject({ crossFitted: 380, test: 38, examples: 418, verdict: "better", startKept: false });
  expect(found.difference).toBeCloseTo(0.21, 2);
  expect(verdictText(found, "clip-toy")).toMatch(
    /^Verdict: 6\d\.\d → 8\d\.\d %, .*: better \(accuracy .* 418 answers: 380 cross-fitted, 38 of test\)\.$/,
  );
});

test("pairs of a split that chose the step say nothing", () => {
  const found = verdictOf(runOf({ split: "validation", step: 40, pairs: pairs(400, "validation") }), measured(40));
  expect(found).toMatchObject({ crossFitted: 0, test: 38, examples: 38 });
});

test("too few are too few, and kept starting weights are named before any figure", () => {
  const few = verdictOf(runOf(null), measured(10));
  expect(verdictText(few, "clip-toy")).toContain(
    "not shown to be better or worse: too few examples with a winner (10), at least 30 are needed",
  );
  const kept = verdictOf(runOf(null, 0), measured(40));
  expect(verdictText(kept, "clip-toy")).toBe(
    "Verdict: no step was better than the start, so the starting weights of clip-toy were kept: more answers are needed.",
  );
});
