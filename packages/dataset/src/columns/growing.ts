/** @file Columns that grow by one value at a time, for sources that read row by row, and their order. */

import type { ColumnData } from "./block.ts";

/** Rows of a chunk, a power of two. A column grows by chunks, so that growing copies nothing and leaves no memory to be collected. */
const CHUNK_BITS = 16;
const CHUNK = 2 ** CHUNK_BITS;

/** A growing column of int64. Values are set as two halves, so that no bigint is made for each. */
export class GrowingIntegers {
  /** The halves of the values, the low one first. */
  #chunks: Int32Array[] = [];
  #length = 0;

  /** Adds the int64 in `bytes` at `at`, big-endian. */
  pushBigEndian(bytes: Buffer, at: number): void {
    const row = this.#length++ & (CHUNK - 1);
    if (row === 0) this.#chunks.push(new Int32Array(2 * CHUNK));
    const chunk = this.#chunks.at(-1);
    if (!chunk) return;
    chunk[2 * row] = bytes.readInt32BE(at + 4);
    chunk[2 * row + 1] = bytes.readInt32BE(at);
  }

  /** The values in their order, as one array. */
  values(): BigInt64Array {
    const halves = new Int32Array(2 * this.#length);
    for (const [i, chunk] of this.#chunks.entries())
      halves.set(chunk.subarray(0, Math.min(chunk.length, halves.length - 2 * CHUNK * i)), 2 * CHUNK * i);
    return new BigInt64Array(halves.buffer);
  }

  /** The values in another order: value i is the one added as number order[i]. The column is empty then, and its memory given back. */
  takeInOrder(order: Int32Array): BigInt64Array {
    const halves = new Int32Array(2 * order.length);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] ?? 0;
      const chunk = this.#chunks[from >> CHUNK_BITS];
      const row = from & (CHUNK - 1);
      halves[2 * i] = chunk?.[2 * row] ?? 0;
      halves[2 * i + 1] = chunk?.[2 * row + 1] ?? 0;
    }
    this.#chunks = [];
    this.#length = 0;
    return new BigInt64Array(halves.buffer);
  }
}

/** A growing column of doubles, of int32, or of small codes. */
export class GrowingNumbers<T extends Float64Array | Int32Array | Uint8Array> {
  readonly #make: (length: number) => T;
  #chunks: T[] = [];
  #length = 0;

  /** @param make makes an array of zeros */
  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  push(value: number): void {
    const row = this.#length++ & (CHUNK - 1);
    if (row === 0) this.#chunks.push(this.#make(CHUNK));
    const chunk = this.#chunks.at(-1);
    if (chunk) chunk[row] = value;
  }

  /** The values in their order, as one array. */
  values(): T {
    const values = this.#make(this.#length);
    for (const [i, chunk] of this.#chunks.entries())
      values.set(chunk.subarray(0, Math.min(CHUNK, values.length - CHUNK * i)), CHUNK * i);
    return values;
  }

  /** The values in another order: value i is the one added as number order[i]. The column is empty then, and its memory given back. */
  takeInOrder(order: Int32Array): T {
    const values = this.#make(order.length);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] ?? 0;
      values[i] = this.#chunks[from >> CHUNK_BITS]?.[from & (CHUNK - 1)] ?? 0;
    }
    this.#chunks = [];
    this.#length = 0;
    return values;
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
