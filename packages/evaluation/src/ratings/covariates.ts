/** @file Ratings adjusted for covariates: what the models are worth when guidance, slot and the kept image are alike ("style control"). */

import { product, real, type Vector, whole } from "../matrix.ts";
import { type BradleyTerrySettings, SCALE } from "./bradleyTerry.ts";
import { basisOf, whyNone } from "./certainty.ts";
import type { Maximum } from "./clusterSums.ts";
import { type Games, type Table, tabulate } from "./games.ts";
import { logistic } from "./likelihood.ts";
import { type PlayerRating, ratePlayers } from "./rated.ts";
import { type Ends, endsOf, fitRows, type RowModel, unitContrast } from "./rows.ts";

/** One covariate of the games. */
export interface Covariate {
  readonly name: string;
  /** Of each row: the value for a minus the value for b, or +1 and -1 for which of them it was. One number per row. */
  readonly difference: Vector;
}

/** How much a covariate moves the odds that a is preferred. */
export interface Coefficient extends Ends {
  readonly name: string;
  /** Log odds per unit of the difference; null when the answers cannot tell it. */
  readonly value: number | null;
  /** The same in rating points; null when `value` is. */
  readonly points: number | null;
  /** Why value or interval is null, as a phrase; null when both are given. */
  readonly reason: string | null;
}

/** Ratings of players with all covariates alike, and what the covariates do. */
export interface AdjustedRatings {
  /** Strongest first; empty when there is nothing to rate. */
  readonly ratings: readonly PlayerRating[];
  readonly coefficients: readonly Coefficient[];
  /** Why there are no ratings, in a sentence; null when there are some. */
  readonly reason: string | null;
}

/**
 * Rates players by a logistic regression of the answers on the players and on covariates, a tie half a win for each (Li et al.
 * 2024, "Does style matter?", do so for arenas of language models). Intervals are crossed over people and prompts as those of
 * `bradleyTerry` are. A covariate that never varies from 0 is left out, with a reason.
 * @throws RangeError for a prior that is not above 0, or a covariate without a number for each row
 */
export function adjustedRatings(
  games: Games,
  covariates: readonly Covariate[],
  { confidence = 0.95, prior = 1, centre = 1000, what = "models" }: BradleyTerrySettings = {},
): AdjustedRatings {
  if (!(prior > 0)) throw new RangeError(`adjustedRatings: the prior must be above 0; got ${prior}`);
  for (const { name, difference } of covariates) checkCovariate(name, difference, games.a.length);
  const known = covariates.filter(({ difference }) => difference.some((value) => value !== 0));
  const none = (reason: string): AdjustedRatings => ({
    ratings: [],
    coefficients: covariates.map(({ name }) => unknown(name, "there are no ratings")),
    reason,
  });
  if (games.players.length < 2) return none(`There is nothing to compare: no answer is about two different ${what}.`);
  const basis = basisOf(games).games;
  const model = covariateModel(basis, known, prior);
  const maximum = fitRows(model);
  if (maximum === null)
    return none(
      `The ${what} and ${known.map(({ name }) => name).join(", ")} cannot be told apart: they always change together, or decide every answer.`,
    );
  return adjustedAt(maximum, model, { covariates, known, table: tabulate(basis), confidence, centre });
}

function checkCovariate(name: string, difference: Vector, rows: number): void {
  if (difference.length !== rows)
    throw new RangeError(`adjustedRatings: "${name}" needs a number for each of ${rows} rows; got ${difference.length}`);
  const wrong = difference.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(`adjustedRatings: "${name}" must be finite in each row; got ${difference[wrong]} in row ${wrong}`);
}

const unknown = (name: string, reason: string): Coefficient => ({
  name,
  value: null,
  points: null,
  low: null,
  high: null,
  reason,
});

interface Found {
  covariates: readonly Covariate[];
  known: readonly Covariate[];
  table: Table;
  confidence: number;
  centre: number;
}

function adjustedAt(maximum: Maximum, model: RowModel, { covariates, known, table, confidence, centre }: Found): AdjustedRatings {
  const n = model.games.players.length;
  const { ratings, effectVarianceOf, clustering } = ratePlayers(maximum, model, { table, confidence, centre });
  const coefficients = covariates.map((covariate): Coefficient => {
    const index = known.indexOf(covariate);
    if (index < 0) return unknown(covariate.name, "it is the same for both images in all answers");
    const value = real(maximum.theta, n + index);
    const reason = whyNone(n + index, clustering, table);
    const variance = reason ?? effectVarianceOf(unitContrast(model.parameters, n + index), [n + index]);
    return { name: covariate.name, value, points: SCALE * value, ...endsOf(value, variance, confidence), reason };
  });
  return { ratings, coefficients, reason: null };
}

/** P(a is preferred) = s(theta_a - theta_b + sum beta_k x_k). The coefficients are the parameters after the players. */
function covariateModel(games: Games, covariates: readonly Covariate[], prior: number): RowModel {
  const n = games.players.length;
  return {
    games,
    prior,
    parameters: n + covariates.length,
    rankOne: true,
    kinds: null,
    contributions: (theta) => contributions(games, covariates, theta),
  };
}

function contributions(
  { players, a, b, halfPoints, count }: Games,
  covariates: readonly Covariate[],
  theta: Vector,
): Maximum["contribute"] {
  const n = players.length;
  const [first, second] = [Int32Array.from(a), Int32Array.from(b)];
  const size = 2 + covariates.length;
  const [x, slots] = [new Float64Array(size), new Int32Array(size)];
  const beta = theta.subarray(n);
  return (row, sums) => {
    const [i, j, games] = [whole(first, row), whole(second, row), real(count, row)];
    x[0] = 1;
    x[1] = -1;
    slots[0] = sums.touch(i, games);
    slots[1] = sums.touch(j, games);
    for (let k = 2; k < size; k++) {
      x[k] = covariates[k - 2]?.difference[row] ?? 0;
      slots[k] = sums.touch(n + k - 2, x[k] === 0 ? 0 : games);
    }
    const p = logistic(real(theta, i) - real(theta, j) + product(x, 2, beta, 0, size - 2));
    const [residual, weight] = [games * ((halfPoints[row] ?? 0) / 2 - p), games * p * (1 - p)];
    for (let k = 0; k < size; k++) {
      const [slot, value] = [whole(slots, k), real(x, k)];
      if (value === 0) continue;
      sums.addScore(slot, residual * value);
      for (let l = 0; l < size; l++) sums.addInformation(slot, whole(slots, l), weight * value * real(x, l));
    }
  };
}
