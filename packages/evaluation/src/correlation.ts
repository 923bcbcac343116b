/** @file Rank correlation of two orders. */

import { at } from "./matrix.ts";

/** Ranks 1...n; equal values get the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => at(values, i) - at(values, j));
  const sorted = order.map((i) => at(values, i));
  const result: number[] = [];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (sorted[end] === sorted[start]) end++;
    for (let i = start; i < end; i++) result[at(order, i)] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

/** Pearson's correlation, -1...1; NaN when either side is constant. */
export function pearson(xs: readonly number[], ys: readonly number[]): number {
  if (xs.length !== ys.length)
    throw new RangeError(`correlation: two lists of one length are needed; got ${xs.length} and ${ys.length}`);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [i, x] of xs.entries()) {
    const [dx, dy] = [x - mx, at(ys, i) - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // Spearman's rank correlation; tied values get their mean rank; NaN when either side is constant.
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Spearman's rank correlation, ties sharing their mean rank; NaN when either side does not vary. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  return pearson(ranks(xs), ranks(ys));
}
