/** @file What every reader of tables returns: rows of named cells with their position. */

/** What a column holds; "text" unless all of it is one of the others. */
export type Kind = "text" | "integer" | "number" | "boolean";

/** A row below the head. */
export interface TableRow {
  /** Number of the row, 1 for the first below the head. Blank rows do not count. */
  readonly row: number;
  /** Position of the row for messages: "line 4", or "row 3" in a file without lines. */
  readonly where: string;
  /** The number in `where`. */
  readonly number: number;
  /** Cells by column name, as the file spells it. Text of separated files is trimmed; "" is an empty cell. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Position of the column names, such as "line 1"; null when each row has its own, and in a file without lines. */
  readonly head: string | null;
  /** What is wrong with the row itself, such as too many cells, or a line that is not JSON and so has no cells; null when nothing is. */
  readonly problem: string | null;
}

/** An open table. */
export interface TableReader {
  readonly file: string;
  /** Number of rows; null when that is known only at the end. */
  readonly count: number | null;
  /** What each column holds, null for bytes; null for all when that is known only at the end. */
  readonly kinds: ReadonlyMap<string, Kind | null> | null;
  /** Sentences about what the reader had to guess, such as the encoding. */
  readonly notes: readonly string[];
  /**
   * Yields the rows in order, reading as needed; may be called more than once.
   * @param wanted selects the columns that are needed; others may be left out
   */
  rows(wanted?: (names: readonly string[]) => readonly string[]): AsyncGenerator<TableRow>;
  /** Reads one cell of a file whose cells may be bytes, which are not held in memory; undefined for other kinds of files. */
  readonly cell?: ((row: number, name: string) => Promise<unknown>) | undefined;
}
