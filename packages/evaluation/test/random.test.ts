import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom, shuffled } from "../src/random.ts";
import { golden } from "./golden.ts";

test.each(golden.random)("seed $seed draws what whole-number Python draws", ({ seed, draws }) => {
  const random = seededRandom(seed);
  expect(draws.map(() => random())).toEqual(draws);
});

test("draws are uniform: 100 bins of 100,000 draws stay within five standard deviations", () => {
  const random = seededRandom(7);
  const bins = new Array<number>(100).fill(0);
  for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 100)]!++;
  for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(5 * Math.sqrt(990));
});

test("a shuffle keeps every item and leaves its argument alone", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
      const before = [...items];
      expect(shuffled(items, seededRandom(seed)).sort()).toEqual([...items].sort());
      expect(items).toEqual(before);
    }),
  );
});

test("each of the six orders of three items comes up equally often", () => {
  const random = seededRandom(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
