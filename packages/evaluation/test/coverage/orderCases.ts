/** @file The intervals of the correlations of orders whose values are means over prompts, such as win ratios on captions. */
import { gauss, type Random } from "@pickapic/chance";
import { spearman } from "../../src/correlation.ts";
import { intervalOfDraws } from "../../src/drawnInterval.ts";
import { normalCdf } from "../../src/normal.ts";
import { type DrawnOrder, drawCorrelations } from "../../src/ratings/drawnOrders.ts";
import { shortestInterval } from "../../src/shortestInterval.ts";
import type { CoverageCase, Trial } from "./case.ts";

const CONFIGURATIONS = 12;
const DRAWS = 100;
/** How close two images must be for a tie, in units in which qualities of configurations have a deviation of 0.6 and images one of 1. */
const TIE = 0.2;

/** Qualities by people and by two scorers that follow them more and less. Each has the deviation 0.6. */
function drawQualities(random: Random): number[][] {
  const people = Array.from({ length: CONFIGURATIONS }, () => 0.6 * gauss(random));
  const following = (correlation: number) =>
    people.map((each) => correlation * each + 0.6 * Math.sqrt(1 - correlation ** 2) * gauss(random));
  const draw = (of: readonly number[]) => of[Math.floor(of.length * random())] ?? 0;
  return [people, following(draw([0, 0.6, 0.9, 0.98])), following(draw([0, 0.6, 0.9]))];
}

/** Win shares on one prompt by each judge, who share half of the variance of an image. [judges][configurations] */
function sharesOn(qualities: readonly (readonly number[])[], random: Random): number[][] {
  const seen = Array.from({ length: CONFIGURATIONS }, () => Math.SQRT1_2 * gauss(random));
  return qualities.map((quality) => {
    const worth = quality.map((each, i) => each + (seen[i] ?? 0) + Math.SQRT1_2 * gauss(random));
    return worth.map((own) => {
      const won = worth.reduce((sum, other) => sum + (Math.abs(own - other) < TIE ? 0.5 : own > other ? 1 : 0), -0.5);
      return won / (CONFIGURATIONS - 1);
    });
  });
}

/** Win ratios over the prompts and over draws of them. */
function orders(qualities: readonly (readonly number[])[], prompts: number, random: Random, made = DRAWS): DrawnOrder[] {
  const shares = Array.from({ length: prompts }, () => sharesOn(qualities, random));
  const draws = Array.from({ length: made }, () => Array.from({ length: prompts }, () => Math.floor(random() * prompts)));
  return qualities.map((_, judge) => {
    const ratios = (chosen: readonly number[]) => {
      const sums = new Array<number>(CONFIGURATIONS).fill(0);
      for (const prompt of chosen)
        for (const [i, share] of (shares[prompt]?.[judge] ?? []).entries()) sums[i] = (sums[i] ?? 0) + share / prompts;
      return sums;
    };
    return { values: ratios([...shares.keys()]), drawn: draws.map(ratios) };
  });
}

/** The win ratio of a configuration on endlessly many prompts: what two images are worth differs by a normal number of variance 2. */
function trueRatio(quality: readonly number[], i: number): number {
  const beaten = quality.map((other, j) => {
    const lead = (quality[i] ?? 0) - other;
    return i === j ? 0 : (normalCdf((lead - TIE) / Math.SQRT2) + normalCdf((lead + TIE) / Math.SQRT2)) / 2;
  });
  return beaten.reduce((sum, share) => sum + share, 0) / (CONFIGURATIONS - 1);
}

const orderCase = (prompts: number): CoverageCase => ({
  name: `correlations of win ratios on ${prompts} prompts`,
  printed: "evaluate prompts, reproduce",
  method: "posterior of true values (normal configurations, noise of drawn prompts), shortest interval",
  prepare() {
    return (random): Trial[] => {
      const qualities = drawQualities(random);
      const [people, scorer, other] = qualities as [number[], number[], number[]];
      const [byPeople, byScorer, byOther] = orders(qualities, prompts, random) as [DrawnOrder, DrawnOrder, DrawnOrder];
      const settings = { prompts, random, draws: 600 };
      const trial = (of: string, drawn: Float64Array | undefined, truth: number): Trial => {
        const [low, high] = drawn ? shortestInterval(drawn.sort(), 0.95) : [null, null];
        return { of: `${of}, ${prompts} prompts`, low, high, truth };
      };
      const same = drawCorrelations([byPeople, byScorer], [[0, 1]], settings);
      const known = drawCorrelations([{ values: people, drawn: null }, byScorer], [[0, 1]], settings);
      const both = drawCorrelations(
        [byPeople, byScorer, byOther],
        [
          [0, 1],
          [0, 2],
        ],
        settings,
      );
      const [true1, true2] = [spearman(people, scorer), spearman(people, other)];
      // The other scorer on prompts of its own.
      const apart = orders(qualities, prompts, random)[2];
      const knownApart = apart && drawCorrelations([{ values: people, drawn: null }, apart], [[0, 1]], settings)?.[0];
      const between = knownApart && known?.[0]?.map((value, i) => value - (knownApart[i] ?? 0));
      return [
        trial("with people on the same prompts", same?.[0], true1),
        trial("with a known order", known?.[0], true1),
        trial(
          "difference of two judges' correlations with people",
          both?.[0]?.map((value, i) => value - (both[1]?.[i] ?? 0)),
          true1 - true2,
        ),
        trial("difference of two sets' correlations with a known order", between, true1 - true2),
      ];
    };
  },
});

/** Win ratios by people with the draws that `evaluate prompts` makes by default. */
const ratioCase = (prompts: number): CoverageCase => ({
  name: `win ratios of configurations, ${prompts} prompts`,
  printed: "evaluate prompts, reproduce",
  method: "percentiles of draws of prompts",
  prepare() {
    return (random): Trial[] => {
      const [people = []] = drawQualities(random);
      const [order] = orders([people], prompts, random, 1000);
      const trial = (of: string, value: (values: readonly number[]) => number, truth: number): Trial => {
        const ends = intervalOfDraws((order?.drawn ?? []).map(value));
        return { of: `${of}, ${prompts} prompts`, low: ends?.[0] ?? null, high: ends?.[1] ?? null, truth };
      };
      // Of the configurations each third has one guidance.
      const contrast = (values: readonly number[]) =>
        values.reduce((sum, value, i) => sum + ([-1, 0, 1][i % 3] ?? 0) * value, 0) / (CONFIGURATIONS / 3);
      return [
        ...people.map((_, i) => trial("win ratio of a configuration", (values) => values[i] ?? Number.NaN, trueRatio(people, i))),
        trial(
          "difference of the win ratios of two guidance scales",
          contrast,
          contrast(people.map((_, i) => trueRatio(people, i))),
        ),
      ];
    };
  },
});

/** The cases, in the order of the table. */
export const orderCases: readonly CoverageCase[] = [orderCase(60), orderCase(300), ratioCase(60)];
