/** @file How far judges agree about the order of players whose values are means over prompts, from draws of the prompts. */

import type { Random } from "@pickapic/chance";
import { spearman } from "../correlation.ts";
import { at, real, type Vector } from "../matrix.ts";
import { drawTrueValues, noiseAround } from "./trueOrders.ts";

/** The values that one judge gives to the players, higher for the better one. */
export interface DrawnOrder {
  readonly values: readonly number[];
  /** The values in bootstrap draws of the prompts, the same draws for all judges; null for values that are known. */
  readonly drawn: readonly (readonly number[])[] | null;
}

/** How true correlations are drawn. */
export interface CorrelationSettings {
  /** Prompts behind the values, at least two. */
  readonly prompts: number;
  /** Default 2000. */
  readonly draws?: number;
  readonly random: Random;
}

/**
 * Draws Spearman's correlations of the judges' true values from their posterior, given estimates whose noise the draws of prompts show. Percentiles of the
 * correlations in such draws lie too low, because the draws add noise to values that have some already. The players are taken as a sample of players.
 * @param pairs the pairs of judges, by number, whose correlation is returned
 * @returns for each pair its drawn correlations; null when there are no draws, not more players than judges, or a judge rates all players alike
 */
export function drawCorrelations(
  judges: readonly DrawnOrder[],
  pairs: readonly (readonly [one: number, other: number])[],
  { prompts, draws = 2000, random }: CorrelationSettings,
): Vector[] | null {
  // Ranks do not change when the values of a judge are brought to a deviation of 1.
  const scales = judges.map((judge) => 1 / deviation(judge.values));
  const values = judges.map((judge, j) => Float64Array.from(judge.values, (value) => value * at(scales, j)));
  const made = Math.min(...judges.map(({ drawn }) => drawn?.length ?? Number.POSITIVE_INFINITY));
  const players = values[0]?.length ?? 0;
  if (players <= judges.length || prompts < 2 || !Number.isFinite(made) || made < 2 || scales.includes(Number.POSITIVE_INFINITY))
    return null;
  const drawn = judges.map((judge, j) => flat(judge, at(scales, j), made));
  const noise = noiseAround(
    drawn.map((each) => means(each, players)),
    drawn,
  );
  // A draw of n prompts has (n - 1)/n of the variance of a mean over n others.
  for (const { data } of noise) for (let i = 0; i < data.length; i++) data[i] = (real(data, i) * prompts) / (prompts - 1);
  const found = pairs.map(() => new Float64Array(draws));
  let draw = 0;
  drawTrueValues({ values, noise, degrees: Math.min(prompts, made) - 1 }, draws, random, (trueValues) => {
    for (const [p, [one, other]] of pairs.entries())
      found[p]?.set([spearman([...(trueValues[one] ?? [])], [...(trueValues[other] ?? [])])], draw);
    draw++;
  });
  return found;
}

/** The values of a judge in each draw, times its scale; always the same ones when they are known. [draws, players] */
function flat({ values, drawn }: DrawnOrder, scale: number, draws: number): Vector {
  const all = new Float64Array(draws * values.length);
  for (let draw = 0; draw < draws; draw++) all.set(drawn?.[draw] ?? values, draw * values.length);
  return all.map((value) => value * scale);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** The mean of each player over the draws. */
function means(drawn: Vector, players: number): Vector {
  const mean = new Float64Array(players);
  for (let index = 0; index < drawn.length; index++) {
    const player = index % players;
    mean[player] = real(mean, player) + (real(drawn, index) * players) / drawn.length;
  }
  return mean;
}
