/** @file Estimates whose likelihood is a sum over rows of answers: Newton's method, and the variance of what they find. */

import { invert, Matrix, product, real, solve, type Vector } from "../matrix.ts";
import { studentQuantile } from "../student.ts";
import type { Maximum, Sums } from "./clusterSums.ts";
import { type Clustering, clusteringOf, crossedVariance, uncutVariance, type Variance, type VarianceOf } from "./crossed.ts";
import type { Games } from "./games.ts";
import { logistic } from "./likelihood.ts";

/** A likelihood over rows of games. Its first parameters are the strengths of the players. */
export interface RowModel {
  readonly games: Games;
  /** Players, and the further parameters after them. */
  readonly parameters: number;
  /** Virtual drawn games of each player against one of strength 0; above 0. */
  readonly prior: number;
  readonly rankOne: boolean;
  readonly kinds: Int32Array | null;
  /** Returns what a row adds to score and information where the parameters are `theta`. */
  contributions(theta: Vector): Maximum["contribute"];
}

const MOST_STEPS = 100;
/** Longest step, in log odds: from 0, longer ones may overshoot where the likelihood is flat. */
const LONGEST_STEP = 1;
const LAST_STEP = 1e-11;

/**
 * Finds the maximum by Newton's method.
 * @returns null when there is none, because parameters cannot be told apart or have no limit
 */
export function fitRows(model: RowModel): Maximum | null {
  const theta = new Float64Array(model.parameters);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { score, information } = totalsAt(model, theta);
    const direction = solveOrNull(information, score);
    if (direction === null) return null;
    const length = direction.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    const part = Math.min(1, LONGEST_STEP / length);
    for (let i = 0; i < theta.length; i++) theta[i] = real(theta, i) + part * real(direction, i);
    if (length < LAST_STEP) return maximumAt(model, theta);
  }
  return null;
}

function solveOrNull(information: Matrix, score: Vector): Vector | null {
  for (let i = 0; i < score.length; i++) if (!(information.at(i, i) > 1e-9)) return null;
  try {
    return solve(information, score);
  } catch {
    return null;
  }
}

function maximumAt(model: RowModel, theta: Vector): Maximum {
  const players = model.games.players.length;
  return {
    theta,
    inverse: invert(totalsAt(model, theta).information),
    priorScore: theta.map((t, i) => (i < players ? model.prior * logistic(t) * logistic(-t) : 0)),
    rankOne: model.rankOne,
    kinds: model.kinds,
    contribute: model.contributions(theta),
  };
}

/** Score and information of all rows and of the prior. */
function totalsAt(model: RowModel, theta: Vector): Totals {
  const totals = new Totals(model.parameters);
  const contribute = model.contributions(theta);
  for (let row = 0; row < model.games.a.length; row++) contribute(row, totals);
  for (let i = 0; i < model.games.players.length; i++) {
    const p = logistic(real(theta, i));
    totals.addScore(i, model.prior * (0.5 - p));
    totals.addInformation(i, i, model.prior * p * (1 - p));
  }
  return totals;
}

/** Sums of all rows; the slot of a parameter is the parameter. */
class Totals implements Sums {
  readonly score: Vector;
  readonly information: Matrix;

  constructor(parameters: number) {
    this.score = new Float64Array(parameters);
    this.information = new Matrix(parameters, parameters);
  }

  touch(parameter: number): number {
    return parameter;
  }

  addScore(slot: number, value: number): void {
    this.score[slot] = real(this.score, slot) + value;
  }

  addInformation(i: number, j: number, value: number): void {
    this.information.add(i, j, value);
  }

  addGame(i: number, j: number, residual: number, weight: number): void {
    this.addScore(i, residual);
    this.addScore(j, -residual);
    this.information.add(i, i, weight);
    this.information.add(j, j, weight);
    this.information.add(i, j, -weight);
    this.information.add(j, i, -weight);
  }
}

/** The variance of contrasts of the parameters, and the clusters behind it, null when there are none. */
export interface Spread {
  readonly varianceOf: VarianceOf;
  /** Of effects that people and prompts may not touch at all, such as that of a covariate. */
  readonly effectVarianceOf: VarianceOf;
  readonly clustering: Clustering | null;
}

/** Clusters by people and prompts, as far as the games name them; else each answer is independent. */
export function spreadOf(maximum: Maximum, games: Games): Spread {
  if (games.person || games.prompt) {
    const clustering = clusteringOf(maximum, games);
    return { clustering, varianceOf: crossedVariance(clustering), effectVarianceOf: uncutVariance(clustering) };
  }
  const alone = clusteringOf(maximum, { person: { of: Int32Array.from(games.a.keys()), size: games.a.length }, prompt: null });
  const { covariance } = alone.person ?? { covariance: maximum.inverse };
  const varianceOf: VarianceOf = (contrast) => ({ value: covariance.quadratic(contrast), degrees: Number.POSITIVE_INFINITY });
  return { clustering: null, varianceOf, effectVarianceOf: varianceOf };
}

/** An estimate with the ends of its interval, which are null for the given reason. */
export interface Ends {
  readonly low: number | null;
  readonly high: number | null;
}

/** centre -+ t sqrt(variance), all times `scale`. */
export function endsOf(centre: number, variance: Variance | string, confidence: number, scale = 1): Ends {
  if (typeof variance === "string" || !Number.isFinite(variance.value)) return { low: null, high: null };
  const half = scale * studentQuantile(0.5 + confidence / 2, variance.degrees) * Math.sqrt(variance.value);
  return { low: centre - half, high: centre + half };
}

/** e_i - 1/players over the strengths, 0 for further parameters. */
export function ratingContrast(parameters: number, players: number, i: number): Vector {
  const contrast = new Float64Array(parameters);
  contrast.fill(-1 / players, 0, players);
  contrast[i] = 1 - 1 / players;
  return contrast;
}

/** The unit vector of one parameter. */
export function unitContrast(parameters: number, i: number): Vector {
  const contrast = new Float64Array(parameters);
  contrast[i] = 1;
  return contrast;
}

/** The mean of the first `players` strengths. */
export function meanStrength(theta: Vector, players: number): number {
  return product(theta, 0, new Float64Array(players).fill(1 / players), 0, players);
}
