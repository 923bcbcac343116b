/** @file Sentences beside ratings: how they were made, what they generalise to, and why there are none. */

import { FEWEST_CLUSTERS } from "../estimate.ts";
import type { Basis } from "./certainty.ts";
import type { DrawSettings } from "./draws.ts";
import type { Table } from "./games.ts";
import { groupsThatMet, strongGroups } from "./likelihood.ts";

/** Settings of the ratings, with defaults filled in. */
export interface RatingSettings {
  readonly confidence: number;
  readonly prior: number;
  readonly centre: number;
  /** What the players are called, in the plural. */
  readonly what: string;
  readonly bootstrap: DrawSettings | undefined;
}

/** Returns why there is nothing to rate, in a sentence; null when there is something. */
export function nothingToRate({ games }: Basis, table: Table, { prior, what }: RatingSettings): string | null {
  if (games.players.length < 2) return `There is nothing to compare: no answer is about two different ${what}.`;
  if (prior > 0) return null;
  const groups = strongGroups(table);
  if (groups.length === 1) return null;
  return (
    `Without a prior (prior: 0) these ratings have no limit: between ${listed(groups, games.players)} all answers went one way, or there are none. ` +
    "A prior above 0 keeps them finite."
  );
}

/** Returns how the ratings were made, in one sentence to print beside them. */
export function methodOf(basis: Basis, { confidence, prior, centre, what, bootstrap }: RatingSettings): string {
  const virtual = prior === 0 ? "no prior" : `a prior of ${prior} drawn virtual ${prior === 1 ? "game" : "games"} each`;
  return (
    `Bradley-Terry ratings on the Elo scale (mean ${centre}; 400 points more are odds of 10 to 1), a tie counts as half a win for each, ${virtual}; ${basis.games.games ? "answers are weighted; " : ""}` +
    `${percent(confidence)} intervals ${intervalsOf(basis, bootstrap)}; ranks are what Holm's test of all differences leaves open; ` +
    `answers about two images of one of the ${what} are left out.`
  );
}

function intervalsOf({ games, people, prompts }: Basis, bootstrap: DrawSettings | undefined): string {
  const named = [games.person && `${people} people`, games.prompt && `${prompts} prompts`].filter(Boolean);
  if (bootstrap) {
    const what = named.length === 0 ? "answers" : `${named.join(" and ")}${named.length === 2 ? " (crossed)" : ""}`;
    return `from ${bootstrap.draws ?? 1000} bootstrap draws of ${what}, scaled to the ${named.length === 2 ? "two-way " : ""}variance of the jackknife`;
  }
  if (named.length === 0 && games.games) return "by a jackknife over answers, each taken as independent";
  if (named.length === 0) return "from the curvature of the likelihood, each answer taken as independent";
  return `by a jackknife over ${named.join(" and ")}${named.length === 2 ? " (crossed)" : ""} with Student's t`;
}

/** Returns what a reader must know beside the numbers, in whole sentences. */
export function remarksOn(basis: Basis, table: Table, { what }: RatingSettings): string[] {
  const { games, people, prompts } = basis;
  const groups = groupsThatMet(table);
  return [
    table.ties === table.total
      ? `All ${table.total.toLocaleString("en-US")} answers are ties: they put no order on the ${what}.`
      : null,
    people !== null && games.person === null ? given(people, "person", "people") : null,
    prompts !== null && games.prompt === null ? given(prompts, "prompt", "prompts") : null,
    groups.length > 1
      ? `These never met, not even through others: ${listed(groups, games.players)}. Ratings of different groups cannot be compared.`
      : null,
  ].filter((remark) => remark !== null);
}

function given(count: number, one: string, many: string): string {
  const these =
    count === 1
      ? `one ${one}: the intervals speak of this ${one} only`
      : `only ${count} ${many}: the intervals speak of these ${many}`;
  return `The answers are of ${these}, not of ${many} in general (for that, at least ${FEWEST_CLUSTERS} are needed).`;
}

/** "{a, b} and {c}"; names with commas are set apart by semicolons. */
export function listed(groups: readonly (readonly number[])[], players: readonly string[]): string {
  const between = players.some((player) => player.includes(",")) ? "; " : ", ";
  return groups.map((group) => `{${group.map((i) => players[i]).join(between)}}`).join(" and ");
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
