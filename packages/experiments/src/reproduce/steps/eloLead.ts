/** @file How much better one scorer's Elo ratings of configurations agree with people's than another's, with an interval. */
import { type Random, shuffled } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { type DrawnOrder, eloAgreement, eloOnce, type GameCount } from "@pickapic/evaluation";
import { ofCorrelations } from "../../measure/promptSets/promptSets.ts";
import { correlationLead, drawPrompts } from "../../measure/winShares.ts";
import type { ModelFacts } from "./step.ts";

/** The same rows as people and two scorers decide them, in the same order; each row names its prompt. */
export interface ThreeJudges {
  readonly people: readonly GameCount[];
  readonly ours: readonly GameCount[];
  readonly other: readonly GameCount[];
}

/** Draws of prompts behind the noise of the ratings, and shuffled orders in each and in the value. */
const DRAWS = 200;
const ORDERS = 4;
const ORDERS_OF_VALUE = 50;
/** Rating of a configuration that has no game in a draw: that from which Elo starts. */
const INITIAL = 1000;

/**
 * Returns the difference of the two Spearman correlations, mean over shuffled orders, with the shortest 95 % interval of the true ones, widened to
 * the value where it lies outside (docs/mathematics.md, "Correlations of win ratios": the same model, with Elo ratings as values). The interval is null
 * when there are too few configurations or prompts.
 */
export function eloLead({ people, ours, other }: ThreeJudges, random: Random): NonNullable<ModelFacts["lead"]> {
  const agreement = (games: readonly GameCount[]) => eloAgreement(people, games, { random, shuffles: ORDERS_OF_VALUE }).mean;
  const value = agreement(ours) - agreement(other);
  const rowsOf = [...Map.groupBy(people.keys(), (row) => itemAt(people, row).prompt).values()];
  const draws = drawPrompts(rowsOf.length, DRAWS, random).map((prompts) => prompts.flatMap((prompt) => itemAt(rowsOf, prompt)));
  const players = [...new Set(people.flatMap(({ a, b }) => (a === b ? [] : [a, b])))];
  const order = (games: readonly GameCount[]): DrawnOrder => ({
    values: ratingsOf(players, games, ORDERS_OF_VALUE, random),
    drawn: draws.map((rows) =>
      ratingsOf(
        players,
        rows.map((row) => itemAt(games, row)),
        ORDERS,
        random,
      ),
    ),
  });
  const byPeople = order(people);
  const { drawn } = correlationLead(order(ours), order(other), byPeople, { prompts: rowsOf.length, random });
  return { value, interval: ofCorrelations({ value, drawn }).interval };
}

/** The mean Elo rating of each player over shuffled orders. */
function ratingsOf(players: readonly string[], games: readonly GameCount[], orders: number, random: Random): number[] {
  const sums = players.map(() => 0);
  for (let order = 0; order < orders; order++) {
    const ratings = eloOnce(shuffled(games, random));
    for (const [i, player] of players.entries()) sums[i] = itemAt(sums, i) + (ratings.get(player) ?? INITIAL) / orders;
  }
  return sums;
}
