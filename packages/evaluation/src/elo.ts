/** @file Elo ratings. They depend on the order of the games, so they are averaged over many shuffled orders, as in the paper. */

import { type Random, shuffled } from "@pickapic/chance";
import { spearman } from "./correlation.ts";
import { type EloEnds, eloEnds } from "./ratings/eloSpread.ts";
import type { Game, GameCount } from "./ratings/games.ts";

/** How Elo ratings are made. */
export interface EloSettings {
  readonly random: Random;
  /** Largest change of a rating by one game; default 32. */
  readonly k?: number;
  /** Rating before the first game; default 1000. */
  readonly initial?: number;
  /** Number of shuffled orders; default 50, as in the paper. */
  readonly shuffles?: number;
  /** A lead of `scale` points is odds of `base` to 1; default 10 and 400. */
  readonly base?: number;
  readonly scale?: number;
  /** Points that each gets for a tie; null leaves ties out. Default 0.5. */
  readonly tieScore?: number | null;
}

/** The constants of one pass over the games. */
type EloConstants = Required<Pick<EloSettings, "k" | "initial" | "base" | "scale" | "tieScore">>;

/** K 32 from 1000; 400 points are odds of 10 to 1; a tie is half a point. The paper does not say which it used. */
const ELO_CONSTANTS: EloConstants = { k: 32, initial: 1000, base: 10, scale: 400, tieScore: 0.5 };

/** A number that was found once for each shuffled order. */
export interface EloRating {
  readonly mean: number;
  /** Standard deviation over the orders; 0 for a single order. */
  readonly deviation: number;
}

/**
 * Ratings after the games in the given order: r += k (score - 1/(1 + base^((rb - ra)/scale))) for both sides (Elo 1978). With a
 * tie score of 1/2 each game gives as many points as it takes.
 */
export function eloOnce(games: readonly Game[], constants: Partial<EloConstants> = {}): Map<string, number> {
  const { k, initial, base, scale, tieScore } = { ...ELO_CONSTANTS, ...constants };
  const ratings = new Map<string, number>();
  for (const { a, b, outcome } of games) {
    if (a === b || (outcome === 0.5 && tieScore === null)) continue;
    const [ra, rb] = [ratings.get(a) ?? initial, ratings.get(b) ?? initial];
    const expected = 1 / (1 + base ** ((rb - ra) / scale));
    const tied = outcome === 0.5 && tieScore !== null;
    ratings.set(a, ra + k * ((tied ? tieScore : outcome) - expected));
    ratings.set(b, rb + k * ((tied ? tieScore : 1 - outcome) - (1 - expected)));
  }
  return ratings;
}

/** The Elo rating of one player over shuffled orders. */
export interface EloPlayer extends EloRating, EloEnds {
  readonly player: string;
}

/**
 * Elo ratings, mean and deviation over shuffled orders, highest first. The deviation is that of one order; the interval is for other people
 * and other prompts, where the games name them (`eloEnds`).
 * @param confidence of the intervals; default 0.95
 * @throws RangeError for constants with which ratings mean nothing
 */
export function eloRatings(
  games: readonly GameCount[],
  { random, shuffles = 50, confidence = 0.95, ...constants }: EloSettings & { confidence?: number },
): EloPlayer[] {
  const resolved = { ...ELO_CONSTANTS, ...constants };
  checkConstants(resolved);
  const found = new Map<string, number[]>();
  for (let i = 0; i < shuffles; i++) {
    for (const [player, rating] of eloOnce(shuffled(games, random), constants))
      found.set(player, [...(found.get(player) ?? []), rating]);
  }
  const ratings = [...found].map(([player, values]) => ({ player, ...statisticsOf(values) }));
  const ends = endsOf(ratings, games, resolved, { shuffles, confidence });
  return ratings
    .map((rating) => ({ ...rating, ...(ends.get(rating.player) ?? UNKNOWN) }))
    .sort((x, y) => y.mean - x.mean || (x.player < y.player ? -1 : 1));
}

const UNKNOWN: EloEnds = {
  low: null,
  high: null,
  reason: "no interval: a tie does not give half a point to each, so that ratings drift",
};

/** The intervals; none where a tie gives more or fewer points than it takes. */
function endsOf(
  ratings: readonly (EloRating & { player: string })[],
  games: readonly GameCount[],
  { k, base, scale, tieScore }: EloConstants,
  settings: { shuffles: number; confidence: number },
): Map<string, EloEnds> {
  const counted = tieScore === null ? games.filter(({ outcome }) => outcome !== 0.5) : games;
  if (tieScore !== null && tieScore !== 0.5 && games.some(({ outcome }) => outcome === 0.5)) return new Map();
  return eloEnds(ratings, counted, { k, logOdds: Math.log(base) / scale, ...settings });
}

function checkConstants({ k, initial, base, scale, tieScore }: EloConstants): void {
  const wrong = (name: string, needed: string, got: number) => new RangeError(`Elo: ${name} must be ${needed}; got ${got}`);
  if (!(k > 0 && k < Number.POSITIVE_INFINITY)) throw wrong("k", "above 0", k);
  if (!Number.isFinite(initial)) throw wrong("the initial rating", "a number", initial);
  if (!(base > 1 && base < Number.POSITIVE_INFINITY)) throw wrong("the base", "above 1", base);
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) throw wrong("the scale", "above 0", scale);
  if (tieScore !== null && !(tieScore >= 0 && tieScore <= 1)) throw wrong("the tie score", "0...1", tieScore);
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
  { random, shuffles = 50, ...constants }: EloSettings,
): EloRating {
  if (first.length !== second.length) {
    throw new RangeError(`eloAgreement: both judges need the same pairs; got ${first.length} and ${second.length}`);
  }
  checkConstants({ ...ELO_CONSTANTS, ...constants });
  const numbers = first.map((_, i) => i);
  const correlations = Array.from({ length: shuffles }, () => {
    const order = shuffled(numbers, random);
    const ours = eloOnce(inOrder(first, order), constants);
    const theirs = eloOnce(inOrder(second, order), constants);
    return spearman(
      [...ours.values()],
      [...ours.keys()].map((player) => theirs.get(player) ?? constants.initial ?? ELO_CONSTANTS.initial),
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
