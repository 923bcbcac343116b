/** @file Which bytes of a dataset a reader needs: columns and row groups to reads. Pure. */

import type { FileMetaData, RowGroup } from "hyparquet";
import type { ColumnName } from "../row.ts";
import { filterColumns, type RowFilter } from "./filter.ts";

/** Rows of one shard to read at once: a row group, or less. */
export interface PlannedRead {
  /** Position in the list of shards. */
  readonly shard: number;
  /** Rows of the shard, end exclusive. */
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly columns: readonly ColumnName[];
}

/** A run of neighbouring rows, and where in the answer each of them goes. */
export interface PlannedTake {
  readonly shard: number;
  readonly rowStart: number;
  rowEnd: number;
  /** places[i]: places in the answer of row rowStart + i. */
  readonly places: number[][];
}

/** Whether a file has this column at its top level. */
export function hasColumn(metadata: FileMetaData, name: ColumnName): boolean {
  return metadata.schema.slice(1).some((element) => element.name === name);
}

/**
 * Row groups in file order, with the columns that are asked for or filtered by and that the file has. Row groups that the
 * filter rules out by their minima and maxima are left out.
 */
export function planRead(shards: readonly FileMetaData[], columns: readonly ColumnName[], filter: RowFilter = {}): PlannedRead[] {
  const needed = [...new Set([...columns, ...filterColumns(filter)])];
  return shards.flatMap((metadata, shard) => {
    const present = needed.filter((name) => hasColumn(metadata, name));
    let rowEnd = 0;
    return metadata.row_groups.flatMap((group) => {
      const rowStart = rowEnd;
      rowEnd += Number(group.num_rows);
      return rowEnd > rowStart && mayMatch(group, filter) ? [{ shard, rowStart, rowEnd, columns: present }] : [];
    });
  });
}

/** False when the minima and maxima of a row group prove that no row of it passes. */
function mayMatch(group: RowGroup, { from, before, users }: RowFilter): boolean {
  const time = bounds(group, "created_at");
  if (time && from !== undefined && time.max < from) return false;
  if (time && before !== undefined && time.min >= before) return false;
  const user = bounds(group, "user_id");
  return !(user && users?.every((id) => id < user.min || id > user.max));
}

function bounds(group: RowGroup, name: ColumnName): { min: bigint; max: bigint } | undefined {
  const statistics = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data?.statistics;
  const min = statistics?.min_value ?? statistics?.min;
  const max = statistics?.max_value ?? statistics?.max;
  return typeof min === "bigint" && typeof max === "bigint" ? { min, max } : undefined;
}

/** The rows at these positions of a split, as few runs as possible; no run crosses a row group. */
export function planTake(shards: readonly FileMetaData[], positions: readonly number[]): PlannedTake[] {
  const groups = planRead(shards, []);
  const ends = groups.map(({ rowStart, rowEnd }) => rowEnd - rowStart);
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const total = ends.at(-1) ?? 0;
  const order = positions.map((position, place) => ({ position, place })).sort((a, b) => a.position - b.position);
  const runs: PlannedTake[] = [];
  let g = 0;
  let groupOfRun = -1;
  for (const { position, place } of order) {
    if (!(Number.isInteger(position) && position >= 0 && position < total)) {
      throw new RangeError(`take: a position must be an integer of 0 ... ${total - 1}; got ${position}`);
    }
    while (position >= (ends[g] as number)) g++;
    const { shard, rowEnd } = groups[g] as PlannedRead;
    const row = rowEnd - ((ends[g] as number) - position);
    const run = groupOfRun === g ? runs.at(-1) : undefined;
    if (run && row === run.rowEnd - 1) run.places.at(-1)?.push(place);
    else if (run && row === run.rowEnd) run.rowEnd = run.rowStart + run.places.push([place]);
    else runs.push({ shard, rowStart: row, rowEnd: row + 1, places: [[place]] });
    groupOfRun = g;
  }
  return runs;
}
