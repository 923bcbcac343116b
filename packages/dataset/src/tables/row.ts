/** @file What every reader of tables gives: rows of named cells that know where they stand. */

/** What a column holds; text is whatever is not all of one of the others. */
export type Kind = "text" | "integer" | "number" | "boolean";

/** A row below the head. */
export interface TableRow {
  /** 1 is the first row below the head. Blank rows do not count. */
  readonly row: number;
  /** Where the row stands in the file, for messages: "line 4", or "row 3" where a file has no lines. */
  readonly where: string;
  /** The number in `where`. */
  readonly number: number;
  /** Cells by the name of their column, as the file spells it. Text of separated files is trimmed; "" is an empty cell. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the names of the columns stand, such as "line 1"; null where each row has its own, and in a file that has no lines. */
  readonly head: string | null;
  /** What is wrong with the row as such, such as a cell too many; null when it is whole. */
  readonly problem: string | null;
}

/** A table that is open. */
export interface TableReader {
  readonly file: string;
  /** Rows of the file; null where one must read to the end to know. */
  readonly count: number | null;
  /** What each column holds, null for bytes; null for all where one must read to the end to know. */
  readonly kinds: ReadonlyMap<string, Kind | null> | null;
  /** Sentences about what the reader had to guess, such as the encoding. */
  readonly notes: readonly string[];
  /**
   * The rows in order, read as they are asked for; may be called more than once.
   * @param wanted says which of the columns are needed; others may be left out
   */
  rows(wanted?: (names: readonly string[]) => readonly string[]): AsyncGenerator<TableRow>;
  /** One cell of a file whose cells may be bytes, which are not kept in memory; undefined where the others are. */
  readonly cell?: ((row: number, name: string) => Promise<unknown>) | undefined;
}
