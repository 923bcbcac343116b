/** @file The shortest interval of a posterior distribution that is known by draws, for figures that may take few values. */

import type { Interval } from "./interval.ts";
import { real, type Vector } from "./matrix.ts";

/** Widths that differ by less than this are the same width. */
const SAME = 1e-9;

/**
 * The shortest interval that holds `confidence` of the draws (Chen and Shao 1999). A figure that takes few values, as the rank correlation of few players
 * does, may have no interval with just that share. Then the fullest of the shorter intervals is taken if its share is nearer, because always taking the
 * larger one holds too often on average (as with the mid-P intervals of Lancaster 1961).
 * @param sorted draws in rising order, at least one
 * @param confidence 0...1
 */
export function shortestInterval(sorted: Vector, confidence: number): Interval {
  const wanted = Math.max(1, Math.ceil(confidence * sorted.length - SAME));
  const full = shortestOf(sorted, wanted);
  const less = fullestBelow(sorted, full.high - full.low - SAME);
  const nearer = less !== null && confidence * sorted.length - less.count < full.count - confidence * sorted.length ? less : full;
  return [nearer.low, nearer.high];
}

/** An interval and the number of draws in it. */
interface Window {
  low: number;
  high: number;
  count: number;
}

/** The shortest interval with at least `wanted` draws; of equally short ones the one with the most draws. */
function shortestOf(sorted: Vector, wanted: number): Window {
  let width = Number.POSITIVE_INFINITY;
  for (let i = 0; i + wanted <= sorted.length; i++) width = Math.min(width, real(sorted, i + wanted - 1) - real(sorted, i));
  return (
    fullestWithin(sorted, (each) => each <= width + SAME) ?? {
      low: real(sorted, 0),
      high: real(sorted, sorted.length - 1),
      count: sorted.length,
    }
  );
}

/** The interval with the most draws that is shorter than `width`; null when none is. */
const fullestBelow = (sorted: Vector, width: number): Window | null => fullestWithin(sorted, (each) => each < width);

/** The interval with the most draws of those whose width is allowed, the shortest first. */
function fullestWithin(sorted: Vector, allowed: (width: number) => boolean): Window | null {
  let best: Window | null = null;
  let end = 0;
  for (let i = 0; i < sorted.length; i++) {
    const low = real(sorted, i);
    while (end < sorted.length && allowed(real(sorted, end) - low)) end++;
    if (end <= i) continue;
    const [high, count] = [real(sorted, end - 1), end - i];
    if (best === null || count > best.count || (count === best.count && high - low < best.high - best.low))
      best = { low, high, count };
  }
  return best;
}
