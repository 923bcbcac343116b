/** @file What an entry gains by being entered twice under two names, its own answers divided between them at random. */

import { gauss, type Random } from "@pickapic/chance";
import { real, type Vector } from "../matrix.ts";
import { SCALE } from "./bradleyTerry.ts";
import { strengthsOf } from "./counts.ts";
import { pairOf } from "./games.ts";

/** The effect of a clone that shares the answers of its entry: no answer is counted twice. */
export interface SplitEffect {
  /** Mean number of points by which the better one of the two stands higher above the others than the entry alone did. */
  readonly gain: number;
  /** The share 0...1 of the random divisions in which one of the two is first. */
  readonly first: number;
}

/** Random divisions of the answers. */
const DIVISIONS = 60;

/** The games of each result, the strengths that they give, and the prior. */
export interface Counted {
  readonly all: Vector;
  readonly theta: Vector;
  readonly prior: number;
}

/**
 * Divides the answers about one player between it and its clone, again and again, and finds all strengths anew: the better of two noisy
 * measurements of the same thing is too good (Singh et al. 2025, "The Leaderboard Illusion").
 */
export function splitEffect({ all, theta, prior }: Counted, player: number, random: Random): SplitEffect {
  const n = theta.length;
  const start = Float64Array.of(...theta, real(theta, player));
  const alone = leadOf(theta, [player], player);
  let [gain, first] = [0, 0];
  for (let i = 0; i < DIVISIONS; i++) {
    const divided = strengthsOf(divide(all, n, player, random), n + 1, prior, start);
    const both = [player, n];
    const better = Math.max(...both.map((each) => leadOf(divided, both, each)));
    gain += (SCALE * (better - alone)) / DIVISIONS;
    const most = divided.reduce((highest, each) => Math.max(highest, each), Number.NEGATIVE_INFINITY);
    if (both.some((each) => real(divided, each) === most)) first += 1 / DIVISIONS;
  }
  return { gain, first: Math.min(1, first) };
}

/** The strength of one player above the mean of all but `left`. */
function leadOf(theta: Vector, left: readonly number[], player: number): number {
  const others = theta.filter((_, i) => !left.includes(i));
  return real(theta, player) - others.reduce((sum, each) => sum + each, 0) / others.length;
}

/** Each answer about the player goes to it or to the clone, number n, by the toss of a coin. */
function divide(all: Vector, n: number, player: number, random: Random): Vector {
  const counts = new Float64Array((3 * n * (n + 1)) / 2);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      for (const half of [0, 1, 2]) {
        const games = real(all, 3 * pairOf(i, j, n) + half);
        const own = i === player || j === player ? heads(games, random) : games;
        counts[3 * pairOf(i, j, n + 1) + half] = own;
        if (own === games) continue;
        const other = i === player ? j : i;
        // The clone has the highest number, so a result is told from the other player's side.
        counts[3 * pairOf(other, n, n + 1) + (i === player ? 2 - half : half)] = games - own;
      }
    }
  }
  return counts;
}

/** From this many answers on a normal number stands for the number of heads. */
const MANY = 200;

/** How often n coins show heads; n may have a fraction, which is divided evenly. */
function heads(n: number, random: Random): number {
  const whole = Math.floor(n);
  let count = (n - whole) / 2;
  if (whole < MANY) {
    for (let i = 0; i < whole; i++) if (random() < 0.5) count++;
    return count;
  }
  return count + Math.min(whole, Math.max(0, Math.round(whole / 2 + (Math.sqrt(whole) / 2) * gauss(random))));
}
