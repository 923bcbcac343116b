/** @file Temperatures, weighted ratings, best-of-n weights, intervals of draws and shares over clusters, beside statsmodels, scipy and numpy (fixtures/evaluation/fits.py). */
import { readFileSync } from "node:fs";
import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { intervalOfDraws } from "../src/drawnInterval.ts";
import { fallFromBest } from "../src/fallFromBest.ts";
import { clusteredWilsonInterval, type Interval, sharedWilsonInterval, wilsonInterval } from "../src/interval.ts";
import { humanCeiling } from "../src/people.ts";
import { bradleyTerry } from "../src/ratings/bradleyTerry.ts";
import type { GameCount } from "../src/ratings/games.ts";
import { bestOfWeights } from "../src/subsets.ts";
import { fitTemperature } from "../src/temperature.ts";
import { moreAnswers } from "../src/verdict.ts";

const golden = JSON.parse(readFileSync(new URL("../../../fixtures/evaluation/fits.json", import.meta.url), "utf8")) as {
  /** `shares` of a vote for image 0: 1, 0.5 or 0. */
  temperatures: { differences: number[]; shares: number[]; temperature: number; bias: number }[];
  weighted: { rows: GameCount[]; ratings: Record<string, { rating: number; low: number; high: number }> };
  bestOf: { total: number; n: number; weights: number[] }[];
  intervals: { drawn: number[]; interval: Interval }[];
  fall: { columns: number[][]; clusters: string[]; best: number; value: number; interval: Interval };
  /** 0 or 1 of each person about each pair. */
  agreement: { answers: number[][]; agreement: number };
  forecasts: { difference: number; half: number; examples: number; power: number; confidence: number; needed: number }[];
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

test.each(golden.intervals)("percentiles of $drawn.length draws are numpy's", (each) => {
  expect(intervalOfDraws(each.drawn)).toEqual(each.interval.map(near));
});

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
  expect(() => sharedWilsonInterval({ share: 0.5, examples: 4, clusters: 5, squares: 1 })).toThrow(/1 to 4 clusters/);
});

test("the interval of a fall from the best of several means is that of scipy's multivariate normal distribution", () => {
  const { columns, clusters, best, value, interval } = golden.fall;
  const found = fallFromBest(columns, seededRandom(8), { clusters, resamples: 20_000 });
  expect(found).toMatchObject({ best, difference: { value: expect.closeTo(value, 6), examples: 750, reason: null } });
  const half = interval[1] - value;
  for (const [end, expected] of interval.entries())
    expect(Math.abs((found.difference.interval?.[end] ?? Number.NaN) - expected) / half).toBeLessThan(0.02);
  // One mean alone has the half-width of Student's t on both sides, which is a fifth less than that of four at once.
  expect((value - interval[0]) / half).toBeLessThan(0.9);
});

test("where the last mean is the best there is no fall, and columns of different lengths are refused", () => {
  const examples = Array.from({ length: 40 }, (_, i) => i % 3);
  const higher = examples.map((score) => score + 1);
  expect(fallFromBest([examples, higher], seededRandom(1))).toMatchObject({
    best: 1,
    difference: { value: 0, interval: null, reason: "no interval: the difference is 0 on each of the 40 examples" },
  });
  expect(fallFromBest([higher, examples], seededRandom(1))).toMatchObject({ best: 0, difference: { value: -1, interval: null } });
  expect(() => fallFromBest([[1, 2], [1]], seededRandom(1))).toThrow(/got lengths 2, 1/);
  expect(() => fallFromBest([], seededRandom(1))).toThrow(/of none/);
});

test("how often one person predicts another is the agreement behind statsmodels' kappa of Randolph", () => {
  const { answers, agreement } = golden.agreement;
  const judgements = answers.flatMap((row, pair) =>
    row.map((answer, person) => ({
      ...{ pair: `${pair}`, prompt: `${pair}`, person: `${person}` },
      label: answer === 1 ? (1 as const) : (0 as const),
    })),
  );
  const { tieAware, winners } = humanCeiling(judgements, seededRandom(1));
  expect(winners.value).toEqual(near(agreement));
  expect(tieAware.value).toEqual(near(agreement));
});

test.each(golden.forecasts)("a verdict on $examples examples needs as many more as statsmodels' power says", (each) => {
  const { difference, half, examples, needed, ...settings } = each;
  expect(moreAnswers(difference, half, examples, settings)).toBe(Math.ceil(needed - examples));
});
