/** @file Which ranks the data leave open. */

import { at, type Vector } from "../matrix.ts";
import { studentTail } from "../student.ts";
import type { Spread } from "./crossed.ts";

/** Ranks, 1 for the best; both ends are possible. */
export interface RankRange {
  readonly low: number;
  readonly high: number;
}

/**
 * The ranks that each player may have. A player is above another one when the difference of their strengths is significant, with
 * Holm's correction (1979) over all comparisons of that player; its best rank is 1 more than the players above it, its worst the number of players
 * minus those below it. So the range of a player holds its true rank with the confidence given.
 * @param theta strengths
 * @param spreadOf spread of theta_i - theta_j; null where nothing can be said
 */
export function rankRanges(theta: Vector, spreadOf: (i: number, j: number) => Spread | null, confidence: number): RankRange[] {
  const players = Array.from(theta, (_, i) => i);
  return players.map((i) => {
    const tests = players
      .filter((j) => j !== i)
      .map((j) => ({ lead: at(theta, i) - at(theta, j), p: twoSided(theta, i, j, spreadOf) }));
    const decided = rejectedByHolm(tests, 1 - confidence);
    const above = decided.filter(({ lead }) => lead < 0).length;
    const below = decided.filter(({ lead }) => lead > 0).length;
    return { low: 1 + above, high: players.length - below };
  });
}

/** Probability of a difference as large as this where there is none; 1 where nothing can be said. */
function twoSided(theta: Vector, i: number, j: number, spreadOf: (i: number, j: number) => Spread | null): number {
  const spread = spreadOf(i, j);
  const lead = Math.abs(at(theta, i) - at(theta, j));
  if (spread === null || !(spread.variance > 0) || lead === 0) return 1;
  return 2 * studentTail(lead / Math.sqrt(spread.variance), spread.degrees);
}

/** The tests whose p is at most level/m, level/(m - 1) ... level, in rising order, up to the first that is not. */
function rejectedByHolm<T extends { p: number }>(tests: readonly T[], level: number): T[] {
  const rising = tests.toSorted((x, y) => x.p - y.p);
  const stop = rising.findIndex(({ p }, i) => p > level / (rising.length - i));
  return stop < 0 ? rising : rising.slice(0, stop);
}
