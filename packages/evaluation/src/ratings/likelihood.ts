/** @file Strengths that maximise the Bradley-Terry likelihood, by Newton's method. */

import { Matrix, real, solve, type Vector } from "../matrix.ts";
import type { Table } from "./games.ts";

/** 1/(1 + exp(-x)): the chance to win with a lead of x in log odds. */
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** log(1/(1 + exp(-x))) without overflow. */
const logLogistic = (x: number): number => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)));

const MOST_STEPS = 100;
/**
 * Steps shorter than this, in log odds, are taken unchecked: a lead changes by at most twice as much, so the curvature p(1 - p)
 * along the step changes by less than a factor of exp(0.6) < 2, and a Newton step cannot lower the likelihood.
 */
const SURE_STEP = 0.3;
/** A step is halved until it does not lower the likelihood, or until it is shorter than this share of its length. */
const LEAST_SHARE = 1e-6;
/**
 * Iteration ends after a step shorter than this. Newton's method doubles the number of right digits, so the next step would
 * change nothing.
 */
const LAST_STEP = 1e-11;

/**
 * Strengths in log odds, mean 0: the maximum of sum wins_ij log s(theta_i - theta_j) + prior/2 sum (log s(theta_i) + log
 * s(-theta_i)).
 * @param prior virtual drawn games of each player against one of strength 0; with 0 there is a maximum only if `strongGroups`
 * finds a single group
 * @param start strengths from which the search begins, such as those of nearly the same games; default 0
 * @param lastStep the search ends after a step shorter than this; default 1e-11, after which another would change nothing
 */
export function maximise(table: Table, prior: number, start?: Vector, lastStep = LAST_STEP): Vector {
  let theta: Vector = start ?? new Float64Array(table.wins.rows);
  for (let step = 0; step < MOST_STEPS; step++) {
    const slope = gradient(table, theta, prior);
    const direction = solve(identified(information(table, theta, prior), prior), slope);
    const length = direction.reduce((longest, each) => Math.max(longest, Math.abs(each)), 0);
    theta = length < SURE_STEP ? moved(theta, direction, 1) : uphill(table, theta, direction, prior);
    if (length < lastStep) break;
  }
  return centred(theta);
}

/** theta + size * direction for the largest size of 1, 1/2, 1/4 ... that does not lower the likelihood. */
function uphill(table: Table, theta: Vector, direction: Vector, prior: number): Vector {
  const value = logLikelihood(table, theta, prior);
  let size = 1;
  while (size > LEAST_SHARE && logLikelihood(table, moved(theta, direction, size), prior) < value) size /= 2;
  return moved(theta, direction, size);
}

const moved = (theta: Vector, direction: Vector, size: number): Vector => theta.map((t, i) => t + size * real(direction, i));

function logLikelihood({ wins: { data } }: Table, theta: Vector, prior: number): number {
  const n = theta.length;
  let total = 0;
  for (let i = 0; i < n; i++) {
    const ti = real(theta, i);
    for (let j = 0; j < n; j++) {
      const won = real(data, i * n + j);
      if (won > 0) total += won * logLogistic(ti - real(theta, j));
    }
    total += (prior / 2) * (logLogistic(ti) + logLogistic(-ti));
  }
  return total;
}

/** d/dtheta_i = sum_j (wins_ij - games_ij s(theta_i - theta_j)) + prior (1/2 - s(theta_i)). */
function gradient({ wins, games }: Table, theta: Vector, prior: number): Vector {
  const n = theta.length;
  const slope = theta.map((ti) => prior * (0.5 - logistic(ti)));
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const played = real(games.data, i * n + j);
      if (played === 0) continue;
      const excess = real(wins.data, i * n + j) - played * logistic(real(theta, i) - real(theta, j));
      slope[i] = real(slope, i) + excess;
      slope[j] = real(slope, j) - excess;
    }
  }
  return slope;
}

/** Minus the second derivatives: games_ij p (1 - p) between players, prior p (1 - p) on the diagonal. [players, players] */
export function information({ games }: Table, theta: Vector, prior: number): Matrix {
  const n = theta.length;
  const matrix = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    const ti = real(theta, i);
    matrix.add(i, i, prior * logistic(ti) * logistic(-ti));
    for (let j = i + 1; j < n; j++) {
      const p = logistic(ti - real(theta, j));
      const weight = real(games.data, i * n + j) * p * (1 - p);
      matrix.add(i, i, weight);
      matrix.add(j, j, weight);
      matrix.add(i, j, -weight);
      matrix.add(j, i, -weight);
    }
  }
  return matrix;
}

/**
 * Makes the information invertible without a prior. Moving all strengths together does not change the likelihood, so a term in
 * that direction is added; it changes no difference between players.
 */
export function identified(matrix: Matrix, prior: number): Matrix {
  if (prior > 0) return matrix;
  const whole = new Matrix(matrix.rows, matrix.rows);
  const weight = Math.max(1, ...Array.from({ length: matrix.rows }, (_, i) => matrix.at(i, i))) / matrix.rows;
  whole.data.set(matrix.data.map((value) => value + weight));
  return whole;
}

/**
 * Groups of players who are connected by wins in both directions. Without a prior, a strength between two groups has no limit.
 */
export function strongGroups({ wins }: Table): number[][] {
  const players = Array.from({ length: wins.rows }, (_, i) => i);
  const reach = players.map((start) => reachable(start, (i, j) => wins.at(i, j) > 0, players));
  return groupsBy(players, (i, j) => (reach[i]?.has(j) && reach[j]?.has(i)) ?? false);
}

/** Groups of players who met, directly or through others. */
export function groupsThatMet({ games }: Table): number[][] {
  const players = Array.from({ length: games.rows }, (_, i) => i);
  const reach = players.map((start) => reachable(start, (i, j) => games.at(i, j) > 0, players));
  return groupsBy(players, (i, j) => reach[i]?.has(j) ?? false);
}

function reachable(start: number, leads: (i: number, j: number) => boolean, players: readonly number[]): Set<number> {
  const found = new Set([start]);
  for (const i of found) for (const j of players) if (leads(i, j)) found.add(j);
  return found;
}

function groupsBy(players: readonly number[], together: (i: number, j: number) => boolean): number[][] {
  const groups: number[][] = [];
  for (const i of players) {
    const group = groups.find(([first = -1]) => together(first, i));
    if (group) group.push(i);
    else groups.push([i]);
  }
  return groups;
}

function centred(theta: Vector): Vector {
  const mean = theta.reduce((sum, value) => sum + value, 0) / theta.length;
  return theta.map((value) => value - mean);
}
