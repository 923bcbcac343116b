/** @file Values that came from columns, as the row that they make. */
import type { ColumnName } from "../row.ts";
import type { RawRow } from "../shards/parquet.ts";

/**
 * Takes values for the row that they make. Here the compiler is overruled: that a value has the type of its column follows from the schema (`COLUMNS`), with
 * which each file is compared before it is read, and the compiler cannot know it.
 */
export function rowOfCells<Row extends RawRow>(cells: RawRow): Row {
  return cells as Row;
}

/** Makes a row of these columns, each with the value that `of` gives for it. */
export function rowFrom<Row extends RawRow, C extends { readonly name: ColumnName }>(
  columns: readonly C[],
  of: (column: C) => unknown,
): Row {
  return rowOfCells(Object.fromEntries(columns.map((column) => [column.name, of(column)])));
}
