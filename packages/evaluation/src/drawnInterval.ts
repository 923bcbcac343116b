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
 * The same of draws that are moved so that their mean is `value`: for a figure that grows when a draw repeats examples, as a difference of two Fréchet distances may,
 * so that all draws may lie above it. It holds the mean of the figure over as many examples, which is what `value` estimates.
 * @returns null when no draw has a value
 */
export function intervalAround(value: number, drawn: readonly number[], confidence = 0.95): Interval | null {
  const known = drawn.filter((each) => !Number.isNaN(each));
  const mean = known.reduce((sum, each) => sum + each / known.length, 0);
  return intervalOfDraws(
    known.map((each) => value + each - mean),
    confidence,
  );
}

/**
 * The same of a figure that is a sum of squares, such as a Fréchet distance: its roots are moved. A sum of squares scatters in proportion to its root, so that draws
 * that lie far above the value scatter too much for it; their roots do not.
 * @param value 0 or more, as every draw is
 * @returns null when no draw has a value
 */
export function intervalOfSquares(value: number, drawn: readonly number[], confidence = 0.95): Interval | null {
  const ends = intervalAround(
    Math.sqrt(value),
    drawn.map((each) => Math.sqrt(each)),
    confidence,
  );
  return ends && [Math.max(0, ends[0]) ** 2, Math.max(0, ends[1]) ** 2];
}
