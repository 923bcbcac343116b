/** @file Tables of prompts and images: CSV, JSON Lines and Parquet, read row by row. */
import { createReadStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { ImageFailure, ImageSource } from "@pickapic/pickscore";
import { CsvError, type Info, parse } from "csv-parse";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { CliError } from "../errors.ts";

/** Which columns hold what; null: found by their usual names. */
export interface Columns {
  readonly prompt: string | null;
  readonly images: readonly string[] | null;
  /** One prompt for all rows, instead of a column. */
  readonly fixedPrompt: string | null;
}

/** One image of one row. */
export interface TableImage {
  /** 1 is the first row below the head. */
  readonly row: number;
  readonly prompt: string;
  /** A path, or how to call an image that lies in the table. */
  readonly name: string;
  readonly image: ImageSource | ImageFailure;
}

export interface Table {
  /** Images in the table, as far as that is known without reading all of it. */
  readonly total: number;
  /** The images of each row, in order. */
  rows(): AsyncGenerator<TableImage[]>;
}

type RawRow = Record<string, unknown>;

/** A row with its number and, for errors, where it stands in the file. */
interface Numbered {
  readonly row: number;
  readonly where: string;
  readonly values: RawRow;
}

const PROMPTS = ["prompt", "caption", "text"];
const IMAGES = ["image", "images", "image_path", "file_name", "file", "path", "jpg"];
const NUMBERED_IMAGE = /^(image|img|jpg)_?([0-9]{1,3}|[a-z])(_path|_file)?$/;
/** Characters of a row: a quote that is never closed would otherwise swallow the rest of the file. */
const LONGEST_ROW = 1 << 20;
/** Rows of a Parquet file that are read together when a row group is larger than the bytes below it. */
const SLICE = 32;
const GROUP_BYTES = 128e6;

/**
 * Opens a table and checks it: CSV and JSON Lines are read once to the end, so that a broken row is known before any work is done.
 * Paths are relative to the folder of the table, or else to the working folder.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_CLI_TABLE_BROKEN
 */
export async function openTable(file: string, columns: Columns): Promise<Table> {
  const entry = await stat(file).catch(() => undefined);
  if (!entry) throw new CliError("PICKAPIC_CLI_FILE_MISSING", `There is no file ${file}: check the path after --input.`);
  if (entry.isDirectory())
    throw broken(file, "it is a folder; name a .csv, .jsonl or .parquet file, or give the folder without --input");
  if (entry.size === 0) throw broken(file, "it is empty (0 bytes)");
  const read = READERS[extname(file).toLowerCase()];
  if (!read) throw broken(file, "its name does not end in .csv, .tsv, .jsonl or .parquet, which says how to read it");
  const rows = async function* () {
    for await (const numbered of read(file)) yield imagesOf(file, numbered, columns);
  };
  return { total: await count(rows, extname(file).toLowerCase() === ".parquet" ? file : null, columns), rows };
}

async function count(rows: () => AsyncGenerator<TableImage[]>, parquet: string | null, columns: Columns): Promise<number> {
  let total = 0;
  for await (const images of rows()) {
    if (parquet) return images.length * (await parquetRows(parquet));
    total += images.length;
  }
  if (total > 0) return total;
  throw broken(parquet ?? "the table", `it has no row with ${columns.fixedPrompt === null ? "a prompt and " : ""}an image`);
}

const READERS: Readonly<Record<string, (file: string) => AsyncGenerator<Numbered>>> = {
  ".csv": (file) => readCsv(file, ","),
  ".tsv": (file) => readCsv(file, "\t"),
  ".jsonl": readJsonLines,
  ".ndjson": readJsonLines,
  ".parquet": readParquet,
};

async function* readCsv(file: string, delimiter: string): AsyncGenerator<Numbered> {
  const parser = createReadStream(file).pipe(
    parse({ bom: true, columns: true, delimiter, skip_empty_lines: true, info: true, max_record_size: LONGEST_ROW }),
  );
  let row = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: RawRow; info: Info }>) {
      row++;
      yield { row, where: `line ${info.lines}`, values: record };
    }
  } catch (error) {
    if (error instanceof CsvError) throw broken(file, `row ${row + 1} is not CSV: ${error.message.replace(/\.$/, "")}`);
    throw error;
  }
}

async function* readJsonLines(file: string): AsyncGenerator<Numbered> {
  let line = 0;
  let row = 0;
  for await (const text of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) {
    line++;
    const bare = line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (bare.trim() === "") continue;
    row++;
    yield { row, where: `line ${line}`, values: jsonRow(file, line, bare) };
  }
}

/** An object, or a list [prompt, image, ...]. */
function jsonRow(file: string, line: number, text: string): RawRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(file, `line ${line} is not JSON`);
  }
  if (Array.isArray(value)) return { prompt: value[0], images: value.slice(1) };
  if (typeof value === "object" && value !== null) return value as RawRow;
  throw broken(file, `line ${line} is neither an object nor a list of a prompt and images`);
}

