/**
 * @file Reads an Arrow file, as Python's `datasets` writes it with `save_to_disk`: a stream of record batches, or the file format
 * with a footer.
 */

import { type FileHandle, open } from "node:fs/promises";
import {
  DataType,
  type Field,
  type RecordBatch,
  RecordBatchReader,
  StructRow,
  type Timestamp,
  TimeUnit,
  Vector,
} from "apache-arrow";
import { damaged } from "../shards/parquet.ts";
import type { ForeignCells, ForeignFile } from "./file.ts";

/** @throws {DatasetError} FILE_DAMAGED */
export async function openArrowFile(path: string, writtenAt: bigint): Promise<ForeignFile> {
  let fields: readonly Field[] = [];
  let count = 0;
  for await (const { schema, numRows } of batchesOf(path)) {
    fields = schema.fields;
    count += numRows;
  }
  return {
    path,
    writtenAt,
    notes: [],
    columns: fields.map(({ name }) => name),
    times: new Set(fields.filter(({ type }) => DataType.isTimestamp(type)).map(({ name }) => name)),
    count,
    async *rows(wanted) {
      for await (const batch of batchesOf(path)) yield* rowsOf(batch, wanted);
    },
  };
}

/** Yields record batches; one is in memory at a time. */
async function* batchesOf(path: string): AsyncGenerator<RecordBatch> {
  const handle: FileHandle = await open(path);
  try {
    const reader = await RecordBatchReader.from(handle);
    await reader.open();
    for await (const batch of reader) yield batch;
  } catch (cause) {
    throw damaged(path, cause, "Arrow");
  } finally {
    await handle.close();
  }
}

function* rowsOf(batch: RecordBatch, wanted: readonly string[]): Generator<ForeignCells> {
  const columns = wanted.flatMap((name) => {
    const vector = batch.getChild(name);
    return vector ? [{ name, at: cellReader(vector) }] : [];
  });
  for (let row = 0; row < batch.numRows; row++) yield Object.fromEntries(columns.map(({ name, at }) => [name, at(row)]));
}

/** Nanoseconds per unit of time. */
const NANOSECONDS: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1_000_000_000n,
  [TimeUnit.MILLISECOND]: 1_000_000n,
  [TimeUnit.MICROSECOND]: 1_000n,
  [TimeUnit.NANOSECOND]: 1n,
};

function cellReader(vector: Vector): (row: number) => unknown {
  const { type } = vector;
  if (DataType.isTimestamp(type)) return timeReader(vector as Vector<Timestamp>);
  return (row) => plain(vector.get(row));
}

/** Returns a reader of exact times, because the library rounds times to milliseconds. */
function timeReader(vector: Vector<Timestamp>): (row: number) => bigint | null {
  const unit = NANOSECONDS[vector.type.unit];
  return (row) => {
    let at = row;
    for (const { length, values, offset } of vector.data) {
      if (at < length)
        return vector.isValid(row) ? BigInt(values[values.length === length ? at : offset + at] ?? 0) * unit : null;
      at -= length;
    }
    return null;
  };
}

/** Converts lists to arrays and structs to objects. */
function plain(value: unknown): unknown {
  if (value instanceof StructRow)
    return Object.fromEntries(Object.entries(value.toJSON()).map(([name, each]) => [name, plain(each)]));
  return value instanceof Vector ? Array.from(value, plain) : value;
}
