/** @file Whether a probability means what it says. */

import type { Example } from "./accuracy.ts";

export interface ReliabilityBin {
  /** Probabilities of low <= p < high (the last bin takes 1 too). */
  readonly low: number;
  readonly high: number;
  readonly examples: number;
  /** Mean probability that image 0 is preferred; NaN in an empty bin. */
  readonly predicted: number;
  /** Share that preferred image 0, ties as half; NaN in an empty bin. */
  readonly observed: number;
}

export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error, 0...1: mean of |predicted - observed| over bins, by examples (Naeini et al. 2015). */
  readonly error: number;
}

/** Reliability of probability0 in equal bins. */
export function calibration(examples: readonly Example[], binCount = 10): Calibration {
  const groups = Array.from({ length: binCount }, () => [] as Example[]);
  for (const example of examples) groups[Math.min(binCount - 1, Math.floor(example.probability0 * binCount))]?.push(example);
  const bins = groups.map((group, i) => ({
    low: i / binCount,
    high: (i + 1) / binCount,
    examples: group.length,
    predicted: mean(group.map(({ probability0 }) => probability0)),
    observed: mean(group.map(({ label }) => (label === "tie" ? 0.5 : 1 - label))),
  }));
  const filled = bins.filter((bin) => bin.examples > 0);
  const total = filled.reduce((sum, bin) => sum + bin.examples * Math.abs(bin.predicted - bin.observed), 0);
  return { bins, error: total / examples.length };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
