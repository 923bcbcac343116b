/** @file Games counted by pair and outcome, from which answers can be taken away and strengths found again. */

import { rowsByCluster } from "../clusters.ts";
import { invert, Matrix, real, type Vector, whole } from "../matrix.ts";
import { type Games, pairOf, resultsOf, type Table } from "./games.ts";
import { identified, information, logistic, maximise } from "./likelihood.ts";

/** The number of games of each result: 3 times the number of the pair, plus the half points of the player with the lower number. */
export function countResults(games: Games): Vector {
  const results = resultsOf(games);
  const counts = new Float64Array((3 * games.players.length * (games.players.length - 1)) / 2);
  for (let row = 0; row < results.length; row++) {
    const result = whole(results, row);
    counts[result] = real(counts, result) + real(games.count, row);
  }
  return counts;
}

/** The wins and games of each pair of `players` players. */
export function tableOf(counts: Vector, players: number): Table {
  const [wins, games] = [new Matrix(players, players), new Matrix(players, players)];
  let [total, ties] = [0, 0];
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++) {
      const index = 3 * pairOf(i, j, players);
      const [lost, tied, won] = [real(counts, index), real(counts, index + 1), real(counts, index + 2)];
      wins.set(i, j, won + tied / 2);
      wins.set(j, i, lost + tied / 2);
      games.set(i, j, lost + tied + won);
      games.set(j, i, lost + tied + won);
      total += lost + tied + won;
      ties += tied;
    }
  }
  return { wins, games, total, ties };
}

/** The results of one person's games, with how many games each row counts. */
export interface PersonGames {
  readonly results: Int32Array;
  readonly games: Vector;
}

/** The games of each person; empty when the games name no people. */
export function gamesByPerson(games: Games): PersonGames[] {
  if (!games.person) return [];
  const results = resultsOf(games);
  const { order, starts } = rowsByCluster(games.person);
  return Array.from({ length: games.person.size }, (_, p) => {
    const rows = order.subarray(whole(starts, p), whole(starts, p + 1));
    return { results: rows.map((row) => whole(results, row)), games: Float64Array.from(rows, (row) => real(games.count, row)) };
  });
}

/** The counts without these games, as often as `times` says. */
export function without(counts: Vector, { results, games }: PersonGames, times = 1): Vector {
  const left = counts.slice();
  for (let row = 0; row < results.length; row++) {
    const result = whole(results, row);
    left[result] = real(left, result) - times * real(games, row);
  }
  return left;
}

/** Strengths from counts, found from those of nearly the same counts. */
export function strengthsOf(counts: Vector, players: number, prior: number, start: Vector): Vector {
  return maximise(tableOf(counts, players), prior, start);
}

/**
 * How much the lead of one player over another falls when one game of each result is left out, to first order:
 * (e_leader - e_rival)T I^-1 S, S the score of the game.
 */
export function fallsOfLead(counts: Vector, theta: Vector, prior: number, leader: number, rival: number): Vector {
  const n = theta.length;
  const inverse = invert(identified(information(tableOf(counts, n), theta, prior), prior));
  const falls = new Float64Array(counts.length);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const p = logistic(real(theta, i) - real(theta, j));
      const reach = inverse.at(leader, i) - inverse.at(rival, i) - inverse.at(leader, j) + inverse.at(rival, j);
      const index = 3 * pairOf(i, j, n);
      for (const half of [0, 1, 2]) falls[index + half] = reach * (half / 2 - p);
    }
  }
  return falls;
}
