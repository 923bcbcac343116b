/** @file Rankings as columns: typed arrays, and texts as codes of a dictionary. A million rankings are a few arrays, not a million objects. */

import { COLUMNS, type ColumnName, type PreferenceRow } from "../row.ts";
import { GrowingDictionary, type TextDictionary } from "./dictionary.ts";

/**
 * The values of one column. Row i has value of[i], so that a value that many rows share, such as the seed of an image, is stored once; without
 * `of`, row i has value i. `present[v]` is 0 where value v is null; without `present` there is no null.
 */
export type ColumnData = Stored & { readonly of?: Int32Array | undefined };

type Stored =
  /** int64 and times. */
  | { readonly kind: "integers"; readonly values: BigInt64Array; readonly present?: Uint8Array | undefined }
  /** float64, int32, and booleans as 0 and 1. */
  | {
      readonly kind: "numbers";
      readonly values: Float64Array | Int32Array | Uint8Array;
      readonly present?: Uint8Array | undefined;
    }
  /** Codes of the dictionary; -1 for null. */
  | { readonly kind: "texts"; readonly codes: Int32Array; readonly dictionary: TextDictionary }
  | { readonly kind: "pictures"; readonly values: readonly (Uint8Array | null)[] };

/** Rows of the dataset as columns of equal length. A column that is missing is null in every row. */
export interface Block {
  readonly length: number;
  readonly columns: ReadonlyMap<ColumnName, ColumnData>;
}

/** Some rows of a block, by their index in it. */
export interface Rows {
  readonly block: Block;
  readonly rows: Int32Array;
}

/** All rows of a block, in their order. */
export function allRows(block: Block): Rows {
  const rows = new Int32Array(block.length);
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  return { block, rows };
}

/** Which value of a column each of these rows has. */
export function valuesOf({ of }: ColumnData, rows: Int32Array): Int32Array {
  if (!of) return rows;
  const values = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = of[rows[i] ?? 0] ?? 0;
  return values;
}

/** Makes a block of row objects. */
export function blockOfRows(rows: readonly Partial<PreferenceRow>[]): Block {
  const columns = COLUMNS.map(({ name, type }) => [name, columnOf(name, type, rows)] as const);
  return { length: rows.length, columns: new Map(columns) };
}

type Values = readonly Partial<PreferenceRow>[];

function columnOf(name: ColumnName, type: (typeof COLUMNS)[number]["type"], rows: Values): ColumnData {
  if (type === "string") return textColumn(name, rows);
  if (type === "binary")
    return { kind: "pictures", values: rows.map(({ [name]: value }) => (value instanceof Uint8Array ? value : null)) };
  const present = Uint8Array.from(rows, ({ [name]: value }) => Number(value !== null && value !== undefined));
  if (type === "int64" || type === "timestamp[ns]")
    return {
      kind: "integers",
      values: BigInt64Array.from(rows, ({ [name]: value }) => (typeof value === "bigint" ? value : 0n)),
      present,
    };
  const values = type === "float64" ? new Float64Array(rows.length) : new Int32Array(rows.length);
  for (const [i, { [name]: value }] of rows.entries()) values[i] = Number(value ?? 0);
  return { kind: "numbers", values, present };
}

function textColumn(name: ColumnName, rows: Values): ColumnData {
  const dictionary = new GrowingDictionary();
  const codes = Int32Array.from(rows, ({ [name]: value }) => (typeof value === "string" ? dictionary.codeOfText(value) : -1));
  return { kind: "texts", codes, dictionary };
}

/** The text of a row, or null. */
function textAt(column: ColumnData | undefined, row: number): string | null {
  if (column?.kind !== "texts") return null;
  const code = column.codes[column.of?.[row] ?? row] ?? -1;
  return code < 0 ? null : column.dictionary.text(code);
}

/** Whether a row has no value. */
export function isNullAt(column: ColumnData | undefined, row: number): boolean {
  if (column === undefined) return true;
  const at = column.of?.[row] ?? row;
  if (column.kind === "texts") return (column.codes[at] ?? -1) < 0;
  if (column.kind === "pictures") return (column.values[at] ?? null) === null;
  return column.present?.[at] === 0;
}

/** The value of a row as the row object has it: a bigint, number, boolean, text or picture, or null. */
export function valueAt(column: ColumnData | undefined, row: number, isBoolean: boolean): unknown {
  if (column === undefined) return null;
  if (column.kind === "texts") return textAt(column, row);
  const at = column.of?.[row] ?? row;
  if (column.kind === "pictures") return column.values[at] ?? null;
  if (column.present?.[at] === 0) return null;
  const value = column.values[at];
  return isBoolean ? value === 1 : value;
}
