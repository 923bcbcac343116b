/**
 * @file The tie-aware accuracy of the Pick-a-Pic paper (Kirstain et al. 2023, section 4, and its code), and the accuracy without
 * ties.
 */

import type { Random } from "@pickapic/chance";
import { type Estimate, meanDifferenceOf, meanOf, shareOf } from "./estimate.ts";
import type { Interval } from "./interval.ts";

/** The preferred image, 0 or 1, or neither. */
export type Label = 0 | 1 | "tie";

/** A pair that a scorer has judged, with what the person said. */
export interface Example {
  /** The scorer's probability that image 0 is preferred, 0...1. That of image 1 is the rest. */
  readonly probability0: number;
  readonly label: Label;
  /**
   * Examples of one cluster, such as a prompt, are not independent; intervals resample whole clusters. Default: each example is
   * its own cluster.
   */
  readonly cluster?: string | undefined;
}

/** The thresholds that the paper tries: 0, 0.1 ... 1. */
export const THRESHOLDS: readonly number[] = Array.from({ length: 11 }, (_, i) => i / 10);

/** Predicts "tie" when |p0 - p1| <= threshold, else the likelier image. */
export function predict(probability0: number, threshold: number): Label {
  if (!(probability0 >= 0 && probability0 <= 1)) {
    throw new RangeError(`predict: probability0 must be in 0...1; got ${probability0}`);
  }
  const difference = probability0 - (1 - probability0);
  if (Math.abs(difference) <= threshold) return "tie";
  return difference > 0 ? 0 : 1;
}

/** Scores a prediction: 1 when it agrees with the label, 0.5 when exactly one of the two is a tie, 0 otherwise. */
export function exampleScore({ probability0, label }: Example, threshold: number): number {
  const prediction = predict(probability0, threshold);
  if (prediction === label) return 1;
  return prediction === "tie" || label === "tie" ? 0.5 : 0;
}

/** The mean score of the examples, 0...1. Prefer `measureAccuracy`, which gives the protocol beside the number. */
export function tieAwareAccuracy(examples: readonly Example[], threshold: number): number {
  if (examples.length === 0) throw new RangeError("tieAwareAccuracy: at least one example is needed; got none");
  return examples.reduce((sum, example) => sum + exampleScore(example, threshold), 0) / examples.length;
}

/** Returns the first of 0, 0.1 ... 1 with the highest accuracy on these examples (those of validation_unique). */
export function chooseThreshold(examples: readonly Example[]): number {
  let best = { threshold: 0, accuracy: Number.NEGATIVE_INFINITY };
  for (const threshold of THRESHOLDS) {
    const accuracy = tieAwareAccuracy(examples, threshold);
    if (accuracy > best.accuracy) best = { threshold, accuracy };
  }
  return best.threshold;
}

/** Expected accuracy of a predictor whose p0 is uniform in 0...1: (ties/N)(t + (1 - t)/2) + (1 - ties/N)/2. */
export function randomAccuracy(tieShare: number, threshold: number): number {
  return tieShare * (threshold + (1 - threshold) / 2) + 0.5 * (1 - tieShare);
}

/** Counts the examples whose label is a tie. */
export function countTies(examples: readonly Example[]): number {
  return examples.filter(({ label }) => label === "tie").length;
}

/** The tie-aware accuracy of a scorer (Kirstain et al. 2023, section 4), with everything that must be printed beside it. */
export interface AccuracyReport {
  /** Accuracy on the test examples, 0...1; null when there are too few. */
  readonly accuracy: number | null;
  /** BCa bootstrap interval (95 % by default) over examples, or over clusters if examples have some; null when there is none. */
  readonly interval: Interval | null;
  /** Why accuracy or interval is null; null when both are given. */
  readonly reason: string | null;
  readonly threshold: number;
  readonly examples: number;
  /** Share of ties, 0...1; null when there are too few examples. */
  readonly tieShare: number | null;
  /** Expected accuracy of a random predictor at this share of ties and threshold; null when there are too few examples. */
  readonly random: number | null;
  /** Score of each test example (0, 0.5 or 1), in order, for paired comparisons. */
  readonly scores: readonly number[];
  /** Cluster of each test example, if any has one. */
  readonly clusters: readonly string[] | undefined;
  /** How the number was made, to be printed beside it. */
  readonly protocol: string;
}

/**
 * On which examples a scorer is measured. `random` draws the bootstrap's resamples, so that the same seed gives the same
 * interval.
 */
export interface MeasureSettings {
  /** Examples from which the threshold is chosen. */
  readonly validation: readonly Example[];
  /** Examples that are measured once with that threshold. */
  readonly test: readonly Example[];
  readonly random: Random;
  /** What the two sets are called in the protocol. */
  readonly names?: { readonly validation: string; readonly test: string };
  /** Default 0.95. */
  readonly confidence?: number;
  /** Default 2000. */
  readonly resamples?: number;
}

/**
 * Runs the whole protocol: threshold from the validation examples; accuracy, interval and protocol text for the test examples.
 */
