/** @file Columns that grow by one value at a time, for sources that read row by row, and their order. */

import { type ColumnData, valuesOf } from "./block.ts";
import { release, zeros } from "./memory.ts";

/** Rows of a chunk, a power of two. A column grows by chunks, so that growing copies nothing and leaves no memory to be collected. */
const CHUNK_BITS = 16;
const CHUNK = 2 ** CHUNK_BITS;

/** A growing column of int64. Values are set as two halves, so that no bigint is made for each. */
export class GrowingIntegers {
  /** The halves of the values, the low one first. */
  #chunks: Int32Array<ArrayBuffer>[] = [];
  #last: Int32Array = new Int32Array();
  #length = 0;

  /** Adds the int64 in `view` at `at`, big-endian. */
  pushBigEndian(view: DataView, at: number): void {
    this.push(view.getInt32(at + 4), view.getInt32(at));
  }

  /** Adds an int64 as its low and its high 32 bits. */
  push(low: number, high: number): void {
    const row = this.#length++ & (CHUNK - 1);
    if (row === 0) {
      const chunk = new Int32Array(2 * CHUNK);
      this.#chunks.push(chunk);
      this.#last = chunk;
    }
    this.#last[2 * row] = low;
    this.#last[2 * row + 1] = high;
  }

  /** The values in their order, as one array. */
  values(): BigInt64Array {
    const halves = new Int32Array(2 * this.#length);
    for (const [i, chunk] of this.#chunks.entries())
      halves.set(chunk.subarray(0, Math.min(chunk.length, halves.length - 2 * CHUNK * i)), 2 * CHUNK * i);
    return new BigInt64Array(halves.buffer);
  }

  /** Returns the values in another order: value i of the result is the value that was added as number order[i]. This frees the memory of the column. */
  takeInOrder(order: Int32Array): BigInt64Array {
    const halves = new Int32Array(2 * order.length);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] ?? 0;
      const chunk = this.#chunks[from >> CHUNK_BITS];
      const row = from & (CHUNK - 1);
      halves[2 * i] = chunk?.[2 * row] ?? 0;
      halves[2 * i + 1] = chunk?.[2 * row + 1] ?? 0;
    }
    for (const { buffer } of this.#chunks) release(buffer);
    this.#chunks = [];
    this.#length = 0;
    return new BigInt64Array(halves.buffer);
  }
}

type Numbers = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A growing column of doubles, of int32, or of small codes. */
export class GrowingNumbers<T extends Numbers> {
  readonly #make: (length: number) => T;
  #chunks: T[] = [];
  #last: T;
  #length = 0;

  /** @param make makes an array of zeros */
  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#last = make(0);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const row = this.#length++ & (CHUNK - 1);
    if (row === 0) {
      this.#last = this.#make(CHUNK);
      this.#chunks.push(this.#last);
    }
    this.#last[row] = value;
  }

  /** The values in their order, as one array. */
  values(): T {
    const values = this.#make(this.#length);
    for (const [i, chunk] of this.#chunks.entries())
      values.set(chunk.subarray(0, Math.min(CHUNK, values.length - CHUNK * i)), CHUNK * i);
    return values;
  }

  /** Returns the values in another order: value i of the result is the value that was added as number order[i]. This frees the memory of the column. */
  takeInOrder(order: Int32Array): T {
    const values = this.#make(order.length);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] ?? 0;
      values[i] = this.#chunks[from >> CHUNK_BITS]?.[from & (CHUNK - 1)] ?? 0;
    }
    for (const { buffer } of this.#chunks) release(buffer);
    this.#chunks = [];
    this.#length = 0;
    return values;
  }
}

/**
 * The indices of distinct keys in ascending order of the keys. Keys that are nearly consecutive, as ids of a sequence are, are ordered
 * without comparing them.
 */
export function ascending(keys: BigInt64Array): Int32Array {
  const order = new Int32Array(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const numbers = asNumbers(keys);
  if (!numbers) return order.sort((a, b) => ((keys[a] ?? 0n) < (keys[b] ?? 0n) ? -1 : 1));
  let [least, most, isAscending] = [numbers[0] ?? 0, numbers[0] ?? 0, true];
  for (let i = 1; i < numbers.length; i++) {
    const key = numbers[i] ?? 0;
    if (key <= (numbers[i - 1] ?? 0)) isAscending = false;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  if (isAscending) return order;
  if (most - least >= 4 * numbers.length) return order.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  const byKey = new Int32Array(zeros(4 * (most - least + 1))).fill(-1);
  for (let i = 0; i < numbers.length; i++) byKey[(numbers[i] ?? 0) - least] = i;
  for (let k = 0, i = 0; k < byKey.length; k++) {
    const key = byKey[k] ?? -1;
    if (key >= 0) order[i++] = key;
  }
  for (const { buffer } of [byKey, numbers]) release(buffer);
  return order;
}

/** Integers as doubles; undefined when one of them is not exact as a double. It is made without a bigint for each. */
function asNumbers(integers: BigInt64Array): Float64Array | undefined {
  const halves = new Int32Array(integers.buffer, integers.byteOffset, 2 * integers.length);
  const numbers = new Float64Array(zeros(8 * integers.length));
  for (let i = 0; i < numbers.length; i++) {
    const high = halves[2 * i + 1] ?? 0;
    if (high < -(2 ** 21) || high >= 2 ** 21) return undefined;
    numbers[i] = high * 2 ** 32 + ((halves[2 * i] ?? 0) >>> 0);
  }
  return numbers;
}

/** The values of a column in another order, or some of them: value i of the result is value rows[i]. */
export function reordered(data: ColumnData, rows: Int32Array): ColumnData {
  if (data.of) return { ...data, of: pick(data.of, rows, new Int32Array(rows.length)) };
  switch (data.kind) {
    case "texts":
      return { ...data, codes: pick(data.codes, rows, new Int32Array(rows.length)) };
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
      return { kind: "numbers", values: pick(from, rows, values), present: presentOf(data.present, rows) };
    }
  }
}

/** The value of each row of a column of numbers, nulls as 0, in an array of its kind. */
export function everyValue(
  data: Extract<ColumnData, { kind: "integers" | "numbers" }>,
  rows: Int32Array,
): BigInt64Array | Float64Array | Int32Array | Uint8Array {
  if (!data.of) return data.values;
  const plain = reordered({ ...data, of: undefined }, valuesOf(data, rows));
  return plain.kind === "integers" || plain.kind === "numbers" ? plain.values : data.values;
}

const presentOf = (present: Uint8Array | undefined, rows: Int32Array): Uint8Array | undefined =>
  present && pick(present, rows, new Uint8Array(rows.length));

/** Fills `into` with the values of some rows. It is a loop, because `from` of a typed array makes a list of all values first. */
function pick<T extends Float64Array | Int32Array | Uint8Array>(values: ArrayLike<number>, rows: Int32Array, into: T): T {
  for (let i = 0; i < rows.length; i++) into[i] = values[rows[i] ?? 0] ?? 0;
  return into;
}
