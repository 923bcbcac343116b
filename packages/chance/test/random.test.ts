import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  between,
  drawSeed,
  gauss,
  gaussian,
  hash,
  mulberry32,
  pick,
  pickOther,
  type Random,
  randomFor,
  seeded,
  seededRandom,
  shuffled,
} from "../src/index.ts";

interface Golden {
  random: { seed: number; draws: number[] }[];
}

const golden = JSON.parse(readFileSync(new URL("../../../fixtures/evaluation/expected.json", import.meta.url), "utf8")) as Golden;

test.each(golden.random)("seed $seed draws what whole-number Python draws", ({ seed, draws }) => {
  const random = seededRandom(seed);
  expect(draws.map(() => random())).toEqual(draws);
});

test("mulberry32 draws what its author's C draws", () => {
  // uint32_t z = (x += 0x6D2B79F5); z = (z ^ z >> 15) * (z | 1); z ^= z + (z ^ z >> 7) * (z | 61); z ^ z >> 14, in whole numbers
  const whole = (seed: bigint, count: number) => {
    const mask = 0xffffffffn;
    let x = seed;
    return Array.from({ length: count }, () => {
      x = (x + 0x6d2b79f5n) & mask;
      let z = ((x ^ (x >> 15n)) * (x | 1n)) & mask;
      z ^= (z + (((z ^ (z >> 7n)) * (z | 61n)) & mask)) & mask;
      return Number(z ^ (z >> 14n)) / 2 ** 32;
    });
  };
  for (const seed of [0, 1, 42, 2 ** 32 - 1]) {
    const random = mulberry32(seed);
    expect(Array.from({ length: 100 }, random)).toEqual(whole(BigInt(seed), 100));
  }
});

describe.each<[string, (seed: number) => Random]>([
  ["seededRandom", seededRandom],
  ["mulberry32", mulberry32],
  ["seeded", (seed) => seeded("people", seed)],
  ["randomFor", (seed) => randomFor("people", seed)],
])("%s", (_name, make) => {
  test("draws uniform numbers: 100 bins of 100,000 draws stay within five standard deviations", () => {
    const random = make(7);
    const bins = new Array<number>(100).fill(0);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 100)]!++;
    for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(5 * Math.sqrt(990));
  });

  test("draws the same for the same seed and something else for another", () => {
    const draw = (seed: number) => Array.from({ length: 20 }, make(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

test("seeds above 32 bits are told apart, and so are purposes and words", () => {
  expect(seededRandom(2 ** 40)()).not.toBe(seededRandom(0)());
  expect(randomFor("crowd", 1)()).not.toBe(randomFor("experts", 1)());
  expect(hash("a", 1)).not.toBe(hash("a1"));
  expect(seeded("a", 1)()).toBe(mulberry32(hash("a", 1))());
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

test("one of some items, or of the others, is picked equally often; of none it cannot be", () => {
  const random = seededRandom(5);
  const counts = { a: 0, b: 0, c: 0 };
  const items = ["a", "b", "c"] as const;
  for (let i = 0; i < 3000; i++) counts[pick(random, items)]++;
  for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(130);
  expect(Array.from({ length: 50 }, () => pickOther(random, items, "b"))).not.toContain("b");
  expect(() => pick(random, [])).toThrow("something to pick from");
});

test("between and drawSeed stay inside their ranges, and a normal number has mean 0 and variance 1", () => {
  const random = seededRandom(11);
  const [numbers, seeds, normal] = [() => between(random, -2, 3), () => drawSeed(random), () => gauss(random)].map((draw) =>
    Array.from({ length: 20_000 }, draw),
  ) as [number[], number[], number[]];
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...numbers)).toBeLessThan(3);
  expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
  const mean = normal.reduce((sum, x) => sum + x, 0) / normal.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(normal.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normal.length).toBeCloseTo(1, 1);
});

test("a gaussian gives both numbers of Box and Muller in turn, and the first of each two is that of gauss", () => {
  const [uniform, single, double] = [seededRandom(3), seededRandom(3), gaussian(seededRandom(3))];
  for (let i = 0; i < 50; i++) {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    expect([double(), double()]).toEqual([gauss(single), radius * Math.sin(angle)]);
  }
});
