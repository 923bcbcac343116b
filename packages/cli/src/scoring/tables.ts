/** @file Tables of prompts and images: which columns hold them, and what each cell means. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import type { ImageFailure, ImageSource } from "@pickapic/pickscore/scoring";
import { CliError } from "../errors.ts";
import { type Carried, type CarriedColumn, CarriedColumns, kindOf } from "./carried.ts";
import { SCORED_NAMES } from "./output.ts";
import { broken, type Numbered, openReader, type Reader } from "./readers.ts";

/** Which columns hold what; null: found by their usual names. */
export interface Columns {
  readonly prompt: string | null;
  readonly images: readonly string[] | null;
  /** One prompt for all rows, instead of a column. */
  readonly fixedPrompt: string | null;
  /** Whether the other columns are read, too. */
  readonly carry: boolean;
}

/** One image of one row. */
export interface TableImage {
  /** 1 is the first row below the head. */
  readonly row: number;
  readonly prompt: string;
  /** A path, or how to call an image that lies in the table. */
  readonly name: string;
  readonly image: ImageSource | ImageFailure;
  /** What else the row holds: one object for all of its images. */
  readonly carried: Carried;
}

export interface Table {
  /** Images in the table, as far as that is known without reading all of a Parquet file. */
  readonly total: number;
  /** The other columns: those that come out again, and the names of those that do not, since they hold bytes. */
  readonly carried: readonly CarriedColumn[];
  readonly leftOut: readonly string[];
  /** The images of each row, in order. */
  rows(): AsyncGenerator<TableImage[]>;
}

/** The columns of a table; no prompt where one is given for all rows. */
interface Layout {
  readonly prompt: string | null;
  readonly images: readonly string[];
}

const PROMPTS = ["prompt", "caption", "text"];
const IMAGES = ["image", "images", "image_path", "file_name", "file", "path", "jpg"];
const NUMBERED_IMAGE = /^(image|img|jpg)(_?[0-9]{1,3}|_[a-z])(_path|_file)?$/;

/**
 * Opens a table and checks it: CSV and JSON Lines are read once to the end, so that a broken row is known before any work is done.
 * Paths are relative to the folder of the table, or else to the working folder.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_CLI_TABLE_BROKEN
 */
export async function openTable(file: string, columns: Columns, signal?: AbortSignal): Promise<Table> {
  const entry = await stat(file).catch(() => undefined);
  if (!entry) throw new CliError("PICKAPIC_CLI_FILE_MISSING", `There is no file ${file}: check the path after --input.`);
  if (entry.isDirectory())
    throw broken(file, "it is a folder; name a .csv, .jsonl or .parquet file, or give the folder without --input");
  if (entry.size === 0) throw broken(file, "it is empty (0 bytes)");
  const reader = await openReader(file);
  const layoutOf = layouts(file, columns);
  const others = new CarriedColumns(SCORED_NAMES);
  const left = new Set<string>();
  const wanted = (names: readonly string[]) => {
    const used = columnsOf(layoutOf(names));
    if (!columns.carry) return used;
    for (const name of names) {
      if (used.includes(name)) continue;
      const kind = reader.kinds?.get(name);
      if (kind === null) left.add(name);
      else others.add(name, kind ?? null);
    }
    return [...used, ...others.names()];
  };
  const read = () => reader.rows(wanted);
  const learn = ({ values }: Numbered, used: readonly string[]) => {
    if (columns.carry && !reader.kinds) addKinds(file, others, values, used);
  };
  const total = await countImages(reader, read(), layoutOf, learn, signal);
  if (total === 0) throw broken(file, `it has no row with ${columns.fixedPrompt === null ? "a prompt and " : ""}an image`);
  return {
    total,
    carried: others.columns(),
    leftOut: [...left],
    async *rows() {
      for await (const each of read()) {
        const layout = layoutOf(Object.keys(each.values));
        yield imagesOf(file, each, layout, columns.fixedPrompt, others.of(each.values, columnsOf(layout)));
      }
    },
  };
}

/** Names of a JSON Lines file: one with more has something else than names where they belong. */
const MOST_COLUMNS = 1 << 15;

