/** @file The values of some rows of some blocks, one after the other, as a chunk of a Parquet file needs them: without nulls. */

import { type ColumnData, type Rows, valuesOf } from "../columns/block.ts";
import type { TextDictionary } from "../columns/dictionary.ts";
import { release } from "../columns/memory.ts";
import type { ColumnName } from "../row.ts";

/** Values that are not null, and which rows they belong to. */
export interface Gathered<T> {
  readonly rows: number;
  /** How many values are not null. */
  readonly count: number;
  /** 1 for each row with a value, 0 for null; undefined when no row is null. */
  readonly present: Uint8Array | undefined;
  readonly values: T;
}

/** Calls `visit` for the column of each part that has it, with the values of its rows, valid during the call, and the index of the part's first row in the result. */
function eachPart<K extends ColumnData["kind"]>(
  parts: readonly Rows[],
  name: ColumnName,
  kind: K,
  visit: (data: Extract<ColumnData, { kind: K }>, values: Int32Array, start: number) => void,
): void {
  let start = 0;
  for (const { block, rows } of parts) {
    const data = block.columns.get(name);
    if (isOfKind(data, kind)) {
      const values = valuesOf(data, rows);
      visit(data, values, start);
      if (values !== rows) release(values.buffer);
    }
    start += rows.length;
  }
}

const isOfKind = <K extends ColumnData["kind"]>(
  data: ColumnData | undefined,
  kind: K,
): data is Extract<ColumnData, { kind: K }> => data?.kind === kind;

/** The number of rows of some parts. */
export const rowsOf = (parts: readonly Rows[]): number => parts.reduce((sum, { rows }) => sum + rows.length, 0);

/** Which rows have a value. */
class Presence {
  readonly #present: Uint8Array;
  #count = 0;

  constructor(rows: number) {
    this.#present = new Uint8Array(rows);
  }

  add(present: Uint8Array | undefined, values: Int32Array, start: number): void {
    if (!present) {
      this.#present.fill(1, start, start + values.length);
      this.#count += values.length;
    } else for (let k = 0; k < values.length; k++) if (present[values[k] ?? 0] !== 0) this.set(start + k);
  }

  set(row: number): void {
    this.#present[row] = 1;
    this.#count++;
  }

  /** What is said of all rows. */
  said() {
    const rows = this.#present.length;
    return { rows, count: this.#count, present: this.#count < rows ? this.#present : undefined };
  }
}

/** Moves the values of the rows that have one to the front; each value is `words` entries. */
function withoutNulls<T extends Int32Array | Uint8Array>(values: T, present: Uint8Array | undefined, words: number): T {
  if (!present) return values;
  let to = 0;
  for (let row = 0; row < present.length; row++)
    if (present[row] === 1) for (let word = 0; word < words; word++) values[to++] = values[row * words + word] ?? 0;
  return values;
}

/** The words of 32 bits of an array of numbers: all loops over values copy these, so that one loop serves every kind. */
function wordsOf(values: BigInt64Array | Float64Array | Int32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
}

/** Sets result[start + k] to value values[k] of `from`, a word each. */
function copySingle(from: Int32Array, values: Int32Array, result: Int32Array, start: number): void {
  for (let k = 0; k < values.length; k++) result[start + k] = from[values[k] ?? 0] ?? 0;
}

/** Sets result[start + k] to value values[k] of `from`, two words each. */
function copyDouble(from: Int32Array, values: Int32Array, result: Int32Array, start: number): void {
  for (let k = 0, to = 2 * start; k < values.length; k++, to += 2) {
    const at = 2 * (values[k] ?? 0);
    result[to] = from[at] ?? 0;
    result[to + 1] = from[at + 1] ?? 0;
  }
}

/** The values of a column of int64, as pairs of words, the low one first. */
export function gatherIntegers(parts: readonly Rows[], name: ColumnName): Gathered<Int32Array> {
  const rows = rowsOf(parts);
  const words = new Int32Array(2 * rows);
  const presence = new Presence(rows);
  eachPart(parts, name, "integers", ({ values: from, present }, values, start) => {
    copyDouble(wordsOf(from), values, words, start);
    presence.add(present, values, start);
  });
  const said = presence.said();
  return { ...said, values: withoutNulls(words, said.present, 2) };
}

/** The values of a column of doubles, as pairs of words, the low one first. */
export function gatherDoubles(parts: readonly Rows[], name: ColumnName): Gathered<Int32Array> {
  const doubles = new Float64Array(rowsOf(parts));
  const said = gatherNumbers(parts, name, doubles);
  return { ...said, values: withoutNulls(wordsOf(doubles), said.present, 2) };
}

/** The values of a column of int32. */
export function gatherInt32(parts: readonly Rows[], name: ColumnName): Gathered<Int32Array> {
  const numbers = new Int32Array(rowsOf(parts));
  const said = gatherNumbers(parts, name, numbers);
  return { ...said, values: withoutNulls(numbers, said.present, 1) };
}

/** The values of a column of booleans, as 0 and 1. */
export function gatherBooleans(parts: readonly Rows[], name: ColumnName): Gathered<Uint8Array> {
  const numbers = new Uint8Array(rowsOf(parts));
  const said = gatherNumbers(parts, name, numbers);
  return { ...said, values: withoutNulls(numbers, said.present, 1) };
}

/** Fills an array of a type with the values of rows, whatever their own type is. */
function gatherNumbers(parts: readonly Rows[], name: ColumnName, result: Float64Array | Int32Array | Uint8Array) {
  const presence = new Presence(result.length);
  eachPart(parts, name, "numbers", ({ values: from, present }, values, start) => {
    if (result instanceof Float64Array && from instanceof Float64Array) copyDouble(wordsOf(from), values, wordsOf(result), start);
    else if (result instanceof Int32Array && from instanceof Int32Array) copySingle(from, values, result, start);
    else for (let k = 0; k < values.length; k++) result[start + k] = from[values[k] ?? 0] ?? 0;
    presence.add(present, values, start);
  });
  return presence.said();
}

/** Texts of one dictionary: values first ... first + codes.length - 1 of the result. */
export interface TextRun {
  readonly dictionary: TextDictionary;
  readonly codes: Int32Array;
  readonly first: number;
}

/** The texts of a column, as codes of the dictionary of each part. */
export function gatherTexts(parts: readonly Rows[], name: ColumnName): Gathered<TextRun[]> {
  const presence = new Presence(rowsOf(parts));
  const runs: TextRun[] = [];
  let first = 0;
  eachPart(parts, name, "texts", ({ codes: from, dictionary }, values, start) => {
    const codes = new Int32Array(values.length);
    let count = 0;
    for (let k = 0; k < values.length; k++) {
      const code = from[values[k] ?? 0] ?? -1;
      if (code < 0) continue;
      codes[count++] = code;
      presence.set(start + k);
    }
    if (count > 0) runs.push({ dictionary, codes: codes.subarray(0, count), first });
    first += count;
  });
  return { ...presence.said(), values: runs };
}

/** The pictures of a column. */
export function gatherPictures(parts: readonly Rows[], name: ColumnName): Gathered<Uint8Array[]> {
  const presence = new Presence(rowsOf(parts));
  const pictures: Uint8Array[] = [];
  eachPart(parts, name, "pictures", ({ values: from }, values, start) => {
    for (let k = 0; k < values.length; k++) {
      const picture = from[values[k] ?? 0];
      if (!picture) continue;
      pictures.push(picture);
      presence.set(start + k);
    }
  });
  return { ...presence.said(), values: pictures };
}
