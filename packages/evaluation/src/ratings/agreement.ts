/** @file How far two judges of the same pairs agree about the order of models: Spearman, Kendall and pairs, with intervals. */

import { kendall, pairwiseAgreement, spearman } from "../correlation.ts";
import { quantile } from "../interval.ts";
import type { Vector } from "../matrix.ts";
import { shortestInterval } from "../shortestInterval.ts";
import { scaledDraws } from "./bootstrap.ts";
import { maximumOf } from "./bradleyTerry.ts";
import { basisOf, type Certainty, certaintyOf } from "./certainty.ts";
import { type DrawSettings, drawStrengths } from "./draws.ts";
import { type GameCount, type Games, gamesOf, type Table, tabulate } from "./games.ts";
import { groupsThatMet } from "./likelihood.ts";
import type { Ends } from "./rows.ts";
import { drawTrueValues, noiseAround } from "./trueOrders.ts";

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

/** Posterior draws behind the intervals. */
const TRUE_DRAWS = 2000;

/**
 * Compares the Bradley-Terry ratings of two judges of the same pairs. Intervals hold the agreement of the true strengths, with the players
 * taken as a sample of players: noise makes estimated orders agree less than true ones, so the interval may reach much further up than down.
 * Variances are those of `bradleyTerry`; the correlation of the two judges' noise is from draws of people and prompts, the same for both.
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
  if (groupsThatMet(one.table).length > 1)
    return all(`some of the ${what} never met, not even through others, so that there is no order of all`);
  if (!varies(one.theta) || !varies(two.theta)) return all(`one side rates all ${what} alike`);
  const [drawnOne = one.theta, drawnTwo = two.theta] = drawStrengths([one, two], prior, draws);
  const values = [one.theta, two.theta];
  const noise = noiseAround(values, [
    scaledDraws(one.theta, drawnOne, one.certainty),
    scaledDraws(two.theta, drawnTwo, two.certainty),
  ]);
  const measures: readonly Measure[] = [(x, y) => spearman([...x], [...y]), kendall, pairwiseAgreement];
  const drawn = measures.map(() => new Float64Array(TRUE_DRAWS));
  let draw = 0;
  drawTrueValues(
    { values, noise, degrees: medianDegrees([one, two]) },
    TRUE_DRAWS,
    draws.random,
    ([x = one.theta, y = two.theta]) => {
      for (const [m, measure] of measures.entries()) drawn[m]?.set([measure(x, y)], draw);
      draw++;
    },
  );
  const [byRanks, byTau, byPairs] = measures.map((measure, m): AgreementEstimate => {
    const value = measure(one.theta, two.theta);
    return { value, ...endsAround((drawn[m] ?? new Float64Array(0)).sort(), value, confidence), reason: null };
  });
  if (!byRanks || !byTau || !byPairs) return all("nothing was measured");
  return { spearman: byRanks, kendall: byTau, pairs: byPairs };
}

type Measure = (x: Vector, y: Vector) => number;

interface Fit {
  games: Games;
  theta: Vector;
  certainty: Certainty;
  table: Table;
}

function judged(counts: readonly GameCount[] | Games, prior: number): Fit {
  const { games } = basisOf("players" in counts ? counts : gamesOf(counts));
  const table = tabulate(games);
  const maximum = maximumOf(table, games, prior);
  return { games, table, theta: maximum.theta, certainty: certaintyOf(maximum, games, table) };
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

/** The shortest interval of the draws, widened to the value where it lies outside. */
function endsAround(sorted: Vector, value: number, confidence: number): Ends {
  const [low, high] = shortestInterval(sorted, confidence);
  return { low: Math.min(value, low), high: Math.max(value, high) };
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