function addKinds(file: string, others: CarriedColumns, values: Numbered["values"], used: readonly string[]): void {
  for (const [name, value] of Object.entries(values))
    if (!used.includes(name)) others.add(name, value === null || value === undefined || value === "" ? null : kindOf(value));
  if (others.size > MOST_COLUMNS) throw broken(file, `its rows have more than ${MOST_COLUMNS} different names`);
}

/** The images of a table; of a Parquet file from its first row. */
async function countImages(
  { count }: Reader,
  rows: AsyncGenerator<Numbered>,
  layoutOf: (names: readonly string[]) => Layout,
  learn: (row: Numbered, used: readonly string[]) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  let total = 0;
  for await (const row of rows) {
    signal?.throwIfAborted();
    const layout = layoutOf(Object.keys(row.values));
    learn(row, columnsOf(layout));
    const cells = cellsOf(row.values, layout.images);
    if (count !== null) return cells.length * count;
    total += cells.length;
  }
  return total;
}

const columnsOf = ({ prompt, images }: Layout): string[] => [...(prompt === null ? [] : [prompt]), ...images];

/** Finds the columns among names; the same names as the row before are not looked at again. */
function layouts(file: string, columns: Columns): (names: readonly string[]) => Layout {
  let last: { key: string; layout: Layout } | undefined;
  return (names) => {
    const key = names.join("\0");
    if (last?.key === key) return last.layout;
    const layout = {
      prompt: columns.fixedPrompt === null ? findColumn(file, names, columns.prompt, PROMPTS, "--prompt-column") : null,
      images: imageColumns(file, names, columns.images),
    };
    last = { key, layout };
    return layout;
  };
}

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

/** A value that is there, and how to call it. */
interface Cell {
  readonly value: unknown;
  readonly name: string;
}

/** The images of a row. A pair may lack its second image; of a row without any the first column is the failure. */
function cellsOf(values: Numbered["values"], columns: readonly string[]): Cell[] {
  const cells = columns.flatMap((column) =>
    [values[column]].flat().map((value, i) => ({ value, name: `${column}${i > 0 ? `[${i}]` : ""}` })),
  );
  const there = cells.filter(({ value }) => !missing(value));
  return there.length > 0 ? there : [cells[0] ?? { value: undefined, name: columns[0]! }];
}

function imagesOf(
  file: string,
  { row, where, values }: Numbered,
  layout: Layout,
  fixedPrompt: string | null,
  carried: Carried,
): TableImage[] {
  const prompt = layout.prompt === null ? fixedPrompt : values[layout.prompt];
  const isText = typeof prompt === "string" && prompt.trim() !== "";
  const unusable = isText ? null : failure(`${file}, ${where}: the prompt is ${missing(prompt) ? "empty" : "no text"}`);
  return cellsOf(values, layout.images).map(({ value, name }) => ({
    row,
    carried,
    prompt: typeof prompt === "string" ? prompt : "",
    name: pathIn(value) ?? `${name} of ${where}`,
    image:
      unusable ??
      sourceOf(value, file) ??
      failure(`${file}, ${where}: expected a path or the bytes of an image; got ${missing(value) ? "nothing" : typeof value}`),
  }));
}

const missing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === "string" && value.trim() === "");
const failure = (message: string): ImageFailure => ({ code: "PICKAPIC_IMAGE_UNREADABLE", message: `${message}.` });

/** A path or bytes; null for anything else. */
function sourceOf(value: unknown, file: string): ImageSource | null {
  if (value instanceof Uint8Array) return value;
  const bytes = structIn(value)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  const path = pathIn(value);
  return path === undefined ? null : resolvePath(path, file);
}

function pathIn(value: unknown): string | undefined {
  const path = typeof value === "string" ? value : structIn(value)?.path;
  return typeof path === "string" && path !== "" ? path : undefined;
}

/** The struct {bytes, path} that Hugging Face's datasets write. */
function structIn(value: unknown): { bytes?: unknown; path?: unknown } | undefined {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array) ? value : undefined;
}

function resolvePath(path: string, file: string): string {
  if (isAbsolute(path)) return path;
  const beside = resolve(dirname(file), path);
  return existsSync(beside) || !existsSync(path) ? beside : resolve(path);
}
