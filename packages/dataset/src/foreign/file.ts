/** @file A file of rows that another program has written: what the two kinds of it, Parquet and Arrow, have in common. */

/** Cells by the name of their column. Integers are numbers or bigints, times bigints of nanoseconds since 1970 UTC, bytes `Uint8Array`. */
export type ForeignCells = Readonly<Record<string, unknown>>;

export interface ForeignFile {
  readonly path: string;
  readonly columns: readonly string[];
  /** The columns of times, whose cells are bigints of nanoseconds. */
  readonly times: ReadonlySet<string>;
  /** Rows of the file. */
  readonly count: number;
  /** When the file was written, nanoseconds since 1970 UTC. */
  readonly writtenAt: bigint;
  /** The rows in order, a few at a time in memory; only these columns. @throws {DatasetError} FILE_DAMAGED */
  rows(columns: readonly string[]): AsyncIterable<ForeignCells>;
}
