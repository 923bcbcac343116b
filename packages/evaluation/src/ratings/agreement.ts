/** @file How far two judges of the same pairs agree about the order of models: Spearman, Kendall and pairs, with intervals. */

import { kendall, pairwiseAgreement, spearman } from "../correlation.ts";
import { quantile } from "../interval.ts";
import type { Vector } from "../matrix.ts";
import { normalCdf } from "../normal.ts";
import { studentQuantile } from "../student.ts";
import { scaledDraws } from "./bootstrap.ts";
import { maximumOf } from "./bradleyTerry.ts";
import { basisOf, type Certainty, certaintyOf } from "./certainty.ts";
import { type DrawSettings, drawStrengths } from "./draws.ts";
import { type GameCount, type Games, gamesOf, tabulate } from "./games.ts";
import type { Ends } from "./rows.ts";

/** One measure of agreement. */
export interface AgreementEstimate extends Ends {
  /** Null when it cannot be computed. */
  readonly value: number | null;
  /** Why value or interval is null, as a phrase; null when both are given. */
  readonly reason: string | null;
}

/** How far two orders of the same players agree. */
export interface RatingAgreement {
  /** Spearman's rank correlation of the ratings, -1...1. */
  readonly spearman: AgreementEstimate;
  /** Kendall's tau-b, -1...1. */
  readonly kendall: AgreementEstimate;
  /** The share of pairs of players that both order alike, 0...1. */
  readonly pairs: AgreementEstimate;
}

/** How agreement is measured. */
export interface AgreementSettings extends DrawSettings {
  /** Default 0.95. */
  readonly confidence?: number;
  /** As in `bradleyTerry`; above 0; default 1. */
  readonly prior?: number;
  /** What the players are called in reasons, in the plural; default "models". */
  readonly what?: string;
}

/** Below this many players no agreement is given: with two, chance alone gives 1 or -1. */
const FEWEST_PLAYERS = 3;

/**
 * Compares the Bradley-Terry ratings of two judges of the same pairs. Intervals are from draws of people and prompts, the same for
 * both judges, with the noise of the draws scaled to the two-way variance (`scaledDraws`). Percentiles are taken as they are: correcting them
 * for bias covered the truth less often (docs/log.md).
 * @throws RangeError when the rows of the two are not the same pairs
 */
export function ratingAgreement(
  first: readonly GameCount[] | Games,
  second: readonly GameCount[] | Games,
  { confidence = 0.95, prior = 1, what = "models", ...draws }: AgreementSettings,
): RatingAgreement {
  const [one, two] = [judged(first, prior), judged(second, prior)];
  checkSamePairs(one.games, two.games);
  const n = one.games.players.length;
  if (n < FEWEST_PLAYERS) return all(`too few ${what} (${n}), at least ${FEWEST_PLAYERS} are needed`);
  if (!varies(one.theta) || !varies(two.theta)) return all(`one side rates all ${what} alike`);
  const [drawnOne = one.theta, drawnTwo = two.theta] = drawStrengths([one, two], prior, draws);
  const sides = [scaledDraws(one.theta, drawnOne, one.certainty), scaledDraws(two.theta, drawnTwo, two.certainty)] as const;
  const degrees = medianDegrees([one, two]);
  const estimate = (measure: Measure): AgreementEstimate => {
    const value = measure(one.theta, two.theta);
    const values = drawnValues(sides, n, measure);
    return { value, ...percentiles(values, value, confidence, degrees), reason: null };
  };
  return {
    spearman: estimate((x, y) => spearman([...x], [...y])),
    kendall: estimate(kendall),
    pairs: estimate(pairwiseAgreement),
  };
}

type Measure = (x: Vector, y: Vector) => number;

interface Fit {
  games: Games;
  theta: Vector;
  certainty: Certainty;
}

function judged(counts: readonly GameCount[] | Games, prior: number): Fit {
  const { games } = basisOf("players" in counts ? counts : gamesOf(counts));
  const table = tabulate(games);
  const maximum = maximumOf(table, games, prior);
  return { games, theta: maximum.theta, certainty: certaintyOf(maximum, games, table) };
}

function checkSamePairs(one: Games, two: Games): void {
  const same = one.a.length === two.a.length && one.a.every((a, row) => a === two.a[row] && one.b[row] === two.b[row]);
  if (!same)
    throw new RangeError(
      `ratingAgreement: both judges need the same pairs; got other pairs, or ${one.a.length} and ${two.a.length}`,
    );
}

function all(reason: string): RatingAgreement {
  const none: AgreementEstimate = { value: null, low: null, high: null, reason };
  return { spearman: none, kendall: none, pairs: none };
}

const varies = (theta: Vector): boolean => Math.max(...theta) - Math.min(...theta) > 1e-9;

function drawnValues([one, two]: readonly [Vector, Vector], players: number, measure: Measure): Vector {
  const draws = one.length / players;
  return Float64Array.from({ length: draws }, (_, draw) => {
    const [from, to] = [draw * players, (draw + 1) * players];
    return measure(one.subarray(from, to), two.subarray(from, to));
  }).sort();
}

/** Percentiles of the draws at the levels of Student's t, widened to the value where all draws lie on one side of it. */
function percentiles(values: Vector, value: number, confidence: number, degrees: number): Ends {
  const reach = studentQuantile(0.5 + confidence / 2, degrees);
  return {
    low: Math.min(value, quantile(values, normalCdf(-reach))),
    high: Math.max(value, quantile(values, normalCdf(reach))),
  };
}

/** The median degrees of freedom of all strengths; infinite when none has a variance. */
function medianDegrees(sides: readonly Fit[]): number {
  const known = sides.flatMap(({ theta, certainty }) =>
    [...theta.keys()].flatMap((i) => {
      const variance = certainty.ofRating(i);
      return typeof variance === "string" ? [] : [variance.degrees];
    }),
  );
  return known.length === 0
    ? Number.POSITIVE_INFINITY
    : quantile(
        known.sort((x, y) => x - y),
        0.5,
      );
}
