/** @file Reads Parquet files: the schema, and the rows of a row group. */

import {
  type FileMetaData,
  type MetadataOptions,
  type ParquetReadOptions,
  parquetMetadataAsync,
  parquetReadObjects,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { DatasetError } from "../errors.ts";
import type { ReadableFile } from "../files.ts";
import type { ColumnName, ColumnType } from "../row.ts";

/** A row as stored: any column may be null or missing. */
export type RawRow = Partial<Record<ColumnName, unknown>>;

/** The column type of a schema element, or a description of another type. */
export function typeOf(element: SchemaElement): ColumnType | string {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === "TIMESTAMP" || type === "INT96" || converted?.startsWith("TIMESTAMP")) return "timestamp[ns]";
  if (type === "BYTE_ARRAY") {
    if (converted === "UTF8" || logical?.type === "STRING") return "string";
    return converted || logical ? String(converted ?? logical?.type) : "binary";
  }
  const plain = !logical && !converted;
  const signed = (bits: number) =>
    converted === `INT_${bits}` || (logical?.type === "INTEGER" && logical.isSigned && logical.bitWidth === bits);
  if (type === "INT64" && (plain || signed(64))) return "int64";
  if (type === "INT32" && (plain || signed(32))) return "int32";
  if (type === "BOOLEAN") return "bool";
  if (type === "DOUBLE") return "float64";
  return String(converted ?? logical?.type ?? type ?? "a nested column");
}

/** Reads times as nanoseconds, whatever unit the file has. */
export const parsers: MetadataOptions["parsers"] = {
  timestampFromMilliseconds: (value: bigint) => value * 1_000_000n,
  timestampFromMicroseconds: (value: bigint) => value * 1_000n,
  timestampFromNanoseconds: (value: bigint) => value,
};

/** The footer of a Parquet file. `path` is for the error only. */
export async function readFooter(file: ReadableFile, path: string): Promise<FileMetaData> {
  try {
    if (file.byteLength < 12) throw new Error(`the file has ${file.byteLength} bytes`);
    return await parquetMetadataAsync(file, { parsers, geoparquet: false, initialFetchSize: 1 << 16 });
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/** A part of an opened Parquet file to read: some columns of a range of rows. */
export interface GroupRead {
  readonly file: ReadableFile;
  readonly metadata: FileMetaData;
  readonly columns: readonly ColumnName[];
  /** Rows of the file, end exclusive. */
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** Rows rowStart ... rowEnd - 1 of a file, these columns only. `path` is for the error only. */
export async function readRows({ file, columns, ...range }: GroupRead, path: string): Promise<RawRow[]> {
  const options: Omit<ParquetReadOptions, "onComplete"> = {
    ...range,
    file,
    columns: [...columns],
    utf8: false,
    useOffsetIndex: true,
    parsers,
    compressors,
    geoparquet: false,
  };
  try {
    return (await parquetReadObjects(options)) as RawRow[];
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/** The error for a file whose content is not what its name or its beginning says. */
export function damaged(path: string, cause: unknown, format = "Parquet"): DatasetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatasetError(
    "PICKAPIC_DATASET_FILE_DAMAGED",
    path,
    `it is damaged or cut short and cannot be read as ${format} (${reason}); copy or download it again`,
  ).because(cause);
}
