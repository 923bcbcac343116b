/** @file The best of n over all subsets, against the subsets themselves. */
import { describe, expect, test } from "vitest";
import { bestOfWeights } from "../src/index.ts";

/** Counts, for each image, the subsets of n of `total` images in which it is the first one, by looking at every subset. */
function counted(total: number, n: number): number[] {
  const best = new Array<number>(total).fill(0);
  let subsets = 0;
  for (let bits = 1; bits < 2 ** total; bits++) {
    const members = Array.from({ length: total }, (_, i) => i).filter((i) => (bits >> i) & 1);
    const [first] = members;
    if (members.length !== n || first === undefined) continue;
    subsets++;
    best[first] = (best[first] ?? 0) + 1;
  }
  return best.map((times) => times / subsets);
}

describe("bestOfWeights", () => {
  test.each([
    [1, 1],
    [7, 1],
    [7, 2],
    [7, 4],
    [9, 8],
    [9, 9],
  ])("of %d images, %d at a time, are the shares of all subsets", (total, n) => {
    for (const [rank, share] of counted(total, n).entries()) expect(bestOfWeights(total, n)[rank]).toBeCloseTo(share, 12);
  });

  test("sum to 1 also when the numbers of subsets are beyond all doubles", () => {
    for (const n of [1, 100, 1024, 2048]) expect(bestOfWeights(2048, n).reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 9);
  });

  test.each([0, 8, 1.5])("refuse n = %d of 7", (n) => {
    expect(() => bestOfWeights(7, n)).toThrow(`n must be a whole number from 1 to 7; got ${n}`);
  });
});
