import { type Random, seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapInterval, type Interval, quantile, wilsonInterval } from "../src/interval.ts";
import { golden } from "./golden.ts";

describe("bootstrap intervals", () => {
  test.each(golden.bootstrap)("of $scores.length scores by $method are scipy's", ({ scores, method, interval }) => {
    const ours = bootstrapInterval(scores, seededRandom(1), { method, resamples: 10_000 });
    // Both sides draw at random: the tolerance is a fiftieth of the width, or one step of the mean of scores of 0, 0.5 and 1.
    const step = scores.every((score) => [0, 0.5, 1].includes(score)) ? 0.501 / scores.length : 0;
    const tolerance = Math.max((interval[1] - interval[0]) / 50, step);
    expect(Math.abs(ours[0] - interval[0])).toBeLessThan(tolerance);
    expect(Math.abs(ours[1] - interval[1])).toBeLessThan(tolerance);
  });

  test.each(golden.clustered)(
    "of $scores.length clustered scores by $method are scipy's",
    ({ scores, clusters, method, interval }) => {
      const ours = bootstrapInterval(scores, seededRandom(2), { method, clusters, resamples: 10_000 });
      const tolerance = (interval[1] - interval[0]) / 40;
      expect(Math.abs(ours[0] - interval[0])).toBeLessThan(tolerance);
      expect(Math.abs(ours[1] - interval[1])).toBeLessThan(tolerance);
    },
  );

  test("of scores that are each a cluster of their own are those without clusters, to the bit", () => {
    const scores = [1, 0, 0.5, 1, 1, 0];
    const clusters = scores.map((_, i) => `${i}`);
    expect(bootstrapInterval(scores, seededRandom(1), { clusters })).toEqual(bootstrapInterval(scores, seededRandom(1)));
  });

  test("of equal scores have no width", () => {
    expect(bootstrapInterval([0.5, 0.5, 0.5], seededRandom(1))).toEqual([0.5, 0.5]);
  });

  test("stay between the smallest and the largest score and move with the scores", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 30, size: "max" }),
        fc.nat(),
        (scores, seed) => {
          const [low, high] = bootstrapInterval(scores, seededRandom(seed), { resamples: 200 });
          expect(low).toBeLessThanOrEqual(high);
          expect(low).toBeGreaterThanOrEqual(Math.min(...scores));
          expect(high).toBeLessThanOrEqual(Math.max(...scores));
          const [lowUp, highUp] = bootstrapInterval(
            scores.map((s) => s + 1024),
            seededRandom(seed),
            { resamples: 200 },
          );
          expect(lowUp - 1024).toBeCloseTo(low, 8);
          expect(highUp - 1024).toBeCloseTo(high, 8);
        },
      ),
    );
  });

  test("refuse no scores, unequal lists and an impossible confidence", () => {
    expect(() => bootstrapInterval([], seededRandom(1))).toThrow("at least one score");
    expect(() => bootstrapInterval([1], seededRandom(1), { confidence: 95 })).toThrow("got 95");
    expect(() => bootstrapInterval([1, 0], seededRandom(1), { clusters: ["a"] })).toThrow("got 2 and 1");
  });
});

describe("Wilson intervals", () => {
  test.each(golden.wilson)("of $successes of $n at $confidence are scipy's", ({ successes, n, confidence, interval }) => {
    const [low, high] = wilsonInterval(successes, n, { confidence });
    expect(low).toBeCloseTo(interval[0], 10);
    expect(high).toBeCloseTo(interval[1], 10);
  });

  test("refuse more successes than tries", () => {
    expect(() => wilsonInterval(5, 4)).toThrow("got 5 of 4");
    expect(() => wilsonInterval(0, 0)).toThrow("got 0 of 0");
  });
});

/** Share of trials whose interval holds the truth. */
function coverage(trials: number, truth: number, interval: () => Interval): number {
  let held = 0;
  for (let i = 0; i < trials; i++) {
    const [low, high] = interval();
    if (low <= truth && truth <= high) held++;
  }
  return held / trials;
}

/** A score of 0, 0.5 (a tie on one side) or 1. */
const draw = (random: Random, lost: number, half: number): number => {
  const u = random();
  return u < lost ? 0 : u < lost + half ? 0.5 : 1;
};

/**
 * Calibration over unequal sizes with ties. 1,000 trials have a standard error of 0.007 at 95 %: the bands are three of them wide and more for 25.
 */
/** How much better each example was scored by the first. */
const differences = (a: readonly number[], b: readonly number[]) => a.map((score, i) => score - b[i]!);

