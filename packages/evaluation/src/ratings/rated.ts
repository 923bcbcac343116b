/** @file The ratings of players from the strengths that a likelihood over rows has found. */

import { real } from "../matrix.ts";
import { SCALE } from "./bradleyTerry.ts";
import { whyNone } from "./certainty.ts";
import type { Maximum } from "./clusterSums.ts";
import type { Table } from "./games.ts";
import { type Ends, endsOf, meanStrength, type RowModel, ratingContrast, type Spread, spreadOf } from "./rows.ts";

/** The rating of one player. */
export interface PlayerRating extends Ends {
  readonly player: string;
  /** On the Elo scale. */
  readonly rating: number;
  /** Why there is no interval; null when there is one. */
  readonly reason: string | null;
}

/** The ratings, and the variance of other contrasts of the same parameters. */
export interface RatedPlayers extends Spread {
  /** Strongest first; players of one rating by name. */
  readonly ratings: readonly PlayerRating[];
}

/**
 * Rates the players of a model relative to their mean.
 * @param centre the mean rating
 * @param confidence of the intervals, 0...1
 */
export function ratePlayers(
  maximum: Maximum,
  model: RowModel,
  { table, confidence, centre }: { table: Table; confidence: number; centre: number },
): RatedPlayers {
  const { players } = model.games;
  const n = players.length;
  const spread = spreadOf(maximum, model.games);
  const mean = meanStrength(maximum.theta, n);
  const ratings = players.map((player, i): PlayerRating => {
    const rating = centre + SCALE * (real(maximum.theta, i) - mean);
    const reason = whyNone(i, spread.clustering, table);
    const variance = reason ?? spread.varianceOf(ratingContrast(model.parameters, n, i), [i]);
    return { player, rating, ...endsOf(rating, variance, confidence, SCALE), reason };
  });
  ratings.sort((x, y) => y.rating - x.rating || (x.player < y.player ? -1 : 1));
  return { ...spread, ratings };
}
