/** @file Plans which columns and row groups of a dataset to read. Pure. */

import type { FileMetaData, RowGroup } from "hyparquet";
import type { ColumnName } from "../row.ts";
import { filterColumns, type RowFilter } from "./filter.ts";

/** Rows of one shard that are read at once: a row group, or less. */
export interface PlannedRead {
  /** Index in the list of shards. */
  readonly shard: number;
  /** Rows of the shard, end exclusive. */
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly columns: readonly ColumnName[];
}

/** Neighbouring rows to read at once, and where each goes in the result. */
export interface PlannedTake {
  readonly shard: number;
  readonly rowStart: number;
  rowEnd: number;
  /** targets[i] are the positions in the result of row rowStart + i. */
  readonly targets: number[][];
}

/** Whether a file has this column at its top level. */
export function hasColumn(metadata: FileMetaData, name: ColumnName): boolean {
  return metadata.schema.slice(1).some((element) => element.name === name);
}

/**
 * Returns the row groups in file order, each with the requested or filtered columns that the file has. Row groups that the filter
 * excludes by their minima and maxima are left out.
 */
export function planRead(shards: readonly FileMetaData[], columns: readonly ColumnName[], filter: RowFilter = {}): PlannedRead[] {
  const needed = [...new Set([...columns, ...filterColumns(filter)])];
  return shards.flatMap((metadata, shard) => {
    const present = needed.filter((name) => hasColumn(metadata, name));
    return rangesOf(metadata)
      .filter(({ group }) => mayMatch(group, filter))
      .map(({ rowStart, rowEnd }) => ({ shard, rowStart, rowEnd, columns: present }));
  });
}

/** The row groups of a file that have rows, and which rows of the file these are. */
function rangesOf(metadata: FileMetaData): { group: RowGroup; rowStart: number; rowEnd: number }[] {
  let rowEnd = 0;
  return metadata.row_groups.flatMap((group) => {
    const rowStart = rowEnd;
    rowEnd += Number(group.num_rows);
    return rowEnd > rowStart ? [{ group, rowStart, rowEnd }] : [];
  });
}

/** False when the minima and maxima of a row group prove that none of its rows passes. */
function mayMatch(group: RowGroup, filter: RowFilter): boolean {
  const { from = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY, users } = filter;
  const time = bounds(group, "created_at");
  if (time && (time.max < from || time.min >= before)) return false;
  const user = bounds(group, "user_id");
  return !(user && users?.every((id) => id < user.min || id > user.max));
}

function bounds(group: RowGroup, name: ColumnName): { min: bigint; max: bigint } | undefined {
  const statistics = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data?.statistics;
  const min = statistics?.min_value ?? statistics?.min;
  const max = statistics?.max_value ?? statistics?.max;
  return typeof min === "bigint" && typeof max === "bigint" ? { min, max } : undefined;
}

/** Plans reading the rows at these positions of a split, in as few runs as possible; no run crosses a row group. */
export function planTake(shards: readonly FileMetaData[], positions: readonly number[]): PlannedTake[] {
  const groups = shards.flatMap((metadata, shard) => rangesOf(metadata).map((range) => ({ shard, ...range })));
  const ends = groups.map(({ rowStart, rowEnd }) => rowEnd - rowStart);
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] ?? 0) + (ends[i - 1] ?? 0);
  const total = ends.at(-1) ?? 0;
  const order = positions.map((position, target) => ({ position, target })).sort((a, b) => a.position - b.position);
  const runs: PlannedTake[] = [];
  let g = 0;
  let last: { group: number; run: PlannedTake } | undefined;
  for (const { position, target } of order) {
    if (!(Number.isInteger(position) && position >= 0 && position < total)) {
      throw new RangeError(`take: a position must be an integer of 0 ... ${total - 1}; got ${position}`);
    }
    while (position >= (ends[g] ?? total)) g++;
    const { shard, rowEnd } = groups[g] ?? { shard: 0, rowEnd: 0 };
    const row = rowEnd - ((ends[g] ?? 0) - position);
    const run = last?.group === g ? last.run : undefined;
    if (run && row === run.rowEnd - 1) run.targets.at(-1)?.push(target);
    else if (run && row === run.rowEnd) run.rowEnd = run.rowStart + run.targets.push([target]);
    else {
      last = { group: g, run: { shard, rowStart: row, rowEnd: row + 1, targets: [[target]] } };
      runs.push(last.run);
    }
  }
  return runs;
}
