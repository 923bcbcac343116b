/** @file The limits of a release, such as a period or a number of rankings per person: which rankings it takes, and how many each limit leaves out. */

import { seededRandom, shuffled } from "@pickapic/chance";
import { allRows, type Block, type ColumnData, valueAt } from "./block.ts";
import { reordered } from "./growing.ts";

/** Limits of a release; without one, every ranking is taken. */
export interface ReleaseLimits {
  /** Rankings made at this moment or later, nanoseconds since 1970 UTC. */
  readonly from?: bigint | undefined;
  /** Rankings made before this moment, nanoseconds since 1970 UTC. */
  readonly before?: bigint | undefined;
  /** Only rankings of images of two different models. */
  readonly differentModels?: boolean | undefined;
  /** At most so many rankings of one person, the first ones. */
  readonly maxPerPerson?: number | undefined;
  /** At most so many rankings of one prompt, the first ones. */
  readonly maxPerPrompt?: number | undefined;
  /** At most this share of the rankings are ties, 0...1. The ties that are left out are drawn with seed 0. */
  readonly maxTies?: number | undefined;
}

/** Numbers of rankings that the limits left out, each counted under the first reason that applies. */
export interface LimitedRankings {
  outsideTime: number;
  sameModel: number;
  ofPerson: number;
  ofPrompt: number;
  ties: number;
}

/** Whether no limit is given, so that every ranking is taken. */
export function isUnlimited(limits: ReleaseLimits): boolean {
  return Object.values(limits).every((limit) => limit === undefined);
}

/** Takes the rankings within the limits, in their order. */
export function limitBlock(block: Block, limits: ReleaseLimits): { block: Block; leftOut: LimitedRankings } {
  const { rows, leftOut } = rowsWithin(block, limits);
  if (rows.length === block.length) return { block, leftOut };
  return {
    block: { length: rows.length, columns: new Map([...block.columns].map(([name, data]) => [name, reordered(data, rows)])) },
    leftOut,
  };
}

/** Finds the rows of a block that are within the limits, in ascending order. Of the columns it reads created_at, are_different, user_id, caption and has_label. */
export function rowsWithin(block: Block, limits: ReleaseLimits): { rows: Int32Array; leftOut: LimitedRankings } {
  const leftOut: LimitedRankings = { outsideTime: 0, sameModel: 0, ofPerson: 0, ofPrompt: 0, ties: 0 };
  if (isUnlimited(limits)) return { rows: allRows(block).rows, leftOut };
  const reasonOf = reasons(block, limits);
  const taken: number[] = [];
  for (let row = 0; row < block.length; row++) {
    const reason = reasonOf(row);
    if (reason) leftOut[reason]++;
    else taken.push(row);
  }
  const rows = Int32Array.from(withFewerTies(block, taken, limits.maxTies ?? 1));
  leftOut.ties = taken.length - rows.length;
  return { rows, leftOut };
}

/** Returns why a row is left out, for rows that are asked for in their order; undefined when it is taken. */
function reasons({ columns }: Block, limits: ReleaseLimits): (row: number) => keyof LimitedRankings | undefined {
  const { from, before, differentModels = false, maxPerPerson, maxPerPrompt } = limits;
  const time = columns.get("created_at");
  const different = columns.get("are_different");
  const people = counter(columns.get("user_id"));
  const prompts = counter(columns.get("caption"));
  return (row) => {
    const made = time?.kind === "integers" ? (time.values[time.of?.[row] ?? row] ?? 0n) : 0n;
    if ((from !== undefined && made < from) || (before !== undefined && made >= before)) return "outsideTime";
    if (differentModels && valueAt(different, row, true) !== true) return "sameModel";
    if (maxPerPerson !== undefined && people.count(row) >= maxPerPerson) return "ofPerson";
    if (maxPerPrompt !== undefined && prompts.count(row) >= maxPerPrompt) return "ofPrompt";
    people.take(row);
    prompts.take(row);
    return undefined;
  };
}

/** Counts rows by the value of a column. */
function counter(data: ColumnData | undefined) {
  const counts = new Map<unknown, number>();
  const keyOf = (row: number) => {
    const at = data?.of?.[row] ?? row;
    return data?.kind === "texts" ? data.codes[at] : data?.values[at];
  };
  return {
    count: (row: number): number => counts.get(keyOf(row)) ?? 0,
    take: (row: number): void => void counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1),
  };
}

function withFewerTies({ columns }: Block, rows: readonly number[], share: number): readonly number[] {
  const labelled = columns.get("has_label");
  const ties = rows.filter((row) => valueAt(labelled, row, true) === false);
  const most = share >= 1 ? ties.length : Math.floor((share / (1 - share)) * (rows.length - ties.length));
  if (ties.length <= most) return rows;
  const gone = new Set(shuffled(ties, seededRandom(0)).slice(most));
  return rows.filter((row) => !gone.has(row));
}