async function openParquet(file: string) {
  try {
    const buffer = await asyncBufferFromFile(file);
    return { file: buffer, metadata: await parquetMetadataAsync(buffer) };
  } catch (error) {
    throw broken(file, `it is damaged or not Parquet (${(error as Error).message})`);
  }
}

async function parquetRows(file: string): Promise<number> {
  return Number((await openParquet(file)).metadata.num_rows);
}

async function* readParquet(path: string): AsyncGenerator<Numbered> {
  const { file, metadata } = await openParquet(path);
  const wanted = parquetSchema(metadata)
    .children.map(({ element }) => element.name)
    .filter((name) => !NEVER.test(name));
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const step = Number(group.total_byte_size) > GROUP_BYTES ? SLICE : rows;
    for (let at = 0; at < rows; at += step) {
      const range = { rowStart: start + at, rowEnd: start + Math.min(rows, at + step) };
      const values = await parquetReadObjects({
        file,
        metadata,
        compressors,
        columns: wanted,
        utf8: false,
        useOffsetIndex: true,
        ...range,
      }).catch((error: Error) => {
        throw broken(path, `rows from ${range.rowStart + 1} on cannot be read (${error.message})`);
      });
      for (const [i, value] of values.entries()) {
        yield { row: range.rowStart + i + 1, where: `row ${range.rowStart + i + 1}`, values: value };
      }
    }
    start += rows;
  }
}

/** Columns of our own datasets that can hold no image and no prompt. */
const NEVER = /_(url|uid)$|^simulated$/;

function imagesOf(file: string, { row, where, values }: Numbered, columns: Columns): TableImage[] {
  const names = Object.keys(values);
  const promptColumn = columns.fixedPrompt === null ? findColumn(file, names, columns.prompt, PROMPTS, "--prompt-column") : null;
  const prompt = promptColumn === null ? columns.fixedPrompt : values[promptColumn];
  const images = imageColumns(file, names, columns.images).flatMap((column) =>
    [values[column]].flat().map((value, i) => ({ value, name: `${column}${i > 0 ? `[${i}]` : ""} of ${where}` })),
  );
  const unusable = typeof prompt === "string" && prompt.trim() !== "" ? null : failure(`${file}, ${where}: the prompt is empty`);
  // A pair may lack its second image; a row without any has one failure.
  const there = images.filter(({ value }) => !missing(value));
  const chosen = there.length > 0 ? there : images.slice(0, 1);
  return chosen.map(({ value, name }) => {
    const source = sourceOf(value, file);
    return {
      row,
      prompt: String(prompt ?? ""),
      name: nameOf(value) ?? name,
      image: unusable ?? source ?? failure(`${file}, ${where}: expected a path or the bytes of an image; got ${what(value)}`),
    };
  });
}

const missing = (value: unknown): boolean => value === null || value === undefined || value === "";
const what = (value: unknown): string => (missing(value) ? "nothing" : typeof value);
const failure = (message: string): ImageFailure => ({ code: "PICKAPIC_IMAGE_UNREADABLE", message: `${message}.` });

function findColumn(
  file: string,
  names: readonly string[],
  wanted: string | null,
  usual: readonly string[],
  option: string,
): string {
  if (wanted !== null && names.includes(wanted)) return wanted;
  const found = wanted === null ? usual.find((name) => names.includes(name)) : undefined;
  if (found !== undefined) return found;
  const expected = wanted === null ? `one of ${usual.join(", ")}` : `"${wanted}"`;
  throw broken(file, `a column is missing: expected ${expected}, and it has ${names.join(", ")} (${option} names another)`);
}

function imageColumns(file: string, names: readonly string[], wanted: readonly string[] | null): string[] {
  if (wanted !== null) return wanted.map((name) => findColumn(file, names, name, [], "--image-column"));
  const numbered = names.filter((name) => NUMBERED_IMAGE.test(name));
  return numbered.length > 0 ? numbered : [findColumn(file, names, null, IMAGES, "--image-column")];
}

/** A path, bytes, or the struct {bytes, path} that Hugging Face's datasets write; null for anything else. */
function sourceOf(value: unknown, file: string): ImageSource | null {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string" && value !== "") return pathOf(value, file);
  if (typeof value !== "object" || value === null) return null;
  const { bytes, path } = value as { bytes?: unknown; path?: unknown };
  if (bytes instanceof Uint8Array) return bytes;
  return typeof path === "string" && path !== "" ? pathOf(path, file) : null;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  const path = value instanceof Uint8Array ? undefined : (value as { path?: unknown } | null | undefined)?.path;
  return typeof path === "string" && path !== "" ? path : undefined;
}

function pathOf(path: string, file: string): string {
  if (isAbsolute(path)) return path;
  const beside = resolve(dirname(file), path);
  return existsSync(beside) || !existsSync(path) ? beside : path;
}

function broken(file: string, why: string): CliError {
  return new CliError("PICKAPIC_CLI_TABLE_BROKEN", `${file}: ${why}.`);
}
