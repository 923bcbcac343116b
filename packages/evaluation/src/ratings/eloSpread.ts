/** @file How certain Elo ratings are that were averaged over shuffled orders: how they would move with other people and other prompts. */

import { Matrix, real, type Vector, whole } from "../matrix.ts";
import { basisOf, whyNone } from "./certainty.ts";
import type { Maximum } from "./clusterSums.ts";
import { clusteringOf, crossedVariance } from "./crossed.ts";
import { type GameCount, gamesOf, resultsOf, tabulate } from "./games.ts";
import { logistic } from "./likelihood.ts";
import { addResult, type ByResult, playersByResult } from "./results.ts";
import { type Ends, endsOf, ratingContrast } from "./rows.ts";

/** A player's mean rating over the orders, and its standard deviation over them. */
export interface MeanRating {
  readonly player: string;
  readonly mean: number;
  readonly deviation: number;
}

/** How the ratings were made. */
export interface EloScale {
  /** Largest change by one game, points. */
  readonly k: number;
  /** Log odds of a lead of one point: ln(base) / scale. */
  readonly logOdds: number;
  readonly shuffles: number;
  readonly confidence: number;
}

/** The ends of a rating's interval, or the reason why there are none. */
export interface EloEnds extends Ends {
  readonly reason: string | null;
}

/**
 * Intervals of mean Elo ratings, crossed over people and prompts as those of `bradleyTerry` are. The mean rating over all orders comes to rest
 * where the expected scores make up for the scores, and a game added to the others moves it by K s times the integral of e^(-u K s I) over u in 0...1
 * times its score, where I is the information and s the log odds of a point: the inverse information, less what has not come to rest yet. Expected
 * scores are those of ratings that waver around their mean by their deviation. The noise of the orders themselves is added.
 * @returns by player; intervals are relative to the mean of all ratings
 */
export function eloEnds(ratings: readonly MeanRating[], counts: readonly GameCount[], scale: EloScale): Map<string, EloEnds> {
  const all = gamesOf(counts);
  if (!all.person && !all.prompt) return none(ratings, "the answers name neither people nor prompts");
  const { games } = basisOf({ ...all, count: all.count.map(() => 1), games: undefined });
  if (!games.person && !games.prompt) return none(ratings, "no interval: too few people and prompts");
  const maximum = restingPoint(ratings, games, scale);
  const clustering = clusteringOf(maximum, games);
  const varianceOf = crossedVariance(clustering);
  const table = tabulate(games);
  const n = games.players.length;
  return new Map(
    ratings.map(({ player, mean, deviation }): [string, EloEnds] => {
      const i = games.players.indexOf(player);
      const reason = whyNone(i, clustering, table);
      if (reason !== null) return [player, { low: null, high: null, reason }];
      const { value, degrees } = varianceOf(ratingContrast(n, n, i), [i]);
      const order = (scale.logOdds * deviation) ** 2 / scale.shuffles;
      return [player, { ...endsOf(mean, { value: value + order, degrees }, scale.confidence, 1 / scale.logOdds), reason: null }];
    }),
  );
}

function none(ratings: readonly MeanRating[], reason: string): Map<string, EloEnds> {
  return new Map(ratings.map(({ player }) => [player, { low: null, high: null, reason }]));
}

/** Scores and information at the mean ratings, with the inverse that the number of games allows. */
function restingPoint(ratings: readonly MeanRating[], games: ReturnType<typeof gamesOf>, { k, logOdds }: EloScale): Maximum {
  const n = games.players.length;
  const of = new Map(ratings.map((each) => [each.player, each]));
  const theta = Float64Array.from(games.players, (player) => logOdds * (of.get(player)?.mean ?? 0));
  const noise = Float64Array.from(games.players, (player) => (logOdds * (of.get(player)?.deviation ?? 0)) ** 2);
  const known = wavering(theta, noise);
  const results = resultsOf(games);
  const sums = new Matrix(n, n);
  for (const result of results) {
    const [i, j, weight] = [whole(known.first, result), whole(known.second, result), real(known.weight, result)];
    sums.add(i, i, weight);
    sums.add(j, j, weight);
    sums.add(i, j, -weight);
    sums.add(j, i, -weight);
  }
  return {
    theta,
    inverse: movedByScore(sums, k * logOdds),
    priorScore: new Float64Array(n),
    rankOne: true,
    kinds: results,
    contribute: (row, cluster) => addResult(cluster, known, whole(results, row), 1),
  };
}

/** A logistic curve whose argument wavers with variance v is close to one with its slope divided by sqrt(1 + pi v / 8) (MacKay 1992). */
function wavering(theta: Vector, noise: Vector): ByResult {
  return playersByResult(theta.length, (i, j) => {
    const slope = 1 / Math.sqrt(1 + (Math.PI * (real(noise, i) + real(noise, j))) / 8);
    const p = logistic(slope * (real(theta, i) - real(theta, j)));
    return { p, weight: slope * p * (1 - p) };
  });
}

/** Terms of the series; with |h M| below 1/8, the first that is left out is below 1e-13. */
const TERMS = 9;

/** step times the integral of e^(-u M) over u in 0...1, M = step I: a series for a short time, doubled until the time is 1. */
function movedByScore(information: Matrix, step: number): Matrix {
  const n = information.rows;
  let longest = 0;
  for (let i = 0; i < n; i++) longest = Math.max(longest, 2 * step * information.at(i, i));
  const doublings = Math.max(0, Math.ceil(Math.log2(8 * longest)));
  const h = 2 ** -doublings;
  const short = scaled(information, -step * h);
  let power = scaled(unit(n), 1);
  let [decay, integral] = [unit(n), scaled(unit(n), h)];
  for (let term = 1; term <= TERMS; term++) {
    power = scaled(power.times(short), 1 / term);
    decay = plus(decay, power);
    integral = plus(integral, scaled(power, h / (term + 1)));
  }
  for (let i = 0; i < doublings; i++) {
    integral = plus(integral, decay.times(integral));
    decay = decay.times(decay);
  }
  return scaled(integral, step);
}

function unit(n: number): Matrix {
  const one = new Matrix(n, n);
  for (let i = 0; i < n; i++) one.set(i, i, 1);
  return one;
}

function scaled({ rows, columns, data }: Matrix, factor: number): Matrix {
  const result = new Matrix(rows, columns);
  for (let i = 0; i < data.length; i++) result.data[i] = factor * real(data, i);
  return result;
}

function plus(x: Matrix, y: Matrix): Matrix {
  const result = new Matrix(x.rows, x.columns);
  for (let i = 0; i < x.data.length; i++) result.data[i] = real(x.data, i) + real(y.data, i);
  return result;
}
