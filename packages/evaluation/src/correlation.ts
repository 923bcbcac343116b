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
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Spearman's rank correlation, ties sharing their mean rank; NaN when either side does not vary. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  return pearson(ranks(xs), ranks(ys));
}

/** Over all pairs of places: how many both lists order alike, how many otherwise, and how many each list leaves equal. */
function countPairs(xs: ArrayLike<number>, ys: ArrayLike<number>) {
  if (xs.length !== ys.length)
    throw new RangeError(`correlation: two lists of one length are needed; got ${xs.length} and ${ys.length}`);
  let [alike, otherwise, equalX, equalY] = [0, 0, 0, 0];
  for (let i = 0; i < xs.length; i++) {
    for (let j = i + 1; j < xs.length; j++) {
      const [dx, dy] = [Math.sign(at(xs, i) - at(xs, j)), Math.sign(at(ys, i) - at(ys, j))];
      if (dx === 0) equalX++;
      if (dy === 0) equalY++;
      if (dx * dy > 0) alike++;
      else if (dx * dy < 0) otherwise++;
    }
  }
  return { alike, otherwise, equalX, equalY, pairs: (xs.length * (xs.length - 1)) / 2 };
}

/** Kendall's tau-b, -1...1, which allows for equal values (Kendall 1945); NaN when either side does not vary. */
export function kendall(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const { alike, otherwise, equalX, equalY, pairs } = countPairs(xs, ys);
  return (alike - otherwise) / Math.sqrt((pairs - equalX) * (pairs - equalY));
}

/** The share 0...1 of pairs that both lists order alike; a pair that either leaves equal counts half. NaN below two values. */
export function pairwiseAgreement(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const { alike, otherwise, pairs } = countPairs(xs, ys);
  return (alike + (pairs - alike - otherwise) / 2) / pairs;
}