describe.each([
  { n: 25, least: 0.915, most: 0.98 },
  { n: 80, least: 0.928, most: 0.972 },
  { n: 200, least: 0.928, most: 0.972 },
])("with $n examples and ties", ({ n, least, most }) => {
  test.each(["bca", "percentile"] as const)(
    "the interval of 0.95 by %s holds the true accuracy about 95 times in 100",
    (method) => {
      const random = seededRandom(n);
      const held = coverage(1000, 0.69, () =>
        bootstrapInterval(
          Array.from({ length: n }, () => draw(random, 0.24, 0.14)),
          random,
          { method, resamples: 250 },
        ),
      );
      expect(held).toBeGreaterThan(least);
      expect(held).toBeLessThan(most);
    },
  );

  test("the paired interval of two equally good scorers leaves out 0 about 5 times in 100", () => {
    const random = seededRandom(n + 1);
    const held = coverage(1000, 0, () => {
      const a = Array.from({ length: n }, () => draw(random, 0.24, 0.14));
      // Half of the answers are shared: the scores of the two hang together.
      const b = a.map((score) => (random() < 0.5 ? score : draw(random, 0.24, 0.14)));
      return bootstrapInterval(differences(a, b), random, { method: "percentile", resamples: 250 });
    });
    expect(held).toBeGreaterThan(least);
    expect(held).toBeLessThan(most);
  });
});

/** Scores of `k` prompts with 1 to 8 rankings each, many of them few; the rankings of a prompt share how hard it is. */
function promptScores(k: number, random: Random) {
  const [a, b, clusters]: [number[], number[], string[]] = [[], [], []];
  for (let prompt = 0; prompt < k; prompt++) {
    const hard = random() < 0.3;
    const sizeOfPrompt = 1 + Math.floor(8 * random() ** 2);
    for (let i = 0; i < sizeOfPrompt; i++) {
      // The second scorer is worse on the prompts that are not hard.
      const first = hard ? draw(random, 0.5, 0.14) : draw(random, 0.13, 0.14);
      const second = hard ? draw(random, 0.5, 0.14) : random() < 0.5 ? first : draw(random, 0.3, 0.14);
      a.push(first);
      b.push(second);
      clusters.push(`prompt ${prompt}`);
    }
  }
  return { a, b, clusters };
}

describe.each([
  { k: 25, least: 0.915, most: 0.98 },
  { k: 60, least: 0.928, most: 0.972 },
  { k: 150, least: 0.928, most: 0.972 },
])("with $k prompts of 1 to 8 rankings and ties", ({ k, least, most }) => {
  const meanA = 0.3 * (0.36 + 0.07) + 0.7 * (0.73 + 0.07);
  const meanB = 0.3 * (0.36 + 0.07) + 0.7 * (0.5 * (0.73 + 0.07) + 0.5 * (0.56 + 0.07));

  test("the interval over clusters holds the true accuracy about 95 times in 100", () => {
    const random = seededRandom(k);
    const held = coverage(1000, meanA, () => {
      const { a, clusters } = promptScores(k, random);
      return bootstrapInterval(a, random, { clusters, resamples: 250 });
    });
    expect(held).toBeGreaterThan(least);
    expect(held).toBeLessThan(most);
  });

  test("the paired interval over clusters holds the true difference about 95 times in 100", () => {
    const random = seededRandom(k + 1);
    const held = coverage(1000, meanA - meanB, () => {
      const { a, b, clusters } = promptScores(k, random);
      return bootstrapInterval(differences(a, b), random, { method: "percentile", clusters, resamples: 250 });
    });
    expect(held).toBeGreaterThan(least);
    expect(held).toBeLessThan(most);
  });
});

test("the calibration check would notice that prompts were forgotten: rankings that hang together, drawn one by one, fail it", () => {
  const random = seededRandom(3);
  const held = coverage(1000, 0.3 * 0.43 + 0.7 * 0.8, () => {
    const { a } = promptScores(60, random);
    return bootstrapInterval(a, random, { resamples: 250 });
  });
  expect(held).toBeLessThan(0.915);
});

test("the calibration check would notice a wrong interval: one of 85 % confidence fails the band of 95 %", () => {
  const random = seededRandom(9);
  const held = coverage(1000, 0.69, () =>
    bootstrapInterval(
      Array.from({ length: 200 }, () => draw(random, 0.24, 0.14)),
      random,
      { confidence: 0.85, resamples: 250 },
    ),
  );
  expect(held).toBeLessThan(0.88);
  expect(held).toBeGreaterThan(0.82);
});

test.each([8, 30, 111, 400])("Wilson's interval of %d tries holds the truth 95 times in 100, averaged over shares", (n) => {
  const shares = Array.from({ length: 81 }, (_, i) => 0.1 + i / 100);
  const held = shares.map((share) => {
    let total = 0;
    let log = n * Math.log(1 - share); // of the probability of k = 0, then of each next k
    for (let k = 0; k <= n; k++) {
      const [low, high] = wilsonInterval(k, n);
      if (low <= share && share <= high) total += Math.exp(log);
      log += Math.log((n - k) / (k + 1)) + Math.log(share / (1 - share));
    }
    return total;
  });
  const mean = held.reduce((sum, value) => sum + value, 0) / held.length;
  expect(mean).toBeGreaterThan(0.94);
  expect(mean).toBeLessThan(0.965);
});

test("a quantile interpolates between neighbours", () => {
  expect(quantile([1, 2, 4], 0)).toBe(1);
  expect(quantile([1, 2, 4], 0.75)).toBe(3);
  expect(quantile([1, 2, 4], 1)).toBe(4);
});
