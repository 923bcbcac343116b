/** @file The golden values that fixtures/evaluation/make.py computed with scipy. */

import { readFileSync } from "node:fs";
import type { Interval } from "../src/interval.ts";
import type { Game, GameCount } from "../src/ratings/games.ts";

interface Golden {
  readonly normal: {
    readonly cdf: readonly [number, number][];
    readonly quantile: readonly [number, number][];
    readonly student: readonly [number, number, number][];
  };
  readonly wilson: readonly { successes: number; n: number; confidence: number; interval: Interval }[];
  readonly spearman: readonly { xs: number[]; ys: number[]; rho: number }[];
  readonly bootstrap: readonly { scores: number[]; method: "bca" | "percentile"; interval: Interval }[];
  readonly clustered: readonly { scores: number[]; clusters: string[]; method: "bca" | "percentile"; interval: Interval }[];
  readonly reliability: readonly {
    side: "image 0" | "favoured";
    bins: number;
    probabilities: number[];
    /** 1: image 0 was preferred; 0.5: a tie. */
    outcomes: number[];
    counts: number[];
    /** Of the bins that hold any. */
    predicted: number[];
    observed: number[];
    error: number;
  }[];
  readonly logLoss: { probabilities: number[]; outcomes: number[]; loss: number };
  readonly bradleyTerry: readonly { name: string; prior: number; games: Game[]; ratings: Record<string, number> }[];
  readonly random: readonly { seed: number; draws: number[] }[];
}

export const golden = JSON.parse(
  readFileSync(new URL("../../../fixtures/evaluation/expected.json", import.meta.url), "utf8"),
) as Golden;

interface GoldenRating {
  readonly rating: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly rankRange: readonly [number, number];
}

interface GoldenRatings {
  readonly cases: readonly {
    name: string;
    prior: number;
    rows: GameCount[];
    ratings: Record<string, GoldenRating>;
  }[];
}

/** The golden values that fixtures/evaluation/ratings.py computed with statsmodels and numpy. */
export const goldenRatings = JSON.parse(
  readFileSync(new URL("../../../fixtures/evaluation/ratings.json", import.meta.url), "utf8"),
) as GoldenRatings;
