/** @file A file of rows written by another program: what Parquet, Arrow and tables of text have in common. */

/** The key under which a row of a table of text says what is wrong with the row itself, such as too many cells. */
export const FAULT: unique symbol = Symbol("fault");

/**
 * Cells by column name. Integers are numbers or bigints, times are bigints of nanoseconds since 1970 UTC, bytes are `Uint8Array`.
 */
export type ForeignCells = Readonly<Record<string, unknown>> & { readonly [FAULT]?: string };

/** An opened file of rows that another program wrote. Its rows are read only when `rows` is iterated. */
export interface ForeignFile {
  readonly path: string;
  /** The name of the export that wrote it; undefined for files of other programs. */
  readonly exportId?: string | undefined;
  readonly columns: readonly string[];
  /** Columns of times, whose cells are bigints of nanoseconds. */
  readonly times: ReadonlySet<string>;
  /** Number of rows; null for a table of text, where it is known only at the end. */
  readonly count: number | null;
  /** When the file was written, nanoseconds since 1970 UTC. */
  readonly writtenAt: bigint;
  /** Sentences about what had to be guessed, such as the encoding of a text. */
  readonly notes: readonly string[];
  /** Yields the rows in order, only these columns, a few rows in memory at a time. @throws {DatasetError} FILE_DAMAGED */
  rows(columns: readonly string[]): AsyncIterable<ForeignCells>;
}
