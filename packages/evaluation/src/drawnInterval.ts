/** @file The interval of a figure whose value was computed anew for each draw of a bootstrap. */

import { type Interval, quantile } from "./interval.ts";

/**
 * The percentile interval of a bootstrap (Efron 1979): the middle `confidence` of the drawn values. Draws in which the figure could not be computed (NaN) are
 * left out.
 * @returns null when no draw has a value
 */
export function intervalOfDraws(drawn: readonly number[], confidence = 0.95): Interval | null {
  const sorted = Float64Array.from(drawn.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length === 0) return null;
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}

/**
 * The same of draws that are moved so that their mean is `value`: for a figure that grows when a draw repeats examples, as a Fréchet distance does, so that all
 * draws may lie above it. It holds the mean of the figure over as many examples, which is what `value` estimates.
 * @param least the least value that the figure can have
 * @returns null when no draw has a value
 */
export function intervalAround(value: number, drawn: readonly number[], least = Number.NEGATIVE_INFINITY): Interval | null {
  const known = drawn.filter((each) => !Number.isNaN(each));
  const mean = known.reduce((sum, each) => sum + each / known.length, 0);
  const ends = intervalOfDraws(known.map((each) => value + each - mean));
  return ends && [Math.max(least, ends[0]), ends[1]];
}
