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
