/** @file What one game of each result adds to score and information: the score +-residual, and weight (e_i - e_j)(e_i - e_j)T. */

import { real, type Vector, whole } from "../matrix.ts";
import type { Sums } from "./clusterSums.ts";
import { pairOf } from "./games.ts";

/** By result (see `resultsOf`): its players, and what one such game adds. */
export interface ByResult {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly residual: Vector;
  readonly weight: Vector;
}

/**
 * Computes what each result adds.
 * @param of the expected score of player i against j, i < j, and the weight of one game in the information
 */
export function playersByResult(players: number, of: (i: number, j: number) => { p: number; weight: number }): ByResult {
  const results = (3 * players * (players - 1)) / 2;
  const [first, second] = [new Int32Array(results), new Int32Array(results)];
  const [residual, weight] = [new Float64Array(results), new Float64Array(results)];
  for (let i = 0; i < players; i++) {
    for (let j = i + 1; j < players; j++) {
      const expected = of(i, j);
      for (const half of [0, 1, 2]) {
        const result = 3 * pairOf(i, j, players) + half;
        first[result] = i;
        second[result] = j;
        residual[result] = half / 2 - expected.p;
        weight[result] = expected.weight;
      }
    }
  }
  return { first, second, residual, weight };
}

/** Adds n games of one result to the sums of a cluster. */
export function addResult(cluster: Sums, known: ByResult, result: number, n: number): void {
  const i = cluster.touch(whole(known.first, result), n);
  const j = cluster.touch(whole(known.second, result), n);
  cluster.addGame(i, j, n * real(known.residual, result), n * real(known.weight, result));
}
