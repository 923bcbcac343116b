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
import type { ColumnData, Rows } from "../columns/block.ts";
import type { Column, ColumnName, ColumnType } from "../row.ts";

/** Visits the values of a column in the order of `parts`: `visit(data, row, i)` for value i of the result. */
function visitRows(
  parts: readonly Rows[],
  name: ColumnName,
  visit: (data: ColumnData | undefined, row: number, i: number) => void,
): void {
  let i = 0;
  for (const { block, rows } of parts) {
    const data = block.columns.get(name);
    for (let k = 0; k < rows.length; k++) visit(data, rows[k] ?? 0, i++);
  }
}

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
    const values = new BigInt64Array(length);
    const validity = new Validity(length);
    visitRows(parts, name, (data, row, i) => {
      if (data?.kind !== "integers" || data.present?.[row] === 0) return;
      values[i] = data.values[row] ?? 0n;
      validity.set(i);
    });
    return type instanceof Int64
      ? makeData({ type, ...validity.common(), data: values })
      : makeData({ type, ...validity.common(), data: values });
  };

function numbersInto(values: Float64Array | Int32Array | Validity, parts: readonly Rows[], name: ColumnName, length: number) {
  const validity = new Validity(length);
  visitRows(parts, name, (data, row, i) => {
    if (data?.kind !== "numbers" || data.present?.[row] === 0) return;
    const value = data.values[row] ?? 0;
    if (values instanceof Validity) {
      if (value === 1) values.set(i);
    } else values[i] = value;
    validity.set(i);
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
  visitRows(parts, name, (data, row, i) => {
    const code = data?.kind === "texts" ? (data.codes[row] ?? -1) : -1;
    if (data?.kind !== "texts" || code < 0) return;
    lengths[i] = data.dictionary.byteLength(code);
    validity.set(i);
  });
  const { offsets, total } = offsetsOf(lengths);
  const bytes = new Uint8Array(total);
  visitRows(parts, name, (data, row, i) => {
    const code = data?.kind === "texts" ? (data.codes[row] ?? -1) : -1;
    if (data?.kind === "texts" && code >= 0) data.dictionary.write(code, bytes, offsets[i] ?? 0);
  });
  return makeData({ type: new Utf8(), ...validity.common(), valueOffsets: offsets, data: bytes });
};

const pictures: Make = (parts, name, length) => {
  const validity = new Validity(length);
  const lengths = new Int32Array(length);
  const pictureOf = (data: ColumnData | undefined, row: number) => (data?.kind === "pictures" ? data.values[row] : undefined);
  visitRows(parts, name, (data, row, i) => {
    const value = pictureOf(data, row);
    if (!value) return;
    lengths[i] = value.length;
    validity.set(i);
  });
  const { offsets, total } = offsetsOf(lengths);
  const bytes = new Uint8Array(total);
  visitRows(parts, name, (data, row, i) => bytes.set(pictureOf(data, row) ?? [], offsets[i]));
  return makeData({ type: new Binary(), ...validity.common(), valueOffsets: offsets, data: bytes });
};

/** How each column type becomes an Arrow column. */
const MAKERS: Readonly<Record<ColumnType, Make>> = {
  bool: (parts, name, length) => {
    const values = new Validity(length);
    const common = numbersInto(values, parts, name, length);
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

/** These rows as one record batch, in Arrow's IPC stream format. A column that a block lacks is null. */
export function arrowStream(columns: readonly Column[], parts: readonly Rows[]): Uint8Array {
  const length = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const children = columns.map(({ name, type }) => MAKERS[type](parts, name, length));
  const schema = new Schema(columns.map(({ name }, i) => new Field(name, children[i]?.type ?? new Utf8(), true)));
  const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), "stream");
}
