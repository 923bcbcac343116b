/** @file CSV, JSON Lines and Parquet as numbered rows, read as they are asked for. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream";
import { CsvError, type Info, parse } from "csv-parse";
import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, type MetadataOptions, parquetMetadataAsync, parquetReadObjects, parquetSchema, type SchemaTree } from "hyparquet"; // biome-ignore format: one import
import { compressors } from "hyparquet-compressors";
import { CliError } from "../errors.ts";
import { type Kind, parseJson } from "./carried.ts";

/** A row with its number and, for errors, where it stands in the file. */
export interface Numbered {
  /** 1 is the first row below the head. */
  readonly row: number;
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Reader {
  /** Rows of the file; null where one must read to the end to know. */
  readonly count: number | null;
  /** What each column holds, null for bytes; null for all where one must read to the end to know. */
  readonly kinds: ReadonlyMap<string, Kind | null> | null;
  /** @param wanted says which of the columns are needed; others may be left out */
  rows(wanted: (names: readonly string[]) => readonly string[]): AsyncGenerator<Numbered>;
}

/** What bytes that are not UTF-8 become when they are read. */
const REPLACED = "\uFFFD";
/** Characters of a row: a quote that is never closed would otherwise swallow the rest of the file. */
const LONGEST_ROW = 1 << 20;
/** Bytes of a file that say which separator it has. */
const SNIFFED = 1 << 16;
/** Rows of a Parquet row group that are read together: where its columns have more bytes than the number below, as few as the second says. */
const SLICE = 10_000;
const LARGE_GROUP = 64e6;
const SLICE_OF_LARGE = 32;

/** @throws CliError PICKAPIC_CLI_TABLE_BROKEN */
export async function openReader(file: string): Promise<Reader> {
  const openKind = READERS[extname(file).toLowerCase()];
  if (openKind) return openKind(file);
  throw broken(file, "its name does not end in .csv, .tsv, .jsonl or .parquet, which says how to read it");
}

export function broken(file: string, why: string): CliError {
  return new CliError("PICKAPIC_CLI_TABLE_BROKEN", `${file}: ${why}.`);
}

const READERS: Readonly<Record<string, (file: string) => Reader | Promise<Reader>>> = {
  ".csv": (file) => ({ count: null, kinds: null, rows: () => readCsv(file) }),
  ".tsv": (file) => ({ count: null, kinds: null, rows: () => readCsv(file) }),
  ".jsonl": (file) => ({ count: null, kinds: null, rows: () => readJsonLines(file) }),
  ".ndjson": (file) => ({ count: null, kinds: null, rows: () => readJsonLines(file) }),
  ".parquet": openParquet,
};

async function* readCsv(file: string): AsyncGenerator<Numbered> {
  const columns = (names: string[]) => headOf(file, names);
  const options = { bom: true, columns, skip_empty_lines: true, info: true, max_record_size: LONGEST_ROW } as const;
  const parser = parse({ ...options, delimiter: await delimiterOf(file) });
  // What goes wrong with the file ends the parser, and so the loop below.
  pipeline(createReadStream(file), parser, () => {});
  let row = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: Info }>) {
      row++;
      const cells = Object.values(record).join();
      const line = info.lines - (cells.match(/\r\n|\r|\n/g)?.length ?? 0);
      checkText(file, line, cells);
      yield { row, where: `line ${line}`, values: record };
    }
  } catch (error) {
    throw error instanceof CsvError ? notCsv(file, error) : error;
  }
}

