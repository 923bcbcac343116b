/** @file Opens a table by its content: separated text, JSON, JSON Lines or Parquet. */

import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { placeholderOf, type SignatureKind, signatureOf, startOfFile } from "@pickapic/disk";
import { refusalOf } from "@pickapic/errors";
import { DatasetError } from "../errors.ts";
import { startOfTable, unpackedName } from "./bytes.ts";
import { type Encoding, encodingOf } from "./encoding.ts";
import { parseJson, readJson, readJsonLines } from "./json.ts";
import { openParquetTable } from "./parquetTable.ts";
import { tableInvalid } from "./refused.ts";
import type { TableReader } from "./row.ts";
import { readSeparated } from "./separated.ts";

/** Bytes from which encoding and kind are recognised. */
const SNIFFED = 1 << 16;

/**
 * Opens a table. Its kind is recognised by its first bytes; its name decides only between separated text and JSON. A table of text may be
 * compressed with gzip.
 * @throws {DatasetError} NOT_FOUND when there is no such file; EMPTY for a file of 0 bytes; TABLE_INVALID for a file that is not
 * a table
 */
export async function openTableFile(file: string): Promise<TableReader> {
  const head = await headOf(file);
  if (signatureOf(head) === "parquet") return openParquetTable(file);
  refuseOther(file, head);
  const encoding = await encodingOf(file, head);
  const read = readerOf(file, head, encoding);
  return {
    file,
    count: null,
    kinds: null,
    notes: encoding.note === null ? [] : [encoding.note],
    rows: () => read(file, encoding),
  };
}

/**
 * Reads the first bytes of a table or text, 64 KiB or all, after decompression.
 * @throws {DatasetError} NOT_FOUND, EMPTY; TABLE_INVALID for a folder and for a compressed file that is no text
 */
export async function headOf(file: string): Promise<Uint8Array> {
  const entry = await stat(file).catch(() => undefined);
  if (!entry) throw new DatasetError("PICKAPIC_DATASET_NOT_FOUND", file, "is not there: expected a table");
  if (entry.isDirectory())
    throw tableInvalid(file, "it is a folder; expected a .csv, .tsv, .jsonl, .json (also .gz) or .parquet file");
  if (entry.size === 0 && entry.isFile())
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${file}: it is empty (0 bytes); expected a head and at least one row.`);
  const head = await startOfFile(file, SNIFFED).catch((cause: unknown) => {
    throw new DatasetError("PICKAPIC_DATASET_NOT_FOUND", file, `cannot be read (${refusalOf(cause)})`).because(cause);
  });
  return signatureOf(head) === "gzip" ? unpackedHead(file) : head;
}

/** Returns the first decompressed bytes of a gzip file. @throws {DatasetError} TABLE_INVALID, EMPTY */
async function unpackedHead(file: string): Promise<Uint8Array> {
  const head = await startOfTable(file, SNIFFED);
  const isArchive = Buffer.from(head.subarray(TAR_MARK, TAR_MARK + 5)).toString("latin1") === "ustar";
  if (isArchive || signatureOf(head) === "parquet")
    throw tableInvalid(
      file,
      `it is compressed with gzip, and ${isArchive ? "an archive (tar)" : "Parquet"} is in it: unpack it first`,
    );
  if (head.length > 0) return head;
  throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${file}: nothing is in it (0 bytes); expected a head and at least one row.`);
}

/** Where a tar file has its mark, bytes from the start. */
const TAR_MARK = 257;

/** What to do with other files that are often given by mistake. */
const OTHERS: { readonly [kind in SignatureKind]?: string } = {
  zip: "it is a workbook or archive (ZIP): save the sheet as CSV",
  ole: "it is an old Excel workbook: save the sheet as CSV",
  gzip: "it is compressed with gzip twice: unpack it first",
  zstandard: "it is compressed with Zstandard: unpack it first",
  pdf: "it is a PDF: save the table as CSV",
  arrow: "it is an Arrow file: expected CSV, JSON Lines or Parquet",
};

/** Refuses a file that is no table, by its first bytes, and says what to do with it. @throws {DatasetError} TABLE_INVALID */
export function refuseOther(file: string, head: Uint8Array): void {
  const kind = signatureOf(head);
  const other = (kind && OTHERS[kind]) ?? placeholderOf(head);
  if (other) throw tableInvalid(file, other);
}

type Read = typeof readSeparated;

function readerOf(file: string, head: Uint8Array, { name }: Encoding): Read {
  const extension = extname(unpackedName(file)).toLowerCase();
  if ([".csv", ".tsv", ".tab"].includes(extension)) return readSeparated;
  const text = new TextDecoder(name).decode(head, { stream: true });
  const [first = "", second = ""] = text.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  const lines = isWhole(first) && (second !== "" || !Array.isArray(parseJson(first)));
  if ([".jsonl", ".ndjson"].includes(extension)) return /^\s*\[/.test(first) && !isWhole(first) ? readJson : readJsonLines;
  if (extension === ".json") return lines && second !== "" ? readJsonLines : readJson;
  if (!/^\s*(\{|\[\s*[{[]?)/.test(first)) return readSeparated;
  return lines ? readJsonLines : readJson;
}

function isWhole(text: string): boolean {
  try {
    return typeof parseJson(text) === "object";
  } catch {
    return false;
  }
}
