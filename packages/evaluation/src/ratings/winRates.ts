/** @file How often each player is preferred to each other one, with intervals: the win-rate matrix. */

import { shareOf } from "../estimate.ts";
import { studentQuantile } from "../student.ts";
import { maximumOf } from "./bradleyTerry.ts";
import { basisOf, certaintyOf } from "./certainty.ts";
import { effectiveGames, type GameCount, type Games, gamesOf, type Table, tabulate, tabulateUnweighted } from "./games.ts";
import { logistic } from "./likelihood.ts";

/** How often one player is preferred to another. */
export interface WinRate {
  readonly games: number;
  /** (Wins + ties/2) / games, 0...1; null below 30 games. */
  readonly value: number | null;
  /** Ends of the interval; null when there is none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Why value or interval is null, as a phrase; null when both are given. */
  readonly reason: string | null;
}

/** Win rates of all pairs of players. */
export interface WinRates {
  /** Rows and columns, in this order. */
  readonly players: readonly string[];
  /** [row][column]: how often the row's player is preferred to the column's; null on the diagonal. */
  readonly rates: readonly (readonly (WinRate | null)[])[];
}

/**
 * Computes the win rate of each pair from the games of that pair alone. The interval is that of the log odds, crossed over people and
 * prompts as those of `bradleyTerry` are; with 0 or all wins it is Wilson's over the people (or prompts), if they are fewer than the games.
 * @param order the players in the order wanted, such as the strongest first; default: by name
 */
export function winRates(counts: readonly GameCount[] | Games, order?: readonly string[], confidence = 0.95): WinRates {
  const games = "players" in counts ? counts : gamesOf(counts);
  const players = order ?? games.players;
  const rowsOf = rowsByPair(games);
  const rates = players.map((row) =>
    players.map((column) => {
      if (row === column) return null;
      const rows = rowsOf.get(key(games, row, column)) ?? [];
      return rateOf(picked(games, row, column, rows), confidence);
    }),
  );
  return { players, rates };
}

const key = ({ players }: Games, a: string, b: string): string => {
  const [i, j] = [players.indexOf(a), players.indexOf(b)];
  return `${Math.min(i, j)} ${Math.max(i, j)}`;
};

function rowsByPair({ a, b }: Games): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (let row = 0; row < a.length; row++) {
    const [i, j] = [a[row] ?? 0, b[row] ?? 0];
    const name = `${Math.min(i, j)} ${Math.max(i, j)}`;
    const known = rows.get(name);
    if (known) known.push(row);
    else rows.set(name, [row]);
  }
  return rows;
}

/** The games between two players; player 0 is the one of `row`. */
function picked(games: Games, row: string, column: string, rows: readonly number[]): Games {
  const first = games.players.indexOf(row);
  const isFirst = (index: number) => games.a[index] === first;
  const clusters = (of: Games["person"]): Games["person"] => of && renumbered(rows.map((index) => of.of[index] ?? 0));
  return {
    players: [row, column],
    a: Uint16Array.from(rows, (index) => (isFirst(index) ? 0 : 1)),
    b: Uint16Array.from(rows, (index) => (isFirst(index) ? 1 : 0)),
    halfPoints: Uint8Array.from(rows, (index) => games.halfPoints[index] ?? 0),
    count: Float64Array.from(rows, (index) => games.count[index] ?? 0),
    games: games.games && Float64Array.from(rows, (index) => games.games?.[index] ?? 0),
    person: clusters(games.person),
    prompt: clusters(games.prompt),
  };
}

function renumbered(numbers: readonly number[]): NonNullable<Games["person"]> {
  const known = new Map<number, number>();
  const of = Int32Array.from(numbers, (number) => {
    const found = known.get(number) ?? known.size;
    known.set(number, found);
    return found;
  });
  return { of, size: known.size };
}

function rateOf(games: Games, confidence: number): WinRate {
  const table = tabulate(games);
  const { total } = games.games ? tabulateUnweighted(games) : table;
  const { value, reason } = shareOf((total * table.wins.at(0, 1)) / table.total, total, { unit: "games", confidence });
  if (value === null) return { games: total, value, low: null, high: null, reason };
  return { games: total, value, ...intervalOf(games, table, value, confidence) };
}

function intervalOf(games: Games, table: Table, value: number, confidence: number): Omit<WinRate, "games" | "value"> {
  if (value === 0 || value === 1) {
    const answers = effectiveGames(games);
    const independent = Math.min(answers, games.person?.size ?? answers, games.prompt?.size ?? answers);
    const { interval, reason } = shareOf(value * independent, independent, { confidence, unit: "people or prompts" });
    return { low: interval?.[0] ?? null, high: interval?.[1] ?? null, reason };
  }
  const { games: clustered } = basisOf(games);
  const certainty = certaintyOf(maximumOf(table, clustered, 0), clustered, table);
  const known = certainty.ofRating(0);
  const variance = certainty.ofDifference(0, 1);
  if (variance === null) return { low: null, high: null, reason: typeof known === "string" ? known : "no interval" };
  const centre = Math.log(value / (1 - value));
  const half = studentQuantile(0.5 + confidence / 2, variance.degrees) * Math.sqrt(variance.value);
  return { low: logistic(centre - half), high: logistic(centre + half), reason: null };
}
