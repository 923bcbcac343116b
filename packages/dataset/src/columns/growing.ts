/** @file Columns that grow by one value at a time, for sources that read row by row, and their order. */

import type { ColumnData } from "./block.ts";
import { grown } from "./dictionary.ts";

/** The first capacity of a growing column, in rows. */
const FIRST_ROWS = 4096;

/** A growing column of int64. Values are set as two halves, so that no bigint is made for each. */
export class GrowingIntegers {
  #values = new BigInt64Array(FIRST_ROWS);
  #halves = new Int32Array(this.#values.buffer);
  #length = 0;

  /** Adds the int64 in `bytes` at `at`, big-endian. */
  pushBigEndian(bytes: Buffer, at: number): void {
    if (this.#length === this.#values.length) {
      this.#values = grown(this.#values, this.#length + 1);
      this.#halves = new Int32Array(this.#values.buffer);
    }
    this.#halves[2 * this.#length] = bytes.readInt32BE(at + 4);
    this.#halves[2 * this.#length + 1] = bytes.readInt32BE(at);
    this.#length++;
  }

  /** The values in their order, without a copy. */
  get values(): BigInt64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** Puts the values into another order: value i becomes value order[i]. The memory of the old order, and what was free, is given back. */
  reorder(order: Int32Array): void {
    const halves = new Int32Array(2 * order.length);
    for (let i = 0; i < order.length; i++) {
      const from = 2 * (order[i] ?? 0);
      halves[2 * i] = this.#halves[from] ?? 0;
      halves[2 * i + 1] = this.#halves[from + 1] ?? 0;
    }
    this.#halves = halves;
    this.#values = new BigInt64Array(halves.buffer);
    this.#length = order.length;
  }
}

/** A growing column of doubles, of int32, or of small codes. */
export class GrowingNumbers<T extends Float64Array | Int32Array | Uint8Array> {
  #values: T;
  #length = 0;

  /** @param first an array of the wanted type; its values are overwritten */
  constructor(first: T) {
    this.#values = first;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#values = grown(this.#values, Math.max(FIRST_ROWS, this.#length + 1));
    this.#values[this.#length++] = value;
  }

  /** The values in their order, without a copy. */
  get values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }

  /** Puts the values into another order: value i becomes value order[i]. The memory of the old order, and what was free, is given back. */
  reorder(order: Int32Array): void {
    const values = this.#values.slice(0, order.length) as T;
    for (let i = 0; i < order.length; i++) values[i] = this.#values[order[i] ?? 0] ?? 0;
    this.#values = values;
    this.#length = order.length;
  }
}

/**
 * The indices of distinct keys in ascending order of the keys. Keys that are nearly consecutive, as ids of a sequence are, are put in
 * place without comparing them.
 */
export function ascending(keys: BigInt64Array): Int32Array {
  const order = Int32Array.from(keys, (_, i) => i);
  if (keys.every((key, i) => i === 0 || key > (keys[i - 1] ?? key))) return order;
  let [least, most] = [keys[0] ?? 0n, keys[0] ?? 0n];
  for (const key of keys) {
    if (key < least) least = key;
    if (key > most) most = key;
  }
  if (most - least >= BigInt(4 * keys.length)) return order.sort((a, b) => ((keys[a] ?? 0n) < (keys[b] ?? 0n) ? -1 : 1));
  const places = new Int32Array(Number(most - least) + 1).fill(-1);
  for (const [i, key] of keys.entries()) places[Number(key - least)] = i;
  return places.filter((i) => i >= 0);
}

/** The values of a column in another order, or some of them: value i of the result is value rows[i]. */
export function reordered(data: ColumnData, rows: Int32Array): ColumnData {
  switch (data.kind) {
    case "texts":
      return { ...data, codes: Int32Array.from(rows, (row) => data.codes[row] ?? -1) };
    case "pictures":
      return { ...data, values: Array.from(rows, (row) => data.values[row] ?? null) };
    case "integers": {
      const values = new BigInt64Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = data.values[rows[i] ?? 0] ?? 0n;
      return { kind: "integers", values, present: presentOf(data.present, rows) };
    }
    case "numbers": {
      const { values: from } = data;
      const values =
        from instanceof Float64Array
          ? new Float64Array(rows.length)
          : from instanceof Int32Array
            ? new Int32Array(rows.length)
            : new Uint8Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = from[rows[i] ?? 0] ?? 0;
      return { kind: "numbers", values, present: presentOf(data.present, rows) };
    }
  }
}

const presentOf = (present: Uint8Array | undefined, rows: Int32Array): Uint8Array | undefined =>
  present && Uint8Array.from(rows, (row) => present[row] ?? 1);
