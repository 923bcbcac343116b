/** @file Blocks to Arrow: some rows of some blocks become the columns of one record batch. */

import {
  Binary,
  Bool,
  type Data,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampNanosecond,
  tableToIPC,
  Utf8,
} from "apache-arrow";
import { type ColumnData, type Rows, valuesOf } from "../columns/block.ts";
import { release } from "../columns/memory.ts";
import type { Column, ColumnName, ColumnType } from "../row.ts";

/** Calls `visit` for the column of each part that has it, with the values of its rows and the index of the part's first row in the result. */
function eachPart<K extends ColumnData["kind"]>(
  parts: readonly Rows[],
  name: ColumnName,
  kind: K,
  visit: (data: Extract<ColumnData, { kind: K }>, values: Int32Array, start: number) => void,
): void {
  let start = 0;
  for (const { block, rows } of parts) {
    const data = block.columns.get(name);
    if (isOfKind(data, kind)) visit(data, valuesOf(data, rows), start);
    start += rows.length;
  }
}

const isOfKind = <K extends ColumnData["kind"]>(
  data: ColumnData | undefined,
  kind: K,
): data is Extract<ColumnData, { kind: K }> => data?.kind === kind;

/** Which values are not null: one bit each, least significant bit first, padded to 8 bytes. */
class Validity {
  readonly bits: Uint8Array;
  readonly #length: number;
  #valid = 0;

  constructor(length: number) {
    this.bits = new Uint8Array(8 * Math.ceil(length / 64));
    this.#length = length;
  }

  set(i: number): void {
    this.bits[i >> 3] = (this.bits[i >> 3] ?? 0) | (1 << (i & 7));
    this.#valid++;
  }

  /** Sets the rows from `start` on whose values are present. */
  setPresent(present: Uint8Array | undefined, values: Int32Array, start: number): void {
    if (!present && values.length === this.#length) this.#setAll();
    else for (let k = 0; k < values.length; k++) if (present?.[values[k] ?? 0] !== 0) this.set(start + k);
  }

  #setAll(): void {
    this.bits.fill(255);
    this.#valid = this.#length;
  }

