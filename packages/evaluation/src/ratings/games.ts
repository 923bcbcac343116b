/** @file Games between players (models, configurations, prompt templates), counted and stored in columns. */

import { type Clusters, clustersOf } from "../clusters.ts";
import { byte, Matrix, real, short } from "../matrix.ts";

/** One game. */
export interface Game {
  readonly a: string;
  readonly b: string;
  /** 1: a was preferred; 0: b was preferred; 0.5: a tie. */
  readonly outcome: 1 | 0.5 | 0;
}

/** Games of two players with the same outcome. */
export interface GameCount extends Game {
  /** Number of such games; default 1. */
  readonly games?: number | undefined;
  /** How much one of these games counts, above 0; default 1. With weights, pairs that were drawn unequally often can be made to count alike. */
  readonly weight?: number | undefined;
  /** Who judged. Answers of one person are dependent; a row without a person is independent. */
  readonly person?: string | number | undefined;
  /** What was judged. Answers to one prompt are dependent; a row without a prompt is independent. */
  readonly prompt?: string | number | undefined;
}

/** Games in columns of equal length: a million answers take 20 MB. */
export interface Games {
  /** Names, in the order of their numbers. */
  readonly players: readonly string[];
  /** Numbers of the two players of each row, never equal. */
  readonly a: Uint16Array;
  readonly b: Uint16Array;
  /** Result of a in half points: 2 for a win, 1 for a tie, 0 for a loss. */
  readonly halfPoints: Uint8Array;
  /** How much each row counts: its number of games, times their weight where they are weighted. */
  readonly count: Float64Array;
  /** Number of games of each row, where games are weighted; absent where that is `count`. */
  readonly games?: Float64Array | undefined;
  /** Person and prompt of each row, numbered from 0 without gaps; null when no row names any. */
  readonly person: Clusters | null;
  readonly prompt: Clusters | null;
}

/** Converts counted games to columns. Games of a player against itself are left out. */
export function gamesOf(counts: readonly GameCount[]): Games {
  const rows = counts.filter(({ a, b }) => a !== b);
  const players = [...new Set(rows.flatMap(({ a, b }) => [a, b]))].sort();
  const number = new Map(players.map((player, i) => [player, i]));
  const numberOf = (player: string): number => number.get(player) ?? 0;
  const weighted = rows.some(({ weight = 1 }) => weight !== 1);
  return {
    players,
    a: Uint16Array.from(rows, ({ a }) => numberOf(a)),
    b: Uint16Array.from(rows, ({ b }) => numberOf(b)),
    halfPoints: Uint8Array.from(rows, ({ outcome }) => 2 * outcome),
    count: Float64Array.from(rows, ({ games = 1, weight = 1 }) => games * weight),
    ...(weighted ? { games: Float64Array.from(rows, ({ games = 1 }) => games) } : {}),
    person: namedClusters(rows.map(({ person }) => person)),
    prompt: namedClusters(rows.map(({ prompt }) => prompt)),
  };
}

/** Clusters rows by name; null when no row has a name. */
function namedClusters(names: readonly (string | number | undefined)[]): Clusters | null {
  return names.every((name) => name === undefined) ? null : clustersOf(names);
}

/** How often each player won against each other player. */
export interface Table {
  /** Wins of i over j, ties counted half. [players, players] */
  readonly wins: Matrix;
  /** Games of i and j. [players, players], symmetric */
  readonly games: Matrix;
  readonly total: number;
  readonly ties: number;
}

/** Adds up the games of each pair of players. */
export function tabulate({ players, a, b, halfPoints, count }: Games): Table {
  const [wins, games] = [new Matrix(players.length, players.length), new Matrix(players.length, players.length)];
  let [total, ties] = [0, 0];
  for (let row = 0; row < a.length; row++) {
    const [i, j, n, half] = [short(a, row), short(b, row), real(count, row), byte(halfPoints, row)];
    wins.add(i, j, (n * half) / 2);
    wins.add(j, i, (n * (2 - half)) / 2);
    games.add(i, j, n);
    games.add(j, i, n);
    total += n;
    if (half === 1) ties += n;
  }
  return { wins, games, total, ties };
}

/** The games of each pair of players without their weights. */
export function tabulateUnweighted(games: Games): Table {
  return tabulate({ ...games, count: games.games ?? games.count });
}

/**
 * The number of equally weighted games that vary as much as these: (sum w)^2 / sum w^2 (Kish 1965, "Survey Sampling", section 11.7).
 * @param games number of games of each row
 * @param count what the games of each row count together
 */
export function effectiveGames({ games, count }: Pick<Games, "games" | "count">): number {
  if (!games) return count.reduce((sum, n) => sum + n, 0);
  let [sum, squares] = [0, 0];
  for (let row = 0; row < count.length; row++) {
    const [n, all] = [real(games, row), real(count, row)];
    sum += all;
    if (n > 0) squares += (all * all) / n;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Number of the pair of players i < j, 0 ... n (n - 1)/2 - 1. */
export const pairOf = (i: number, j: number, n: number): number => (i * (2 * n - i - 1)) / 2 + j - i - 1;

/** The result of each row: 3 times the number of its pair, plus the half points of the player with the lower number. */
export function resultsOf({ players: { length: n }, a, b, halfPoints }: Games): Int32Array {
  const results = new Int32Array(a.length);
  for (let row = 0; row < results.length; row++) {
    const [i, j, half] = [short(a, row), short(b, row), byte(halfPoints, row)];
    results[row] = i < j ? 3 * pairOf(i, j, n) + half : 3 * pairOf(j, i, n) + 2 - half;
  }
  return results;
}
