/** @file Bootstrap draws of strengths, scaled to the two-way variance: intervals, and how often each player comes first. */

import { type Interval, quantile } from "../interval.ts";
import { real, type Vector } from "../matrix.ts";
import { normalCdf } from "../normal.ts";
import { studentQuantile } from "../student.ts";
import type { Certainty } from "./certainty.ts";

/**
 * Scales the deviation of each drawn strength from its estimate so that its variance over the draws is the two-way variance.
 * Weights of people times weights of prompts count the variance within cells three times (Owen 2007), and so would make
 * intervals up to 1.7 times too wide. A strength with unknown variance keeps its draws.
 * @param drawn strengths, [draws, players]
 */
export function scaledDraws(theta: Vector, drawn: Vector, certainty: Pick<Certainty, "ofRating">): Vector {
  const factors = theta.map((t, i) => {
    const variance = certainty.ofRating(i);
    const spread = meanSquare(drawn, i, theta.length, t);
    return typeof variance === "string" || spread === 0 ? 1 : Math.sqrt(variance.value / spread);
  });
  return drawn.map((value, index) => {
    const i = index % theta.length;
    return real(theta, i) + real(factors, i) * (value - real(theta, i));
  });
}

/** Mean over the draws of (strength of player i - centre)^2. */
function meanSquare(drawn: Vector, i: number, players: number, centre: number): number {
  let sum = 0;
  for (let index = i; index < drawn.length; index += players) sum += (real(drawn, index) - centre) ** 2;
  return (sum * players) / drawn.length;
}

/** Quantiles of the draws of player i, at the levels of Student's t: Phi(-+ t), as `bootstrapInterval` widens its own. */
export function drawnEnds(drawn: Vector, i: number, players: number, confidence: number, degrees: number): Interval {
  const values = drawn.filter((_, index) => index % players === i).sort();
  const reach = studentQuantile(0.5 + confidence / 2, degrees);
  return [quantile(values, normalCdf(-reach)), quantile(values, normalCdf(reach))];
}

/** Of each player: the share 0...1 of the draws in which its strength is the highest. */
export function firstShares(drawn: Vector, players: number): Vector {
  const shares = new Float64Array(players);
  const draws = drawn.length / players;
  for (let draw = 0; draw < draws; draw++) {
    const row = drawn.subarray(draw * players, (draw + 1) * players);
    const first = row.indexOf(Math.max(...row));
    shares[first] = real(shares, first) + 1 / draws;
  }
  return shares;
}
