/** @file Bradley-Terry ratings with intervals: the leaderboard of models. */

import type { Random } from "@pickapic/chance";
import type { Comparison } from "./comparison.ts";
import { type Interval, quantile } from "./interval.ts";
import { invert, multiply, solve } from "./linear.ts";
import { normalQuantile } from "./normal.ts";

export interface BradleyTerrySettings {
  /** When given, the intervals are those of a percentile bootstrap over clusters; else from the curvature of the likelihood. */
  readonly random?: Random;
  /** Bootstrap only; default 200. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
  /**
   * Drawn virtual games that each player plays against one of average strength; default 1. They keep a rating finite
   * where a player won (or lost) everything, and put groups that never met side by side. Fades as games come in.
   */
  readonly prior?: number;
  /** Mean of the ratings; default 1000. */
  readonly centre?: number;
}

export interface BradleyTerryRating {
  readonly player: string;
  /** Elo scale: 400 points more are odds of 10 to 1. */
  readonly rating: number;
  readonly low: number;
  readonly high: number;
  readonly games: number;
  /** Wins and half of the ties by games, 0...1. */
  readonly winRate: number;
}

/** Rating points per unit of log odds. */
const SCALE = 400 / Math.LN10;

/**
 * Ratings, the best first. P(a beats b) = 1/(1 + exp(theta_b - theta_a)) (Bradley and Terry 1952), a tie is half a win for
 * each, theta maximises the likelihood with `prior`. Games of a player against itself say nothing and are left out.
 */
export function bradleyTerry(comparisons: readonly Comparison[], settings: BradleyTerrySettings = {}): BradleyTerryRating[] {
  const { confidence = 0.95, prior = 1, centre = 1000, random, resamples = 200 } = settings;
  const games = comparisons.filter(({ a, b }) => a !== b);
  const players = [...new Set(games.flatMap(({ a, b }) => [a, b]))].sort();
  const index = new Map(players.map((player, i) => [player, i]));
  const indexed = games.map(({ a, b, outcome }) => ({ i: index.get(a) as number, j: index.get(b) as number, outcome }));
  const table = tabulate(indexed, players.length);
  const theta = fit(table, prior);
  const intervals = random
    ? bootstrapIntervals(clustersOf(games, indexed), theta, { random, prior, resamples, confidence })
    : curvatureIntervals(table, theta, prior, confidence);
  return players
    .map((player, i) => ({
      player,
      rating: centre + SCALE * (theta[i] as number),
      low: centre + SCALE * (intervals[i] as Interval)[0],
      high: centre + SCALE * (intervals[i] as Interval)[1],
      games: sum(table.games[i] as number[]),
      winRate: sum(table.wins[i] as number[]) / sum(table.games[i] as number[]),
    }))
    .sort((x, y) => y.rating - x.rating || (x.player < y.player ? -1 : 1));
}

/** P(a beats b) from two ratings on the Elo scale, ties counting half. */
export function winProbability(ratingA: number, ratingB: number): number {
  return 1 / (1 + Math.exp((ratingB - ratingA) / SCALE));
}

interface Table {
  /** wins[i][j]: wins of i over j, ties as half. [players, players] */
  readonly wins: number[][];
  /** games[i][j] = wins[i][j] + wins[j][i]. */
  readonly games: number[][];
  readonly ties: number;
}

/** A game with its players by number. */
interface Indexed {
  readonly i: number;
  readonly j: number;
  readonly outcome: number;
}

function tabulate(games: readonly Indexed[], players: number): Table {
  const square = () => Array.from({ length: players }, () => new Array<number>(players).fill(0));
  const table = { wins: square(), games: square(), ties: games.filter(({ outcome }) => outcome === 0.5).length };
  for (const { i, j, outcome } of games) {
    add(table.wins, i, j, outcome);
    add(table.wins, j, i, 1 - outcome);
    add(table.games, i, j, 1);
    add(table.games, j, i, 1);
  }
  return table;
}

function add(matrix: number[][], i: number, j: number, value: number): void {
  const row = matrix[i] as number[];
  row[j] = (row[j] as number) + value;
}

/** Newton's method on the strictly concave penalised likelihood, halving steps that overshoot; mean 0. */
function fit(table: Table, prior: number, start: readonly number[] = table.wins.map(() => 0)): number[] {
  let theta = [...start];
  let value = logLikelihood(table, theta, prior);
  for (let iteration = 0; iteration < 100; iteration++) {
    const slope = gradient(table, theta, prior);
    if (Math.max(0, ...slope.map(Math.abs)) < 1e-10 * Math.max(1, sum(table.games.flat()))) break;
    const step = solve(information(table, theta, prior), slope);
    let size = 1;
    let next = theta;
    for (; size > 1e-8; size /= 2) {
      next = theta.map((t, i) => t + size * (step[i] as number));
      if (logLikelihood(table, next, prior) >= value) break;
    }
    if (size <= 1e-8) break;
    theta = next;
    value = logLikelihood(table, theta, prior);
  }
  return centred(theta);
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** log(1/(1 + exp(-x))) without overflow. */
const logLogistic = (x: number): number => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)));