  /** The properties that every column has. */
  common() {
    const nullCount = this.#length - this.#valid;
    return { length: this.#length, nullCount, nullBitmap: nullCount > 0 ? this.bits : undefined };
  }
}

type Make = (parts: readonly Rows[], name: ColumnName, length: number) => Data;

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

const integers =
  (type: Int64 | TimestampNanosecond): Make =>
  (parts, name, length) => {
    const data = new BigInt64Array(length);
    const validity = new Validity(length);
    eachPart(parts, name, "integers", ({ values: from, present }, values, start) => {
      copyDouble(wordsOf(from), values, wordsOf(data), start);
      validity.setPresent(present, values, start);
    });
    return type instanceof Int64
      ? makeData({ type, ...validity.common(), data })
      : makeData({ type, ...validity.common(), data });
  };

/** Fills an array of a type with the values of rows, whatever their own type is. */
function numbersInto(result: Float64Array | Int32Array, parts: readonly Rows[], name: ColumnName, length: number) {
  const validity = new Validity(length);
  const copy = result instanceof Float64Array ? copyDouble : copySingle;
  eachPart(parts, name, "numbers", ({ values: from, present }, values, start) => {
    if (!(from instanceof Uint8Array) && from.BYTES_PER_ELEMENT === result.BYTES_PER_ELEMENT)
      copy(wordsOf(from), values, wordsOf(result), start);
    else for (let k = 0; k < values.length; k++) result[start + k] = from[values[k] ?? 0] ?? 0;
    validity.setPresent(present, values, start);
  });
  return validity.common();
}

/** The start of each value in the bytes, one more than there are values. Throws beyond 2 GiB, which Arrow's 32-bit offsets cannot say. */
function offsetsOf(lengths: Int32Array): { offsets: Int32Array; total: number } {
  const offsets = new Int32Array(lengths.length + 1);
  let total = 0;
  for (let i = 0; i < lengths.length; i++) {
    total += lengths[i] ?? 0;
    offsets[i + 1] = total;
  }
  if (total > 0x7fffffff) throw new RangeError(`a row group of ${total} bytes in one column: at most 2 GiB fit`);
  return { offsets, total };
}

const texts: Make = (parts, name, length) => {
  const validity = new Validity(length);
  const lengths = new Int32Array(length);
  const codesOf = new Int32Array(length).fill(-1);
  eachPart(parts, name, "texts", ({ codes, dictionary }, values, start) => {
    const own = codesOf.subarray(start, start + values.length);
    copySingle(codes, values, own, 0);
    dictionary.byteLengths(own, lengths.subarray(start, start + values.length));
    for (let k = 0; k < own.length; k++) if ((own[k] ?? -1) >= 0) validity.set(start + k);
  });
  const { offsets, total } = offsetsOf(lengths);
  const bytes = new Uint8Array(total);
  eachPart(parts, name, "texts", ({ dictionary }, values, start) => {
    dictionary.writeEach(codesOf.subarray(start, start + values.length), bytes, offsets.subarray(start, start + values.length));
  });
  return makeData({ type: new Utf8(), ...validity.common(), valueOffsets: offsets, data: bytes });
};

const pictures: Make = (parts, name, length) => {
  const validity = new Validity(length);
  const lengths = new Int32Array(length);
  eachPart(parts, name, "pictures", ({ values }, rows, start) => {
    for (let k = 0; k < rows.length; k++) {
      const value = values[rows[k] ?? 0];
      if (!value) continue;
      lengths[start + k] = value.length;
      validity.set(start + k);
    }
  });
  const { offsets, total } = offsetsOf(lengths);
  const bytes = new Uint8Array(total);
  eachPart(parts, name, "pictures", ({ values }, rows, start) => {
    for (let k = 0; k < rows.length; k++) bytes.set(values[rows[k] ?? 0] ?? [], offsets[start + k]);
  });
  return makeData({ type: new Binary(), ...validity.common(), valueOffsets: offsets, data: bytes });
};

/** How each column type becomes an Arrow column. */
const MAKERS: Readonly<Record<ColumnType, Make>> = {
  bool: (parts, name, length) => {
    const numbers = new Int32Array(length);
    const common = numbersInto(numbers, parts, name, length);
    const values = new Validity(length);
    for (let i = 0; i < length; i++) if (numbers[i] === 1) values.set(i);
    return makeData({ type: new Bool(), ...common, data: values.bits });
  },
  string: texts,
  "timestamp[ns]": integers(new TimestampNanosecond()),
  binary: pictures,
  float64: (parts, name, length) => {
    const values = new Float64Array(length);
    const common = numbersInto(values, parts, name, length);
    return makeData({ type: new Float64(), ...common, data: values });
  },
  int64: integers(new Int64()),
  int32: (parts, name, length) => {
    const values = new Int32Array(length);
    const common = numbersInto(values, parts, name, length);
    return makeData({ type: new Int32(), ...common, data: values });
  },
};

/**
 * These rows as one record batch, in Arrow's IPC stream format. A column that a block lacks is null. The columns' own memory is given back at
 * once: what waits for a garbage collection stands beside the next batches.
 */
export function arrowStream(columns: readonly Column[], parts: readonly Rows[]): Uint8Array {
  const length = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const children = columns.map(({ name, type }) => MAKERS[type](parts, name, length));
  const schema = new Schema(columns.map(({ name }, i) => new Field(name, children[i]?.type ?? new Utf8(), true)));
  const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  const stream = tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), "stream");
  for (const { values, valueOffsets, nullBitmap } of children)
    for (const array of [values, valueOffsets, nullBitmap]) if (array) release(array.buffer);
  return stream;
}