/** The names of the columns; of two alike one would be lost. */
function headOf(file: string, cells: readonly string[]): string[] {
  if (cells.some((cell) => cell.includes(REPLACED))) throw broken(file, "its head is not UTF-8: save the table in that encoding");
  // The index that pandas writes has no name.
  const names = cells.map((cell, i) => cell.trim() || `column_${i + 1}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw broken(file, `the column "${twice}" is there twice: give each a name of its own`);
  return names;
}

/** The parser is ahead of the rows that were taken from it; it says itself how many it had read. */
function notCsv(file: string, error: CsvError): CliError {
  const { records, columns, record } = error as { records?: number; columns?: unknown[]; record?: unknown[] };
  const reasons: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: "a quote is opened there and never closed",
    CSV_MAX_RECORD_SIZE: `it has more than ${LONGEST_ROW} characters, perhaps because a quote is not closed`,
    CSV_RECORD_INCONSISTENT_COLUMNS: `expected ${columns?.length} cells, as in the head; got ${record?.length}`,
  };
  return broken(file, `row ${(records ?? 0) + 1} is not CSV: ${reasons[error.code] ?? error.message.replace(/\.$/, "")}`);
}

async function delimiterOf(file: string): Promise<string> {
  const { separatorOf } = await import("@pickapic/dataset");
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFFED), 0, SNIFFED, 0);
  return separatorOf(buffer.toString("utf8", 0, bytesRead), file);
}

async function* readJsonLines(file: string): AsyncGenerator<Numbered> {
  let line = 0;
  let row = 0;
  for await (const text of linesOf(file)) {
    line++;
    const bare = line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (bare.trim() === "") continue;
    checkText(file, line, bare);
    row++;
    yield { row, where: `line ${line}`, values: jsonRow(file, line, bare) };
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  let line = 1;
  for await (const chunk of createReadStream(file, "utf8")) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop()!;
    line += lines.length;
    if (rest.length > LONGEST_ROW) throw broken(file, `line ${line} has more than ${LONGEST_ROW} characters`);
    yield* lines;
  }
  yield rest;
}

/** An object, or a list [prompt, image, ...]. */
function jsonRow(file: string, line: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw broken(file, `line ${line} is not JSON`);
  }
  if (Array.isArray(value)) return { prompt: value[0], images: value.slice(1) };
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw broken(file, `line ${line} is neither an object nor a list of a prompt and images`);
}

function checkText(file: string, line: number, text: string): void {
  if (text.includes(REPLACED)) throw broken(file, `line ${line} is not UTF-8: save the table in that encoding`);
}

async function openParquet(path: string): Promise<Reader> {
  const { file, metadata } = await readFooter(path);
  const kinds = new Map(parquetSchema(metadata).children.map((column) => [column.element.name, kindOfColumn(column)]));
  const rows: Reader["rows"] = (wanted) => readParquet(path, file, metadata, wanted([...kinds.keys()]));
  return { count: Number(metadata.num_rows), kinds, rows };
}

/** What the reader makes of a column; null where there are bytes somewhere in it. */
function kindOfColumn(column: SchemaTree): Kind | null {
  if (column.children.length > 0) return column.children.every((child) => kindOfColumn(child) !== null) ? "text" : null;
  const { type, converted_type: converted, logical_type: logical, repetition_type } = column.element;
  const is = (pattern: RegExp) => pattern.test(`${converted ?? ""} ${logical?.type ?? ""}`);
  if (type?.endsWith("BYTE_ARRAY") && !is(/UTF8|STRING|JSON|DECIMAL|UUID|FLOAT16/)) return null;
  if (repetition_type === "REPEATED") return "text";
  if (is(/DECIMAL|FLOAT16/) || type === "FLOAT" || type === "DOUBLE") return "number";
  if (type === "BOOLEAN") return "boolean";
  // Unsigned ones of 64 bits may be too large for Parquet's integers.
  const fits = converted !== "UINT_64" && !(logical?.type === "INTEGER" && !logical.isSigned && logical.bitWidth === 64);
  return type?.startsWith("INT") && type !== "INT96" && fits && !is(/DATE|TIME/) ? "integer" : "text";
}

/** A time as text, with the digits that the file has. */
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
    throw broken(path, `it is damaged or not Parquet (${(error as Error).message})`);
  }
}

async function* readParquet(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
): AsyncGenerator<Numbered> {
  const options = { file, metadata, compressors, parsers, columns: [...names], utf8: false, useOffsetIndex: true };
  for (const [rowStart, rowEnd] of slicesOf(metadata, names)) {
    const rows = await parquetReadObjects({ ...options, rowStart, rowEnd }).catch((error: Error) => {
      throw broken(path, `rows ${rowStart + 1} to ${rowEnd} cannot be read (${error.message})`);
    });
    for (const [i, values] of rows.entries()) {
      yield { row: rowStart + i + 1, where: `row ${rowStart + i + 1}`, values };
    }
  }
}

/** Ranges of rows to read together. Few at a time only where an index says on which page each row is: without it each part would read all pages. */
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
