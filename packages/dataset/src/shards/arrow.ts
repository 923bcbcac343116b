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

  /** The properties that every column has. */
  common() {
    const nullCount = this.#length - this.#valid;
    return { length: this.#length, nullCount, nullBitmap: nullCount > 0 ? this.bits : undefined };
  }
}

type Make = (parts: readonly Rows[], name: ColumnName, length: number) => Data;

const integers =
  (type: Int64 | TimestampNanosecond): Make =>
  (parts, name, length) => {
    // Values are copied as two halves, so that no bigint is made for each.
    const halves = new Int32Array(2 * length);
    const validity = new Validity(length);
    eachPart(parts, name, "integers", ({ values, present }, rows, start) => {
      const from = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
      for (let k = 0; k < rows.length; k++) {
        const row = rows[k] ?? 0;
        if (present?.[row] === 0) continue;
        halves[2 * (start + k)] = from[2 * row] ?? 0;
        halves[2 * (start + k) + 1] = from[2 * row + 1] ?? 0;
        validity.set(start + k);
      }
    });
    const data = new BigInt64Array(halves.buffer);
    return type instanceof Int64
      ? makeData({ type, ...validity.common(), data })
      : makeData({ type, ...validity.common(), data });
  };

function numbersInto(values: Float64Array | Int32Array, parts: readonly Rows[], name: ColumnName, length: number) {
  const validity = new Validity(length);
  eachPart(parts, name, "numbers", ({ values: from, present }, rows, start) => {
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] ?? 0;
      if (present?.[row] === 0) continue;
      values[start + k] = from[row] ?? 0;
      validity.set(start + k);
    }
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
  eachPart(parts, name, "texts", ({ codes, dictionary }, rows, start) => {
    for (let k = 0; k < rows.length; k++) {
      const code = codes[rows[k] ?? 0] ?? -1;
      if (code < 0) continue;
      lengths[start + k] = dictionary.byteLength(code);
      validity.set(start + k);
    }
  });
  const { offsets, total } = offsetsOf(lengths);
  const bytes = new Uint8Array(total);
  eachPart(parts, name, "texts", ({ codes, dictionary }, rows, start) => {
    for (let k = 0; k < rows.length; k++) {
      const code = codes[rows[k] ?? 0] ?? -1;
      if (code >= 0) dictionary.write(code, bytes, offsets[start + k] ?? 0);
    }
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

/** Gives back the memory of a buffer, whose arrays are empty then. */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
