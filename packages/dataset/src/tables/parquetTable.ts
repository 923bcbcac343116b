/** @file Tables in Parquet, read in slices of rows and only the wanted columns. */

import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, type MetadataOptions, parquetMetadataAsync, parquetReadObjects, parquetSchema, type SchemaTree } from "hyparquet"; // biome-ignore format: one import
import { compressors } from "hyparquet-compressors";
import { tableInvalid } from "./refused.ts";
import type { Kind, TableReader, TableRow } from "./row.ts";

/** Rows of a row group that are read at once; for row groups larger than the second number in bytes, the third number of rows. */
const SLICE = 10_000;
const LARGE_GROUP = 64e6;
const SLICE_OF_LARGE = 32;

/** @throws {DatasetError} TABLE_INVALID for a damaged file, now or when its rows are read */
export async function openParquetTable(path: string): Promise<TableReader> {
  const { file, metadata } = await readFooter(path);
  const kinds = new Map(parquetSchema(metadata).children.map((column) => [column.element.name, kindOfColumn(column)]));
  const names = [...kinds.keys()];
  const rows: TableReader["rows"] = (wanted = (all) => all) => readParquet(path, file, metadata, wanted(names));
  return { file: path, count: Number(metadata.num_rows), kinds, notes: [], rows, cell: cellReader(path, file, metadata) };
}

/** The kind of a column; null when it contains bytes. */
function kindOfColumn(column: SchemaTree): Kind | null {
  if (column.children.length > 0) return column.children.every((child) => kindOfColumn(child) !== null) ? "text" : null;
  const { type, converted_type: converted, logical_type: logical, repetition_type } = column.element;
  const is = (pattern: RegExp) => pattern.test(`${converted ?? ""} ${logical?.type ?? ""}`);
  if (type?.endsWith("BYTE_ARRAY") && !is(/UTF8|STRING|JSON|DECIMAL|UUID|FLOAT16/)) return null;
  if (repetition_type === "REPEATED") return "text";
  if (is(/DECIMAL|FLOAT16/) || type === "FLOAT" || type === "DOUBLE") return "number";
  if (type === "BOOLEAN") return "boolean";
  // Unsigned 64-bit integers may be too large for Parquet's signed ones.
  const fits = converted !== "UINT_64" && !(logical?.type === "INTEGER" && !logical.isSigned && logical.bitWidth === 64);
  return type?.startsWith("INT") && type !== "INT96" && fits && !is(/DATE|TIME/) ? "integer" : "text";
}

/** A time as text, with as many digits as the file has. */
const timeText = (time: bigint, digits: number): string => {
  const second = 10n ** BigInt(digits);
  const fraction = ((time % second) + second) % second;
  const whole = new Date(Number((time - fraction) / (second / 1000n)) || 0).toISOString().slice(0, 19);
  return `${whole}.${String(fraction).padStart(digits, "0")}Z`;
};

const parsers: MetadataOptions["parsers"] = {
  timestampFromMilliseconds: (time) => timeText(time, 3),
  timestampFromMicroseconds: (time) => timeText(time, 6),
  timestampFromNanoseconds: (time) => timeText(time, 9),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
};

async function readFooter(path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (error) {
    throw tableInvalid(path, `it is damaged or not Parquet (${(error as Error).message})`, error);
  }
}

async function readSlice(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
  [rowStart, rowEnd]: readonly [number, number],
): Promise<Record<string, unknown>[]> {
  const options = { file, metadata, compressors, parsers, columns: [...names], utf8: false, useOffsetIndex: true };
  return parquetReadObjects({ ...options, rowStart, rowEnd }).catch((error: Error) => {
    throw tableInvalid(path, `rows ${rowStart + 1} to ${rowEnd} cannot be read (${error.message})`, error);
  });
}

async function* readParquet(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
): AsyncGenerator<TableRow> {
  for (const range of slicesOf(metadata, names)) {
    const rows = await readSlice(path, file, metadata, names, range);
    for (const [i, values] of rows.entries()) {
      const number = range[0] + i + 1;
      yield { row: number, where: `row ${number}`, number, head: null, values, problem: null };
    }
  }
}

/** Returns a reader of single cells. It caches the slices around recent cells, so that cells requested in order are read once. */
function cellReader(path: string, file: AsyncBuffer, metadata: FileMetaData): (row: number, name: string) => Promise<unknown> {
  const slices = new Map<string, Promise<Record<string, unknown>[]>>();
  return async (row, name) => {
    const range = slicesOf(metadata, [name]).find(([start, end]) => start < row && row <= end);
    if (!range) return undefined;
    const key = `${name} ${range[0]}`;
    const slice = slices.get(key) ?? readSlice(path, file, metadata, [name], range);
    slices.set(key, slice);
    const [oldest] = slices.keys();
    if (slices.size > SLICES_KEPT && oldest !== undefined) slices.delete(oldest);
    return (await slice)[row - 1 - range[0]]?.[name];
  };
}

/** Slices in the cache: two neighbouring ones of two columns. */
const SLICES_KEPT = 4;

/**
 * Splits the rows of a Parquet file into the ranges that are read at once. Ranges are short only where the file has a page index:
 * without one, every range reads all pages of its row group.
 */
export function slicesOf(metadata: FileMetaData, names: readonly string[]): [start: number, end: number][] {
  const slices: [number, number][] = [];
  let start = 0;
  for (const group of metadata.row_groups) {
    const chunks = group.columns.filter(({ meta_data: chunk }) => names.includes(chunk?.path_in_schema[0] ?? ""));
    const bytes = chunks.reduce((sum, { meta_data: chunk }) => sum + Number(chunk?.total_uncompressed_size ?? 0), 0);
    const indexed = chunks.every(({ offset_index_offset }) => offset_index_offset !== undefined);
    const step = bytes > LARGE_GROUP && indexed ? SLICE_OF_LARGE : SLICE;
    const end = start + Number(group.num_rows);
    while (start < end) {
      slices.push([start, Math.min(end, start + step)]);
      start = Math.min(end, start + step);
    }
  }
  return slices;
}
