import { expect, test } from "vitest";
import type { Pair } from "../../src/data/plan.ts";
import type { Target } from "../../src/index.ts";
import type { Embedder } from "../../src/model/embedder.ts";
import { accuracyText, cosinesOf, preferencesOf, tieFreeAccuracy } from "../../src/train/validate.ts";

const pair = (target: Target): Pair => ({ caption: "x", image0: "a", image1: "b", target, examplesPerPrompt: 1 });
const lead = (by: number) => ({ cosine0: 0.2 + by, cosine1: 0.2 });

test("cosines are those of the text with either image, in the order of the pairs", async () => {
  const embedder: Embedder = {
    texts: async () => new Map([["x", Float32Array.of(1, 0)], ["y", Float32Array.of(0, 1)]]), // biome-ignore format: one row
    images: async () => new Map([["a", Float32Array.of(0.6, 0.8)], ["b", Float32Array.of(1, 0)]]), // biome-ignore format: one row
    close: async () => {},
  };
  const [x, y] = await cosinesOf([pair([1, 0]), { ...pair([1, 0]), caption: "y" }], embedder);
  expect([x!.cosine0, x!.cosine1, y!.cosine0, y!.cosine1]).toEqual([expect.closeTo(0.6, 6), 1, expect.closeTo(0.8, 6), 0]);
});

test("a preference is the softmax of T cos: at T = 100 a lead of 0.01 is one point", () => {
  expect(preferencesOf([lead(0.01)], Math.log(100))[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 9);
  expect(preferencesOf([lead(0)], Math.log(100))).toEqual([0.5]);
  expect(preferencesOf([lead(-0.01)], 0)[0]).toBeLessThan(0.5);
});

test.each([
  [{ accuracy: 0.7125, pairs: 160 }, "71.3 % right on validation"],
  [{ accuracy: 0.5, pairs: 30 }, "50.0 % right on validation"],
  [{ accuracy: 0.5, pairs: 29 }, "14.5 of 29 right on validation"],
  [{ accuracy: Number.NaN, pairs: 0 }, ""],
])("an accuracy is a share from 30 pairs on, fewer are counted: %o", (accuracy, text) => {
  expect(accuracyText(accuracy, "validation")).toBe(text);
});

test("ties do not count, and a model that cannot tell gets half a point", () => {
  const pairs = [[1, 0], [0, 1], [1, 0], [0.5, 0.5]].map((target) => pair(target as unknown as Target)); // biome-ignore format: one row
  const seen = [lead(0.1), lead(0.1), lead(0), lead(0.1)];
  expect(tieFreeAccuracy(pairs, seen)).toEqual({ accuracy: 0.5, pairs: 3 });
  expect(tieFreeAccuracy(pairs.slice(3), seen.slice(3))).toEqual({ accuracy: Number.NaN, pairs: 0 });
});
