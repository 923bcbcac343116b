import { gauss, seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { shortestInterval } from "../src/shortestInterval.ts";

/** By definition, from all intervals between two draws: each width's fullest one, of these the one whose share is nearest. */
function bySearch(sorted: Float64Array, confidence: number): [number, number] {
  const all = [...new Set(sorted)].flatMap((low) =>
    [...new Set(sorted)].flatMap((high) => {
      const count = sorted.filter((value) => value >= low && value <= high).length;
      return high < low ? [] : [{ low, high, width: high - low, count }];
    }),
  );
  all.sort((x, y) => x.width - y.width || y.count - x.count);
  const rising = all.filter(({ count }, i) => all.slice(0, i).every((before) => before.count < count));
  const short = ({ count }: { count: number }) => Math.abs(count - confidence * sorted.length);
  rising.sort((x, y) => short(x) - short(y) || y.count - x.count);
  return [rising[0]!.low, rising[0]!.high];
}

test.each([
  ["few values", (u: number) => Math.floor(6 * u * u) / 4],
  ["two values", (u: number) => (u < 0.97 ? 1 : 0.75)],
  ["many values", (u: number, z: number) => Math.exp(z) + u],
])("the shortest interval of %s is that of a search through all intervals", (_name, value) => {
  for (let seed = 0; seed < 12; seed++) {
    const random = seededRandom(seed);
    const sorted = Float64Array.from({ length: 25 + seed }, () => value(random(), gauss(random))).sort();
    for (const confidence of [0.6, 0.9, 0.95]) expect(shortestInterval(sorted, confidence)).toEqual(bySearch(sorted, confidence));
  }
});

test("nine in ten draws at the largest value: 90 % is nearer to 95 than 100, and 100 nearer to 96", () => {
  const draws = Float64Array.from({ length: 100 }, (_, i) => (i < 9 ? 0.8 : 1));
  expect(shortestInterval(draws, 0.95)).toEqual([1, 1]);
  expect(shortestInterval(draws, 0.96)).toEqual([0.8, 1]);
});
