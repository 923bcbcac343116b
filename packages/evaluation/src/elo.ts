/** @file Elo ratings. They depend on the order of the games, so they are averaged over many shuffled orders, as in the paper. */

import { type Random, shuffled } from "@pickapic/chance";
import { spearman } from "./correlation.ts";
import type { Game } from "./ratings/games.ts";

/** How Elo ratings are made. */
export interface EloSettings {
  readonly random: Random;
  /** Largest change of a rating by one game; default 32. */
  readonly k?: number;
  /** Rating before the first game; default 1000. */
  readonly initial?: number;
  /** Number of shuffled orders; default 50, as in the paper. */
  readonly shuffles?: number;
}

/** A number that was found once for each shuffled order. */
export interface EloRating {
  readonly mean: number;
  /** Standard deviation over the orders; 0 for a single order. */
  readonly deviation: number;
}

/** Ratings after the games in the given order: r += k (outcome - 1/(1 + 10^((rb - ra)/400))) (Elo 1978). */
export function eloOnce(games: readonly Game[], k = 32, initial = 1000): Map<string, number> {
  const ratings = new Map<string, number>();
  for (const { a, b, outcome } of games) {
    if (a === b) continue;
    const [ra, rb] = [ratings.get(a) ?? initial, ratings.get(b) ?? initial];
    const step = k * (outcome - 1 / (1 + 10 ** ((rb - ra) / 400)));
    ratings.set(a, ra + step);
    ratings.set(b, rb - step);
  }
  return ratings;
}

/**
 * Spearman correlation between the Elo ratings of two judges of the same pairs: mean and deviation over shuffled orders, as in
 * the paper.
 * @param first games as the first judge decides them
 * @param second the same games in the same order, as the second judge decides them
 */
export function eloAgreement(
  first: readonly Game[],
  second: readonly Game[],
  { random, k = 32, initial = 1000, shuffles = 50 }: EloSettings,
): EloRating {
  if (first.length !== second.length) {
    throw new RangeError(`eloAgreement: both judges need the same pairs; got ${first.length} and ${second.length}`);
  }
  const numbers = first.map((_, i) => i);
  const correlations = Array.from({ length: shuffles }, () => {
    const order = shuffled(numbers, random);
    const ours = eloOnce(inOrder(first, order), k, initial);
    const theirs = eloOnce(inOrder(second, order), k, initial);
    return spearman(
      [...ours.values()],
      [...ours.keys()].map((player) => theirs.get(player) ?? initial),
    );
  });
  return statisticsOf(correlations);
}

const inOrder = (games: readonly Game[], order: readonly number[]): Game[] => order.flatMap((i) => games[i] ?? []);

function statisticsOf(values: readonly number[]): EloRating {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
