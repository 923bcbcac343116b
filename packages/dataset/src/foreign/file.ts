/** @file A file of rows written by another program: what Parquet and Arrow have in common. */

/**
 * Cells by column name. Integers are numbers or bigints, times are bigints of nanoseconds since 1970 UTC, bytes are `Uint8Array`.
 */
export type ForeignCells = Readonly<Record<string, unknown>>;

/** An opened file of rows that another program wrote. Its rows are read only when `rows` is iterated. */
export interface ForeignFile {
  readonly path: string;
  readonly columns: readonly string[];
  /** Columns of times, whose cells are bigints of nanoseconds. */
  readonly times: ReadonlySet<string>;
  /** Number of rows. */
  readonly count: number;
  /** When the file was written, nanoseconds since 1970 UTC. */
  readonly writtenAt: bigint;
  /** Yields the rows in order, only these columns, a few rows in memory at a time. @throws {DatasetError} FILE_DAMAGED */
  rows(columns: readonly string[]): AsyncIterable<ForeignCells>;
}