export function measureAccuracy(settings: MeasureSettings): AccuracyReport {
  const { validation, test, random, confidence = 0.95, resamples = 2000 } = settings;
  const names = settings.names ?? { validation: "validation_unique", test: "test_unique" };
  const threshold = chooseThreshold(validation);
  const scores = test.map((example) => exampleScore(example, threshold));
  const { value: share } = shareOf(countTies(test), test.length);
  const clusters = clustersOf(test);
  return {
    ...named(meanOf(scores, random, { confidence, resamples, clusters })),
    threshold,
    examples: test.length,
    tieShare: share,
    random: share === null ? null : randomAccuracy(share, threshold),
    scores,
    clusters,
    protocol:
      `tie-aware accuracy on ${names.test} (${test.length} examples, ${countTies(test)} of them ties): a tie is predicted when ` +
      `|p0 - p1| <= ${threshold}, and scores 0.5 where exactly one of prediction and label is a tie; the threshold is the first best of ` +
      `0, 0.1 ... 1 on ${names.validation} (${validation.length} examples); ${percent(confidence)} interval by BCa bootstrap${overClusters(clusters)}, ${resamples} resamples`,
  };
}

/** By how much scorer a is more accurate than scorer b, measured in pairs on the same examples. */
export interface AccuracyDifference {
  /** Accuracy of a minus accuracy of b, -1...1; null when there are too few examples. */
  readonly difference: number | null;
  /** Null when there is none; see `reason`. */
  readonly interval: Interval | null;
  /** Why difference or interval is null; null when both are given. */
  readonly reason: string | null;
  readonly protocol: string;
}

/** Compares two scorers on the same test examples, in pairs. */
export function compareAccuracy(
  a: AccuracyReport,
  b: AccuracyReport,
  random: Random,
  { confidence = 0.95, resamples = 2000 } = {},
): AccuracyDifference {
  return {
    ...differenceOf(a, b, random, { confidence, resamples }),
    protocol:
      `difference of tie-aware accuracies on the same ${a.examples} examples, each scorer with its own threshold (${a.threshold} and ` +
      `${b.threshold}); ${percent(confidence)} interval by paired percentile bootstrap${overClusters(a.clusters)}, ${resamples} resamples`,
  };
}

/** The accuracy of a scorer without ties, for which no threshold is needed. */
export interface WinnersReport {
  /**
   * Of the examples with a winner, the share whose winner was the likelier image (equal probabilities count half), 0...1; null
   * when there are too few.
   */
  readonly accuracy: number | null;
  /** Null when there is none; see `reason`. */
  readonly interval: Interval | null;
  /** Why accuracy or interval is null; null when both are given. */
  readonly reason: string | null;
  /** Examples with a winner. */
  readonly examples: number;
  /** Ties, which were left out. */
  readonly ties: number;
  /** Score (0, 0.5 or 1) of each example with a winner, in order. */
  readonly scores: readonly number[];
  readonly clusters: readonly string[] | undefined;
  readonly protocol: string;
}

/** Accuracy without ties, which most toolkits report. On the same answers it differs from the tie-aware one. */
export function measureWinners(
  examples: readonly Example[],
  random: Random,
  { confidence = 0.95, resamples = 2000, name = "test_unique" } = {},
): WinnersReport {
  const decided = examples.filter(({ label }) => label !== "tie");
  const ties = countTies(examples);
  const scores = decided.map(({ probability0, label }) =>
    probability0 === 0.5 ? 0.5 : Number(predict(probability0, 0) === label),
  );
  const clusters = clustersOf(decided);
  return {
    ...named(meanOf(scores, random, { confidence, resamples, clusters, unit: "examples with a winner" })),
    examples: decided.length,
    ties,
    scores,
    clusters,
    protocol:
      `accuracy without ties on ${name} (${decided.length} examples with a winner, ${ties} ties left out): the likelier image is the prediction, equal ` +
      `probabilities count half; ${percent(confidence)} interval by BCa bootstrap${overClusters(clusters)}, ${resamples} resamples`,
  };
}

/** Compares two scorers on the same examples with a winner, in pairs. */
export function compareWinners(
  a: WinnersReport,
  b: WinnersReport,
  random: Random,
  { confidence = 0.95, resamples = 2000 } = {},
): AccuracyDifference {
  return {
    ...differenceOf(a, b, random, { confidence, resamples }),
    protocol:
      `difference of accuracies without ties on the same ${a.examples} examples; ${percent(confidence)} interval by paired percentile ` +
      `bootstrap${overClusters(a.clusters)}, ${resamples} resamples`,
  };
}

/** Renames the value of an estimate to `accuracy`. */
const named = ({ value, interval, reason }: Estimate) => ({ accuracy: value, interval, reason });

type Marked = Pick<AccuracyReport, "scores" | "clusters">;

/** Mean of a's scores minus b's on the same examples. */
function differenceOf(a: Marked, b: Marked, random: Random, settings: { confidence: number; resamples: number }) {
  if (a.scores.length !== b.scores.length)
    throw new RangeError(`accuracies are compared on the same examples; got ${a.scores.length} and ${b.scores.length}`);
  const differences = a.scores.map((score, i) => score - (b.scores[i] ?? 0));
  const { value, interval, reason } = meanDifferenceOf(differences, random, { ...settings, clusters: a.clusters });
  return { difference: value, interval, reason };
}

/** Returns the cluster of each example; undefined when no example has one. */
function clustersOf(examples: readonly Example[]): string[] | undefined {
  if (examples.every(({ cluster }) => cluster === undefined)) return undefined;
  return examples.map(({ cluster }, i) => cluster ?? `alone ${i}`);
}

const overClusters = (clusters: readonly string[] | undefined): string =>
  clusters ? ` over ${new Set(clusters).size} clusters` : "";

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
