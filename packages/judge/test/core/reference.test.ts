import { mulberry32 } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { classProbabilities, percentileOf, preferredToRandom, quantilesOf } from "../../src/core/reference.ts";

const random = mulberry32(7);
const SCORES = Array.from({ length: 900 }, () => 20 + 3 * (random() + random() + random() - 1.5));
const gumbel = () => -Math.log(-Math.log(random()));

describe("a stored distribution of scores", () => {
  const quantiles = quantilesOf(SCORES);

  test("gives the percentiles of all scores within half a per cent", () => {
    for (const score of [17, 19, 20.3, 22, 24]) {
      const counted = (100 * SCORES.filter((other) => other < score).length) / SCORES.length;
      expect(Math.abs(percentileOf(score, quantiles) - counted)).toBeLessThan(0.5);
    }
    expect(percentileOf(-99, quantiles)).toBe(0);
    expect(percentileOf(99, quantiles)).toBe(100);
    expect(quantilesOf([3, 1, 2])).toEqual([1, 2, 3]);
  });

  test.each([18, 20, 21.5])("a score of %d falls into classes as often as simulated people sort it", (score) => {
    const temperature = 1.4;
    const expected = classProbabilities(score, quantiles, temperature, 4);
    expect(expected.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    const others = Float64Array.from(
      { length: 8_000 },
      () => (SCORES[Math.floor(random() * SCORES.length)] ?? 0) / temperature + gumbel(),
    ).sort();
    const edges = [0.25, 0.5, 0.75].map((share) => others[Math.floor(share * others.length)] ?? 0);
    const counts = [0, 0, 0, 0];
    const draws = 8_000;
    for (let i = 0; i < draws; i++) {
      const utility = score / temperature + gumbel();
      const at = edges.filter((edge) => utility >= edge).length;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const [k, count] of counts.entries()) expect(Math.abs(count / draws - (expected[k] ?? 0))).toBeLessThan(0.02);
    const many = classProbabilities(score, quantiles, temperature, 40);
    const mean = many.reduce((sum, p, k) => sum + p * ((k + 0.5) / 40), 0);
    expect(Math.abs(mean - preferredToRandom(score, quantiles, temperature))).toBeLessThan(0.01);
  });
});
