import fc from "fast-check";
import { expect, test } from "vitest";
import { type ImageScore, rank, type Scorer } from "../../src/index.ts";
import { softmax, standingsOf } from "../../src/score/rank.ts";
import { fakeScorer } from "../fakeScorer.ts";

/** A scorer that knows the scores already. */
const fixed = (scores: readonly ImageScore[]): Scorer => fakeScorer({ scoreEach: async () => [...scores] });

test("images come best first, with the softmax of their scores as probability", async () => {
  const { ranked } = await rank(fixed([{ score: 20 }, { score: 21 }, { score: 19 }]), "a cat", ["a.png", "b.png", "c.png"]);
  expect(ranked.map(({ image, index, rank }) => [image, index, rank])).toEqual([["b.png", 1, 1], ["a.png", 0, 2], ["c.png", 2, 3]]); // biome-ignore format: a table
  expect(ranked[0]!.probability).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2)), 12);
});

test("an unreadable image is reported and does not stop the rest", async () => {
  const failure = { code: "PICKAPIC_IMAGE_UNREADABLE", message: "b.png: expected a picture; it is empty." };
  const { ranked, unreadable } = await rank(fixed([{ score: 1 }, failure]), "a cat", ["a.png", "b.png"]);
  expect(ranked).toEqual([{ image: "a.png", index: 0, score: 1, probability: 1, rank: 1 }]);
  expect(unreadable).toEqual([{ image: "b.png", index: 1, ...failure }]);
});

test("equal scores share a rank and keep their order; no images give no ranking", async () => {
  const { ranked } = await rank(fixed([{ score: 5 }, { score: 7 }, { score: 7 }]), "x", ["a", "b", "c"]);
  expect(ranked.map(({ image, rank }) => `${image}${rank}`)).toEqual(["b1", "c1", "a3"]);
  expect(await rank(fixed([]), "x", [])).toEqual({ ranked: [], unreadable: [] });
});

test("how scores stand among each other is said of each in its place, and of none when there are none", () => {
  expect(standingsOf([5, 7, 7, 9, 5])).toMatchObject({ order: [3, 1, 2, 0, 4], ranks: [4, 2, 2, 1, 4] });
  expect(standingsOf([])).toEqual({ order: [], ranks: [], probabilities: [] });
});

test("probabilities sum to 1 for any scores", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -200, max: 200, noNaN: true }), { minLength: 1 }), (scores) => {
      expect(softmax(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    }),
  );
});

test.each([5_000, -5_000, 1e300])("scores around %d give the probabilities of their differences, without overflow", (base) => {
  const step = base === 1e300 ? 0 : Math.log(3);
  const [first, second] = softmax([base + step, base]);
  expect([first, second]).toEqual(step === 0 ? [0.5, 0.5] : [expect.closeTo(0.75, 9), expect.closeTo(0.25, 9)]);
});

test("half a million scores are put in order", () => {
  const scores = Array.from({ length: 500_000 }, (_, i) => (i * 7919) % 500_000);
  const { order, ranks, probabilities } = standingsOf(scores);
  expect(order.slice(0, 3).map((i) => scores[i])).toEqual([499_999, 499_998, 499_997]);
  expect(ranks[order[0]!]).toBe(1);
  expect(ranks[order.at(-1)!]).toBe(500_000);
  expect(probabilities[order[0]!]).toBeCloseTo(1 - Math.exp(-1), 9);
});

test("n scores are read some n log n times, not n times n", () => {
  const n = 2 ** 12;
  let reads = 0;
  const scores = Array.from({ length: n }, (_, i) => (i * 7919) % n);
  const counted = new Proxy(scores, {
    get(target, name, receiver) {
      reads++;
      return Reflect.get(target, name, receiver);
    },
  });
  standingsOf(counted);
  expect(reads).toBeLessThan(6 * n * Math.log2(n));
});
