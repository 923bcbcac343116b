/** @file When a share may be printed, and the reason to print when it may not. "Too few" is decided only here. */

import type { Random } from "@pickapic/chance";
import { bootstrapInterval, type Interval, wilsonInterval } from "./interval.ts";

/** Below this many examples no share is printed: even at 50 % its interval would be 35 points wide. */
export const FEWEST_EXAMPLES = 30;

/** Below this many clusters (prompts, people) no interval is given, because so few cannot show how much they differ. */
export const FEWEST_CLUSTERS = 8;

/** A share or a mean. What is not given is null, and `reason` says why. */
export interface Estimate {
  /** Null when there are too few examples. */
  readonly value: number | null;
  /** Null when `value` is null, or when only the interval is missing. */
  readonly interval: Interval | null;
  readonly examples: number;
  /** Why the value or its interval is null, as a phrase without a full stop; null when both are given. */
  readonly reason: string | null;
}

/** How wide an interval is, and how the reason is worded where a share is not given. */
export interface EstimateSettings {
  /** Default 0.95. */
  readonly confidence?: number;
  /** What the examples are called in `reason`, in the plural; default "examples". */
  readonly unit?: string;
}

/** Returns why no share of this many examples is printed; null when there are enough. */
export function tooFew(examples: number, unit = "examples"): string | null {
  if (examples >= FEWEST_EXAMPLES) return null;
  return `too few ${unit} (${examples}), at least ${FEWEST_EXAMPLES} are needed`;
}

/**
 * A share of independent examples with Wilson's interval, or the reason why it is not given.
 * @param successes 0...n; halves are allowed, for ties
 */
export function shareOf(successes: number, n: number, { confidence = 0.95, unit = "examples" }: EstimateSettings = {}): Estimate {
  const reason = tooFew(n, unit);
  if (reason !== null) return { value: null, interval: null, examples: n, reason };
  return { value: successes / n, interval: wilsonInterval(successes, n, { confidence }), examples: n, reason: null };
}

/** How the mean of scores is estimated. With clusters, whole clusters are resampled, and the interval becomes wider. */
export interface MeanSettings extends EstimateSettings {
  /**
   * Cluster of each score, such as its prompt; scores of one cluster are not independent. Default: each score is its own cluster.
   */
  readonly clusters?: readonly string[] | undefined;
  /** What the clusters are called in `reason`, in the plural; default "prompts". */
  readonly clusterUnit?: string;
  /** Of the bootstrap; default 2000. */
  readonly resamples?: number;
}

/**
 * The mean of scores in 0...1 (1 right, 0.5 half right) with its BCa bootstrap interval, or the reason why it is not given. When
 * all scores are 1 or all are 0, resampling shows no variation; then the interval is Wilson's, with each cluster counted once.
 */
export function meanOf(scores: readonly number[], random: Random, settings: MeanSettings = {}): Estimate {
  return estimate(scores, settings, (value, groups) => {
    if (value === 0 || value === 1) return wilsonInterval(value * groups, groups, settings);
    if (areAlike(scores)) return `no interval: all ${scores.length} scores are ${value}`;
    return bootstrapInterval(scores, random, settings);
  });
}

/** The mean of amounts of any size, such as losses, with its BCa bootstrap interval, or the reason why it is not given. */
export function meanAmountOf(amounts: readonly number[], random: Random, settings: MeanSettings = {}): Estimate {
  return estimate(amounts, settings, (value) =>
    areAlike(amounts) ? `no interval: all ${amounts.length} amounts are ${value}` : bootstrapInterval(amounts, random, settings),
  );
}

/**
 * The mean of differences in -1...1 on the same examples with its percentile bootstrap interval, or the reason why it is not
 * given. Percentiles because differences are symmetric: when few of 25 differ, BCa covered the truth in 91 % of trials and
 * percentiles in 94 %.
 */
export function meanDifferenceOf(differences: readonly number[], random: Random, settings: MeanSettings = {}): Estimate {
  return estimate(differences, settings, (value) => {
    if (!areAlike(differences)) return bootstrapInterval(differences, random, { ...settings, method: "percentile" });
    return sameDifference(value, differences.length, settings);
  });
}

/** Why a difference that is the same on all examples has no interval. */
export const sameDifference = (value: number, examples: number, { unit = "examples" }: EstimateSettings): string =>
  `no interval: the difference is ${value} on each of the ${examples} ${unit}`;

/**
 * Builds the estimate of a mean. `intervalOf` gets the mean and the number of clusters and returns an interval, or the reason why
 * there is none.
 */
export function estimate(
  values: readonly number[],
  { unit = "examples", clusterUnit = "prompts", clusters }: MeanSettings,
  intervalOf: (value: number, groups: number) => Interval | string,
): Estimate {
  const examples = values.length;
  const none = tooFew(examples, unit);
  if (none !== null) return { value: null, interval: null, examples, reason: none };
  const value = values.reduce((sum, each) => sum + each, 0) / examples;
  const groups = clusters ? new Set(clusters).size : examples;
  const found = groups < FEWEST_CLUSTERS ? fewClusters(groups, clusterUnit) : intervalOf(value, groups);
  return typeof found === "string"
    ? { value, interval: null, examples, reason: found }
    : { value, interval: found, examples, reason: null };
}

const fewClusters = (groups: number, unit: string): string =>
  `no interval: too few ${unit} (${groups}), at least ${FEWEST_CLUSTERS} are needed`;

/** Whether all values are equal, so that resampling shows no variation. */
export const areAlike = (values: readonly number[]): boolean => values.every((value) => value === values[0]);
