/** @file Davidson's model: ratings with a probability of ties of its own, instead of half a win for each. */

import { real, type Vector, whole } from "../matrix.ts";
import type { BradleyTerrySettings } from "./bradleyTerry.ts";
import { basisOf } from "./certainty.ts";
import type { Maximum } from "./clusterSums.ts";
import { type GameCount, type Games, gamesOf, resultsOf, type Table, tabulate } from "./games.ts";
import { type PlayerRating, ratePlayers } from "./rated.ts";
import { type Ends, endsOf, fitRows, type RowModel, unitContrast } from "./rows.ts";

/** The probability of a tie between players of equal strength, 0...1, with its interval. */
export interface TieProbability extends Ends {
  /** Null when it cannot be told. */
  readonly value: number | null;
  /** Why it cannot be told, in a sentence; null when it can. */
  readonly reason: string | null;
}

/** Ratings by Davidson's model. */
export interface DavidsonRatings {
  /** Strongest first; empty when there is nothing to rate. */
  readonly ratings: readonly PlayerRating[];
  readonly ties: TieProbability;
  /** Why there are no ratings, in a sentence; null when there are some. */
  readonly reason: string | null;
}

/**
 * Rates players with P(i beats j) : P(tie) : P(j beats i) = e^theta_i : nu e^((theta_i + theta_j)/2) : e^theta_j (Davidson 1970),
 * by the greatest likelihood with a prior. Intervals are crossed over people and prompts as those of `bradleyTerry` are.
 * @throws RangeError for a prior that is not above 0
 */
export function davidson(
  counts: readonly GameCount[] | Games,
  { confidence = 0.95, prior = 1, centre = 1000, what = "models" }: BradleyTerrySettings = {},
): DavidsonRatings {
  if (!(prior > 0)) throw new RangeError(`davidson: the prior must be above 0; got ${prior}`);
  const { games } = basisOf("players" in counts ? counts : gamesOf(counts));
  const table = tabulate(games);
  const none = (reason: string): DavidsonRatings => ({ ratings: [], ties: noTies(reason), reason });
  if (games.players.length < 2) return none(`There is nothing to compare: no answer is about two different ${what}.`);
  if (table.ties === table.total) return none(`All answers are ties: they put no order on the ${what}.`);
  // Without a tie the likelihood rises as nu falls to 0, where the model is that of Bradley and Terry.
  const model = davidsonModel(games, prior, table.ties > 0);
  const maximum = fitRows(model);
  if (maximum === null) return none(`The likelihood of these answers has no maximum, so the ${what} cannot be rated.`);
  return ratingsAt(maximum, model, table, confidence, centre);
}

const noTies = (reason: string): TieProbability => ({ value: null, low: null, high: null, reason });

function ratingsAt(maximum: Maximum, model: RowModel, table: Table, confidence: number, centre: number): DavidsonRatings {
  const n = model.games.players.length;
  const { ratings, varianceOf } = ratePlayers(maximum, model, { table, confidence, centre });
  if (model.parameters === n) return { ratings, ties: noTies("No answer is a tie."), reason: null };
  const logNu = real(maximum.theta, n);
  const { low, high } = endsOf(logNu, varianceOf(unitContrast(n + 1, n), [n]), confidence);
  const ties = { value: amongEquals(logNu), low: low && amongEquals(low), high: high && amongEquals(high), reason: null };
  return { ratings, ties, reason: null };
}

/** nu/(2 + nu). */
const amongEquals = (logNu: number): number => 1 / (1 + 2 * Math.exp(-logNu));

/** The rows of the model; log nu is the last parameter, if it is estimated. */
function davidsonModel(games: Games, prior: number, estimateNu: boolean): RowModel {
  const n = games.players.length;
  return {
    games,
    prior,
    parameters: estimateNu ? n + 1 : n,
    rankOne: false,
    kinds: games.count.every((count) => count === 1) ? resultsOf(games) : null,
    contributions: (theta) => contributions(games, theta, estimateNu),
  };
}

/** The score is x - E x and the information Cov x, with x = (1, 0, 0), (1/2, 1/2, 1), (0, 1, 0) for a win, a tie, a loss. */
function contributions({ players, a, b, halfPoints, count }: Games, theta: Vector, estimateNu: boolean): Maximum["contribute"] {
  const n = players.length;
  const nu = estimateNu ? Math.exp(real(theta, n)) : 0;
  const [first, second] = [Int32Array.from(a), Int32Array.from(b)];
  return (row, sums) => {
    const [i, j, games] = [whole(first, row), whole(second, row), real(count, row)];
    const half = Math.exp((real(theta, i) - real(theta, j)) / 2);
    const all = half + nu + 1 / half;
    const [win, tie] = [half / all, nu / all];
    const [ea, eb] = [win + tie / 2, 1 - win - tie / 2];
    const [slotA, slotB] = [sums.touch(i, games), sums.touch(j, games)];
    const got = (halfPoints[row] ?? 0) / 2;
    sums.addScore(slotA, games * (got - ea));
    sums.addScore(slotB, games * (ea - got));
    const weight = games * (win + tie / 4 - ea * ea);
    sums.addInformation(slotA, slotA, weight);
    sums.addInformation(slotB, slotB, weight);
    sums.addInformation(slotA, slotB, -weight);
    sums.addInformation(slotB, slotA, -weight);
    if (!estimateNu) return;
    const slot = sums.touch(n, games);
    sums.addScore(slot, games * ((got === 0.5 ? 1 : 0) - tie));
    sums.addInformation(slot, slot, games * tie * (1 - tie));
    for (const [other, mean] of [
      [slotA, ea],
      [slotB, eb],
    ] as const) {
      const covariance = games * tie * (0.5 - mean);
      sums.addInformation(slot, other, covariance);
      sums.addInformation(other, slot, covariance);
    }
  };
}
