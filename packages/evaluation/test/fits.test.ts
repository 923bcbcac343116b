/** @file Temperatures, weighted ratings, best-of-n weights, intervals of draws and shares over clusters, beside statsmodels, scipy and numpy (fixtures/evaluation/fits.py). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { intervalAround, intervalOfDraws, intervalOfSquares } from "../src/drawnInterval.ts";
import { clusteredWilsonInterval, type Interval, wilsonInterval } from "../src/interval.ts";
import { bradleyTerry } from "../src/ratings/bradleyTerry.ts";
import type { GameCount } from "../src/ratings/games.ts";
import { bestOfWeights } from "../src/subsets.ts";
import { fitTemperature } from "../src/temperature.ts";

const golden = JSON.parse(readFileSync(new URL("../../../fixtures/evaluation/fits.json", import.meta.url), "utf8")) as {
  /** `shares` of a vote for image 0: 1, 0.5 or 0. */
  temperatures: { differences: number[]; shares: number[]; temperature: number; bias: number }[];
  weighted: { rows: GameCount[]; ratings: Record<string, { rating: number; low: number; high: number }> };
  bestOf: { total: number; n: number; weights: number[] }[];
  intervals: { drawn: number[]; value: number; plain: Interval; around: Interval; squares: Interval }[];
  clusterShares: { scores: number[]; clusters: string[]; confidence: number; interval: Interval }[];
};

/** To 1e-8 of itself. */
const near = (value: number) => ({
  asymmetricMatch: (other: number) => Math.abs(other - value) <= 1e-8 * Math.max(1, Math.abs(value)),
});

test.each(golden.temperatures)("temperature $temperature and bias $bias are statsmodels'", ({ differences, shares, ...fit }) => {
  const pairs = differences.map((difference, i) => ({
    difference,
    label: shares[i] === 0.5 ? ("tie" as const) : shares[i] === 1 ? (0 as const) : (1 as const),
  }));
  expect(fitTemperature(pairs)).toEqual({ temperature: near(fit.temperature), bias: near(fit.bias) });
});

test("ratings of weighted answers and their crossed intervals are statsmodels' and a jackknife's with whole matrices", () => {
  const { rows, ratings } = golden.weighted;
  for (const { player, rating, low, high } of bradleyTerry(rows).ratings)
    expect({ rating, low, high }, player).toMatchObject({
      rating: near(ratings[player]?.rating ?? 0),
      low: near(ratings[player]?.low ?? 0),
      high: near(ratings[player]?.high ?? 0),
    });
});

test.each(golden.bestOf)(
  "the best of $n of $total is each image as often as scipy's hypergeometric distribution says",
  (each) => {
    expect([...bestOfWeights(each.total, each.n)]).toEqual(each.weights.map(near));
  },
);

test.each(golden.intervals)(
  "percentiles of $drawn.length draws, as they are, moved to a value, and moved as roots, are numpy's",
  (each) => {
    expect(intervalOfDraws(each.drawn)).toEqual(each.plain.map(near));
    expect(intervalAround(each.value, each.drawn)).toEqual(each.around.map(near));
    expect(intervalOfSquares(each.value, each.drawn)).toEqual(each.squares.map(near));
  },
);

test.each(golden.clusterShares)("the interval at $confidence of a share over clusters is statsmodels'", (each) => {
  expect(clusteredWilsonInterval(each.scores, each.clusters, each)).toEqual(each.interval.map(near));
});

test("a share over clusters is Wilson's where each example is a cluster, and counts clusters where all scores are alike", () => {
  const names = Array.from({ length: 30 }, (_, i) => `${i}`);
  const scores = names.map((_, i) => Number(i < 12));
  expect(clusteredWilsonInterval(scores, names)).toEqual(wilsonInterval(12, 30));
  const five = names.map((_, i) => `${i % 5}`);
  const all = names.map(() => 1);
  expect(clusteredWilsonInterval(all, five)).toEqual(wilsonInterval(5, 5));
  expect(clusteredWilsonInterval([1, 0, 1], ["a", "a", "a"])).toEqual([0, 1]);
  // In each cluster one of two: no variance, which is taken for that of twice as many examples.
  const [low, high] = clusteredWilsonInterval([1, 0, 1, 0, 1, 0], ["a", "a", "b", "b", "c", "c"]);
  expect([low, high].every((end) => end > 0.01 && end < 0.99)).toBe(true);
  expect(() => clusteredWilsonInterval([1, 0], ["a"])).toThrow(/2 and 1/);
  expect(() => clusteredWilsonInterval([], [])).toThrow(RangeError);
});
