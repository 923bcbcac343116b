import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { accuracyByCategory, type Example, measureAccuracy } from "../src/index.ts";

test("each category has the mean of its own scores and resamples its own prompts; an empty or small one says why it has no number", () => {
  const test_: Example[] = Array.from({ length: 100 }, (_, i) => ({
    probability0: i % 4 === 0 ? 0.2 : 0.9,
    label: i % 7 === 0 ? "tie" : 0,
    cluster: `prompt ${i % 20}`,
  }));
  const report = measureAccuracy({ validation: test_, test: test_, random: seededRandom(1) });
  const categories = test_.map((_, i) => (i < 60 ? "long" : i < 95 ? "short" : "rare"));
  const found = accuracyByCategory(report, categories, ["short", "long", "rare", "never"], seededRandom(1));
  const mean = (from: number, to: number) => report.scores.slice(from, to).reduce((sum, each) => sum + each, 0) / (to - from);
  expect(found.map(({ category, examples, value }) => ({ category, examples, value }))).toEqual([
    { category: "short", examples: 35, value: mean(60, 95) },
    { category: "long", examples: 60, value: mean(0, 60) },
    { category: "rare", examples: 5, value: null },
    { category: "never", examples: 0, value: null },
  ]);
  expect(found[1]?.interval).not.toBeNull();
  expect(found.map(({ reason }) => reason)).toEqual([null, null, expect.stringContaining("too few examples (5)"), "no examples"]);
  expect(() => accuracyByCategory(report, ["a"], ["a"], seededRandom(1))).toThrow(RangeError);
});
