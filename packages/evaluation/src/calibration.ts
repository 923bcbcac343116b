/** @file Calibration: whether images with probability p are preferred in a share p of the examples. */

import type { Random } from "@pickapic/chance";
import type { Example, Label } from "./accuracy.ts";
import { type Estimate, meanAmountOf, tooFew } from "./estimate.ts";
import { clusteredWilsonInterval, type Interval } from "./interval.ts";

/** One bar of a reliability diagram: the examples whose probability lies in a range, and how often image 0 was preferred. */
export interface ReliabilityBin {
  /** The bin holds low <= p < high; the last bin also holds 1. */
  readonly low: number;
  readonly high: number;
  readonly examples: number;
  /** Mean probability that image 0 is preferred; NaN in an empty bin. */
  readonly predicted: number;
  /** Share of examples that preferred image 0, ties counted half; NaN in an empty bin. */
  readonly observed: number;
  /** Wilson's 95 % interval of `observed`, over the clusters of the examples; slightly too wide with few clusters or ties; 0...1 in an empty bin. */
  readonly interval: Interval;
}

/** How far a scorer's probabilities can be trusted: a reliability diagram and its mean error. */
export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /**
   * Expected calibration error, 0...1: |predicted - observed|, averaged over bins weighted by examples (Naeini et al. 2015); null
   * below 30 examples.
   */
  readonly error: number | null;
}

/**
 * Measures reliability of probability0 in bins of equal width. For examples from `favoured` it measures how sure the scorer is
 * against how often it is right.
 */
export function calibration(examples: readonly Example[], binCount = 10): Calibration {
  const bins = binsOf(examples, binCount);
  return { bins, error: tooFew(examples.length) === null ? errorOf(bins) : null };
}

function binsOf(examples: readonly Example[], binCount: number): ReliabilityBin[] {
  const groups = Map.groupBy(examples, ({ probability0 }) => binOf(probability0, binCount));
  return Array.from({ length: binCount }, (_, i) => {
    const group = groups.get(i) ?? [];
    const shares = group.map(({ label }) => share0(label));
    return {
      low: i / binCount,
      high: (i + 1) / binCount,
      examples: group.length,
      predicted: mean(group.map(({ probability0 }) => probability0)),
      observed: mean(shares),
      interval: group.length === 0 ? ([0, 1] as const) : clusteredWilsonInterval(shares, clusterNames(group)),
    };
  });
}

/**
 * Rewrites examples from the side of the likelier image: probability0 becomes 0.5...1, how sure the scorer is, and label 0 means
 * that people agreed. Which image has number 0 is chance, so nothing is lost, and each bin holds twice as many examples.
 */
export function favoured(examples: readonly Example[]): Example[] {
  return examples.map((example) => {
    const { probability0, label } = example;
    if (probability0 >= 0.5) return example;
    return { ...example, probability0: 1 - probability0, label: label === "tie" ? label : label === 0 ? 1 : 0 };
  });
}

/**
 * Returns the calibration error that a perfectly calibrated scorer shows by chance on as many examples: the mean over winners
 * drawn with these probabilities. An error close to it is no sign of a fault. Null below 30 examples.
 */
export function chanceCalibrationError(
  examples: readonly Example[],
  random: Random,
  { binCount = 10, draws = 200 } = {},
): number | null {
  if (tooFew(examples.length) !== null) return null;
  const honest = (): Example[] => examples.map(({ probability0 }) => ({ probability0, label: random() < probability0 ? 0 : 1 }));
  return mean(Array.from({ length: draws }, () => errorOf(binsOf(honest(), binCount))));
}

/**
 * Mean of -log of the probability of the answer, in nats; a tie counts as half an answer for each image. NaN without examples.
 */
export const logLoss = (examples: readonly Example[]): number => mean(examples.map(lossOf));

/** The log-loss with its interval, over clusters if the examples name them. Both are null when the log-loss is infinite or the examples are too few. */
export function logLossOf(examples: readonly Example[], random: Random): Estimate {
  const losses = examples.map(lossOf);
  if (losses.some((loss) => !Number.isFinite(loss)))
    return {
      value: null,
      interval: null,
      examples: losses.length,
      reason: "the probability of an answer is 0, so that the log-loss is infinite",
    };
  const clusters = examples.some(({ cluster }) => cluster !== undefined) ? clusterNames(examples) : undefined;
  return meanAmountOf(losses, random, { clusters });
}

/** -log of the probability of one answer; infinite where that is 0. */
function lossOf({ probability0, label }: Example): number {
  const loss = (share: number, probability: number) => (share === 0 ? 0 : -share * Math.log(probability));
  return loss(share0(label), probability0) + loss(1 - share0(label), 1 - probability0);
}

/** The cluster of each example; one without is a cluster of its own. */
const clusterNames = (examples: readonly Example[]): string[] =>
  examples.map(({ cluster }, i) => (cluster === undefined ? `alone ${i}` : `of ${cluster}`));

/** The label as a target for image 0: 1, 0.5 or 0. */
const share0 = (label: Label): number => (label === "tie" ? 0.5 : 1 - label);

/** Returns the bin that holds p. Edges are exactly i/count; p * count alone may round across one. */
function binOf(p: number, count: number): number {
  const near = Math.min(count - 1, Math.floor(p * count));
  if (p < near / count) return near - 1;
  return near < count - 1 && p >= (near + 1) / count ? near + 1 : near;
}

function errorOf(bins: readonly ReliabilityBin[]): number {
  const filled = bins.filter((bin) => bin.examples > 0);
  const total = filled.reduce((sum, bin) => sum + bin.examples * Math.abs(bin.predicted - bin.observed), 0);
  return total / filled.reduce((sum, bin) => sum + bin.examples, 0);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
