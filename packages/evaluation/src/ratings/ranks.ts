/** @file The ranks that the data leave possible. */

import { at, type Vector } from "../matrix.ts";
import { studentTail } from "../student.ts";
import type { Variance } from "./crossed.ts";

/** Ranks, 1 for the best; both ends included. */
export interface RankRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns the possible ranks of each player. A player is above another when the difference of their strengths is significant,
 * with Holm's correction (1979) over all comparisons of that player. The best rank is 1 + players above; the worst is the number
 * of players - players below. So a range contains the true rank with the given confidence.
 * @param theta strengths
 * @param varianceOf variance of theta_i - theta_j; null if unknown
 */
export function rankRanges(
  theta: Vector,
  varianceOf: (i: number, j: number) => Variance | null,
  confidence: number,
): RankRange[] {
  const players = Array.from(theta, (_, i) => i);
  return players.map((i) => {
    const tests = players
      .filter((j) => j !== i)
      .map((j) => ({ lead: at(theta, i) - at(theta, j), p: twoSided(theta, i, j, varianceOf) }));
    const decided = rejectedByHolm(tests, 1 - confidence);
    const above = decided.filter(({ lead }) => lead < 0).length;
    const below = decided.filter(({ lead }) => lead > 0).length;
    return { low: 1 + above, high: players.length - below };
  });
}

/** p-value of the difference of two strengths, two-sided; 1 if its variance is unknown. */
function twoSided(theta: Vector, i: number, j: number, varianceOf: (i: number, j: number) => Variance | null): number {
  const variance = varianceOf(i, j);
  const lead = Math.abs(at(theta, i) - at(theta, j));
  if (variance === null || !(variance.value > 0) || lead === 0) return 1;
  return 2 * studentTail(lead / Math.sqrt(variance.value), variance.degrees);
}

/**
 * Returns the tests that Holm's method rejects: in rising order, p at most level/m, level/(m - 1) ... level, up to the first that
 * is larger.
 */
function rejectedByHolm<T extends { p: number }>(tests: readonly T[], level: number): T[] {
  const rising = tests.toSorted((x, y) => x.p - y.p);
  const stop = rising.findIndex(({ p }, i) => p > level / (rising.length - i));
  return stop < 0 ? rising : rising.slice(0, stop);
}
