/** @file Bradley-Terry ratings with intervals and rank ranges, used by the leaderboard, by commands and by reports. */

import { shareOf } from "../estimate.ts";
import { at, invert, real, type Vector, whole } from "../matrix.ts";
import { studentQuantile } from "../student.ts";
import { drawnEnds, firstShares, scaledDraws } from "./bootstrap.ts";
import { basisOf, type Certainty, certaintyOf } from "./certainty.ts";
import type { Maximum } from "./clusterSums.ts";
import type { Variance } from "./crossed.ts";
import { type DrawSettings, drawStrengths } from "./draws.ts";
import { type GameCount, type Games, gamesOf, resultsOf, type Table, tabulate, tabulateUnweighted } from "./games.ts";
import { identified, information, logistic, maximise } from "./likelihood.ts";
import { type RankRange, rankRanges } from "./ranks.ts";
import { addResult, playersByResult } from "./results.ts";
import { methodOf, nothingToRate, type RatingSettings, remarksOn } from "./words.ts";

/** How players are rated, and what they are called in sentences. Everything has a default. */
export interface BradleyTerrySettings {
  /** Of intervals and rank ranges; default 0.95. */
  readonly confidence?: number;
  /**
   * Virtual drawn games of each player against one of average strength: 0, or at least 1e-6; default 1. They make the rating
   * finite of a player who won (or lost) everything, and make groups comparable that never met. Their weight fades as games come
   * in.
   */
  readonly prior?: number;
  /** Mean of the ratings; default 1000. */
  readonly centre?: number;
  /** What the players are called in sentences, in the plural; default "models". */
  readonly what?: string;
  /**
   * Takes the intervals from bootstrap draws of people and prompts instead of Student's t, and gives `first`. A million answers
   * about 50 players take about 2 s for 1,000 draws.
   */
  readonly bootstrap?: DrawSettings | undefined;
}

/** The rating of one player, with how certain it is. */
export interface BradleyTerryRating {
  readonly player: string;
  /** On the Elo scale: 400 points more are odds of 10 to 1. */
  readonly rating: number;
  /** Ends of the interval; null when there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** The ranks that the answers leave possible. */
  readonly rankRange: RankRange;
  readonly games: number;
  /** (Wins + ties/2) / games, 0...1; null below 30 games. */
  readonly winRate: number | null;
  /** Why interval or win rate is null, as a phrase; null when both are given. */
  readonly reason: string | null;
}

/** The ratings of all players, with the sentences that must be printed beside them. */
export interface Ratings {
  /** Strongest first; empty when there is nothing to rate. */
  readonly ratings: readonly BradleyTerryRating[];
  /** Why there are no ratings, in a sentence; null when there are some. */
  readonly reason: string | null;
  /** What a reader must know beside the numbers, in whole sentences. */
  readonly remarks: readonly string[];
  /** How the numbers were made, in one sentence. */
  readonly method: string;
  /** The share of bootstrap draws in which each player is first, in the order of `ratings`; null without draws. */
  readonly first: readonly { player: string; share: number }[] | null;
}

/** A smaller prior would drown in rounding, and yet claim to keep ratings finite. */
const LEAST_PRIOR = 1e-6;

/** Rating points per unit of log odds. */
export const SCALE = 400 / Math.LN10;

/**
 * Rates players from their games. P(a beats b) = 1/(1 + exp(theta_b - theta_a)) (Bradley and Terry 1952); a tie is half a win for
 * each; theta maximises the likelihood with `prior`. If the games name people or prompts, answers of one person and answers to
 * one prompt are treated as dependent (docs/mathematics.md, "Ratings").
 * @throws RangeError for an impossible prior, or a confidence outside 0...1
 */
export function bradleyTerry(counts: readonly GameCount[] | Games, settings: BradleyTerrySettings = {}): Ratings {
  const resolved = resolve(settings);
  const basis = basisOf("players" in counts ? counts : gamesOf(counts));
  const table = tabulate(basis.games);
  const method = methodOf(basis, resolved);
  const reason = nothingToRate(basis, table, resolved);
  if (reason !== null) return { ratings: [], reason, remarks: [], method, first: null };
  const maximum = maximumOf(table, basis.games, resolved.prior);
  const certainty = certaintyOf(maximum, basis.games, table);
  const drawn = resolved.bootstrap ? drawnStrengths(basis.games, maximum.theta, certainty, resolved, resolved.bootstrap) : null;
  const ratings = rate(maximum.theta, table, basis.games, certainty, drawn, resolved);
  const first = drawn && firstOf(drawn, basis.games.players, ratings);
  return { ratings, reason, remarks: remarksOn(basis, table, resolved), method, first };
}

