/**
 * @file Clusters of rows (answers, examples) that are not independent, because they come from one person or concern one prompt.
 */

import { whole } from "./matrix.ts";

/** The cluster of each row. */
export interface Clusters {
  /** Cluster of each row, 0...size - 1. */
  readonly of: Int32Array;
  readonly size: number;
}

/** Numbers the names in order of appearance. A row without a name becomes a cluster of its own. */
export function clustersOf(names: readonly (string | number | undefined)[]): Clusters {
  const numbers = new Map<string | number, number>();
  const of = new Int32Array(names.length);
  let size = 0;
  for (const [row, name] of names.entries()) {
    const known = name === undefined ? undefined : numbers.get(name);
    of[row] = known ?? size;
    if (known !== undefined) continue;
    if (name !== undefined) numbers.set(name, size);
    size++;
  }
  return { of, size };
}

/** Clusters rows that have both the person and the prompt in common. */
export function cellsOf(person: Clusters, prompt: Clusters): Clusters {
  const of = new Int32Array(person.of.length);
  const lastPerson = new Int32Array(prompt.size).fill(-1);
  const lastCell = new Int32Array(prompt.size);
  let size = 0;
  const { order } = rowsByCluster(person);
  for (let index = 0; index < order.length; index++) {
    const row = whole(order, index);
    const who = whole(person.of, row);
    const what = whole(prompt.of, row);
    if (whole(lastPerson, what) !== who) {
      lastPerson[what] = who;
      lastCell[what] = size++;
    }
    of[row] = whole(lastCell, what);
  }
  return { of, size };
}

/** Sorts rows by cluster: those of cluster c are order[starts[c]] ... order[starts[c + 1] - 1]. */
export function rowsByCluster({ of, size }: Clusters): { order: Int32Array; starts: Int32Array } {
  const starts = new Int32Array(size + 1);
  for (let row = 0; row < of.length; row++) {
    const after = whole(of, row) + 1;
    starts[after] = whole(starts, after) + 1;
  }
  for (let c = 0; c < size; c++) starts[c + 1] = whole(starts, c + 1) + whole(starts, c);
  const next = starts.slice();
  const order = new Int32Array(of.length);
  for (let row = 0; row < of.length; row++) {
    const cluster = whole(of, row);
    const index = whole(next, cluster);
    order[index] = row;
    next[cluster] = index + 1;
  }
  return { order, starts };
}