/** sum wins_ij log s(theta_i - theta_j) + prior/2 sum (log s(theta_i) + log s(-theta_i)). */
function logLikelihood({ wins }: Table, theta: readonly number[], prior: number): number {
  let total = 0;
  for (const [i, row] of wins.entries()) {
    const ti = theta[i] as number;
    for (const [j, won] of row.entries()) if (won > 0) total += won * logLogistic(ti - (theta[j] as number));
    total += (prior / 2) * (logLogistic(ti) + logLogistic(-ti));
  }
  return total;
}

/** d/dtheta_i = sum_j (wins_ij - games_ij s(theta_i - theta_j)) + prior (1/2 - s(theta_i)). */
function gradient({ wins, games }: Table, theta: readonly number[], prior: number): number[] {
  return theta.map((ti, i) => {
    let slope = prior * (0.5 - logistic(ti));
    for (const [j, n] of (games[i] as number[]).entries()) {
      if (n > 0) slope += ((wins[i] as number[])[j] as number) - n * logistic(ti - (theta[j] as number));
    }
    return slope;
  });
}

/** Minus the second derivatives: games_ij p (1 - p) between players, prior p (1 - p) on the diagonal. [players, players] */
function information({ games }: Table, theta: readonly number[], prior: number): number[][] {
  const matrix = theta.map(() => new Array<number>(theta.length).fill(0));
  for (const [i, ti] of theta.entries()) {
    add(matrix, i, i, prior * logistic(ti) * logistic(-ti));
    for (const [j, n] of (games[i] as number[]).entries()) {
      const weight = n * logistic(ti - (theta[j] as number)) * logistic((theta[j] as number) - ti);
      add(matrix, i, i, weight);
      add(matrix, i, j, -weight);
    }
  }
  return matrix;
}

/**
 * Wald intervals of theta - mean(theta). A half point for a tie varies less than a win or a loss: with tie probability
 * 4 tau p (1 - p) the variance of an outcome is (1 - tau) p (1 - p), so the covariance is scaled by 1 - tau, tau estimated
 * from all games with two more that are no ties (a few ties alone must not promise certainty).
 */
function curvatureIntervals(table: Table, theta: readonly number[], prior: number, confidence: number): Interval[] {
  const n = theta.length;
  if (n === 0) return [];
  const inverse = invert(information(table, theta, prior));
  const centring = theta.map((_, i) => theta.map((__, j) => (i === j ? 1 : 0) - 1 / n));
  const covariance = multiply(multiply(centring, inverse), centring);
  const z = normalQuantile(0.5 + confidence / 2);
  const dispersion = 1 - tieTendency(table, theta);
  return theta.map((t, i) => {
    const half = z * Math.sqrt(dispersion * Math.max(0, (covariance[i] as number[])[i] as number));
    return [t - half, t + half];
  });
}

/** tau of `curvatureIntervals`, 0...1. */
function tieTendency({ games, ties }: Table, theta: readonly number[]): number {
  let closeness = 2;
  for (const [i, ti] of theta.entries()) {
    for (const [j, n] of (games[i] as number[]).entries()) {
      closeness += 2 * n * logistic(ti - (theta[j] as number)) * logistic((theta[j] as number) - ti);
    }
  }
  return Math.min(1, ties / closeness);
}

/** Percentile bootstrap: clusters of games are drawn with replacement and fitted again. It cannot doubt a player who never lost. */
function bootstrapIntervals(
  clusters: readonly (readonly Indexed[])[],
  theta: readonly number[],
  { random, prior, resamples, confidence }: { random: Random; prior: number; resamples: number; confidence: number },
): Interval[] {
  const fits = Array.from({ length: resamples }, () => {
    const drawn = clusters.flatMap(() => clusters[Math.floor(random() * clusters.length)] as readonly Indexed[]);
    return fit(tabulate(drawn, theta.length), prior, theta);
  });
  return theta.map((_, i) => {
    const values = fits.map((of) => of[i] as number).sort((x, y) => x - y);
    return [quantile(values, (1 - confidence) / 2), quantile(values, (1 + confidence) / 2)];
  });
}

/** Games that stand or fall together; those without a cluster stand alone. */
function clustersOf(games: readonly Comparison[], indexed: readonly Indexed[]): Indexed[][] {
  const clusters = new Map<string | number, Indexed[]>();
  for (const [n, { cluster }] of games.entries()) {
    const members = clusters.get(cluster ?? n) ?? [];
    clusters.set(cluster ?? n, members);
    members.push(indexed[n] as Indexed);
  }
  return [...clusters.values()];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const centred = (values: readonly number[]): number[] => values.map((value) => value - sum(values) / values.length);