/** Draws strengths, scaled to the two-way variance. [draws, players] */
function drawnStrengths(
  games: Games,
  theta: Vector,
  certainty: Certainty,
  { prior }: RatingSettings,
  settings: DrawSettings,
): Vector {
  const [drawn = new Float64Array(0)] = drawStrengths([{ games, theta }], Math.max(prior, LEAST_PRIOR), settings);
  return scaledDraws(theta, drawn, certainty);
}

function firstOf(drawn: Vector, players: readonly string[], ratings: readonly BradleyTerryRating[]): Ratings["first"] {
  const shares = firstShares(drawn, players.length);
  return ratings.map(({ player }) => ({ player, share: at(shares, players.indexOf(player)) }));
}

function resolve({
  confidence = 0.95,
  prior = 1,
  centre = 1000,
  what = "models",
  bootstrap,
}: BradleyTerrySettings): RatingSettings {
  if (prior !== 0 && !(prior >= LEAST_PRIOR && prior < Number.POSITIVE_INFINITY))
    throw new RangeError(`bradleyTerry: prior must be 0, or a number of at least ${LEAST_PRIOR}; got ${prior}`);
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`bradleyTerry: confidence must be between 0 and 1; got ${confidence}`);
  return { confidence, prior, centre, what, bootstrap };
}

/** The maximum of the likelihood of these games. */
export function maximumOf(table: Table, games: Games, prior: number, theta = maximise(table, prior)): Maximum {
  const inverse = invert(identified(information(table, theta, prior), prior));
  const priorScore = theta.map((t) => prior * logistic(t) * logistic(-t));
  const results = resultsOf(games);
  const { count } = games;
  const known = playersByResult(theta.length, (i, j) => {
    const p = logistic(real(theta, i) - real(theta, j));
    return { p, weight: p * (1 - p) };
  });
  const kinds = count.every((n) => n === 1) ? results : null;
  const contribute: Maximum["contribute"] = kinds
    ? (row, cluster) => addResult(cluster, known, whole(results, row), 1)
    : (row, cluster) => addResult(cluster, known, whole(results, row), real(count, row));
  return { theta, inverse, priorScore, rankOne: true, kinds, contribute };
}

function rate(
  theta: Vector,
  table: Table,
  games: Games,
  certainty: Certainty,
  drawn: Vector | null,
  settings: RatingSettings,
): BradleyTerryRating[] {
  const ranges = rankRanges(theta, certainty.ofDifference, settings.confidence);
  const { players } = games;
  const unweighted = games.games ? tabulateUnweighted(games) : table;
  return players
    .map((player, i): BradleyTerryRating => {
      const rating = settings.centre + SCALE * at(theta, i);
      const variance = certainty.ofRating(i);
      const played = total(unweighted.games.row(i));
      const { value: winRate, reason } = shareOf((played * total(table.wins.row(i))) / total(table.games.row(i)), played, {
        unit: "games",
      });
      const reasons = [typeof variance === "string" ? variance : null, reason].filter((each) => each !== null);
      return {
        player,
        rating,
        ...(drawn ? endsOfDraws(drawn, i, players.length, variance, settings) : ends(rating, variance, settings.confidence)),
        rankRange: ranges[i] ?? { low: 1, high: players.length },
        games: played,
        winRate,
        reason: reasons.length > 0 ? reasons.join("; ") : null,
      };
    })
    .sort((x, y) => y.rating - x.rating || (x.player < y.player ? -1 : 1));
}

const total = (numbers: Vector): number => numbers.reduce((sum, n) => sum + n, 0);

function endsOfDraws(
  drawn: Vector,
  i: number,
  players: number,
  variance: Variance | string,
  { confidence, centre }: RatingSettings,
): Pick<BradleyTerryRating, "low" | "high"> {
  if (typeof variance === "string") return { low: null, high: null };
  const [low, high] = drawnEnds(drawn, i, players, confidence, variance.degrees);
  return { low: centre + SCALE * low, high: centre + SCALE * high };
}

function ends(rating: number, variance: Variance | string, confidence: number): Pick<BradleyTerryRating, "low" | "high"> {
  if (typeof variance === "string") return { low: null, high: null };
  const half = SCALE * studentQuantile(0.5 + confidence / 2, variance.degrees) * Math.sqrt(variance.value);
  return { low: rating - half, high: rating + half };
}
