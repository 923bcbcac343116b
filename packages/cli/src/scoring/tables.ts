/** @file Reads tables of prompts and images: finds their columns, and the images in each row. */
import { dirname, resolve } from "node:path";
import {
  byCanonical,
  bytesIn,
  canonical,
  Faults,
  firstOf,
  imageColumnsOf,
  locatePicture,
  openTableFile,
  PROMPT_NAMES,
  pathIn,
  type TableReader,
  type TableRow,
  tableInvalid,
} from "@pickapic/dataset";
import type { ImageFailure, ImageSource } from "@pickapic/pickscore/scoring";
import { type Carried, type CarriedColumn, CarriedColumns, kindOf } from "./carried.ts";
import { SCORED_NAMES } from "./output.ts";

/** Names the columns of a table. Those that are null are found by their usual names. */
export interface Columns {
  readonly prompt: string | null;
  readonly images: readonly string[] | null;
  /** One prompt for all rows, instead of a column. */
  readonly fixedPrompt: string | null;
  /** True to read the other columns as well. */
  readonly carry: boolean;
}

/** One image of one row. */
export interface TableImage {
  /** Number of the row. 1 is the first row below the head. */
  readonly row: number;
  readonly prompt: string;
  /** A path or, for an image inside the table, the column and row that hold it. */
  readonly name: string;
  readonly image: ImageSource | ImageFailure;
  /** The other values of the row, shared by all its images. */
  readonly carried: Carried;
}

/** An opened table of prompts and images. Its rows are read again whenever `rows` is iterated. */
export interface Table {
  /** Number of images. For a Parquet file it is estimated from the first row. */
  readonly total: number;
  /** The other columns that can be carried over into the output. */
  readonly carried: readonly CarriedColumn[];
  /** Names of the other columns that cannot, because they hold bytes. */
  readonly leftOut: readonly string[];
  /** Sentences about what was guessed, such as the encoding. */
  readonly notes: readonly string[];
  /** Yields the images of each row, in order. */
  rows(): AsyncGenerator<TableImage[]>;
}

/** The names of the columns. `prompt` is null if one prompt is given for all rows. */
interface Layout {
  readonly prompt: string | null;
  readonly images: readonly string[];
}

/**
 * Opens a table and checks it. Tables other than Parquet are read once to the end, so that broken rows are reported before any work is done.
 * Paths are relative to the folder of the table, or else to the working folder.
 * @throws {DatasetError} NOT_FOUND, EMPTY, TABLE_INVALID
 */
export async function openTable(file: string, columns: Columns, signal?: AbortSignal): Promise<Table> {
  const reader = await openTableFile(file);
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
  const learn = ({ values }: TableRow, used: readonly string[]) => {
    if (columns.carry && !reader.kinds) addKinds(file, others, values, used);
  };
  const total = await countImages(reader, read(), layoutOf, learn, signal);
  if (total === 0) throw tableInvalid(file, `it has no row with ${columns.fixedPrompt === null ? "a prompt and " : ""}an image`);
  return {
    total,
    carried: others.columns(),
    leftOut: [...left],
    notes: reader.notes,
    async *rows() {
      for await (const each of read()) {
        const layout = layoutOf(Object.keys(each.values));
        yield imagesOf(file, each, layout, columns.fixedPrompt, others.of(each.values, columnsOf(layout)));
      }
    },
  };
}

/** Largest number of different names in a JSON Lines file. A file with more does not have column names as its keys. */
const MOST_COLUMNS = 1 << 15;

function addKinds(file: string, others: CarriedColumns, values: TableRow["values"], used: readonly string[]): void {
  for (const [name, value] of Object.entries(values))
    if (!used.includes(name)) others.add(name, value === null || value === undefined || value === "" ? null : kindOf(value));
  if (others.size > MOST_COLUMNS) throw tableInvalid(file, `its rows have more than ${MOST_COLUMNS} different names`);
}

/**
 * Counts the images of a table. For a Parquet file, multiplies those of the first row by the number of rows.
 * @param learn called for each row that is read
 * @throws {DatasetError} TABLE_INVALID, which lists the rows that are broken
 */
async function countImages(
  { file, count }: TableReader,
  rows: AsyncGenerator<TableRow>,
  layoutOf: (names: readonly string[]) => Layout,
  learn: (row: TableRow, used: readonly string[]) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const faults = new Faults(file);
  let total = 0;
  for await (const row of rows) {
    signal?.throwIfAborted();
    if (row.problem !== null) {
      faults.add(row.where, row.problem);
      continue;
    }
    const layout = layoutOf(Object.keys(row.values));
    learn(row, columnsOf(layout));
    const cells = cellsOf(row.values, layout.images);
    if (count !== null) return cells.length * count;
    total += cells.length;
  }
  faults.throwIfAny();
  return total;
}

const columnsOf = ({ prompt, images }: Layout): string[] => [...(prompt === null ? [] : [prompt]), ...images];

/** Returns a function that finds the columns among the names of a row. It remembers its last result, because rows mostly have the same names. */
function layouts(file: string, columns: Columns): (names: readonly string[]) => Layout {
  let last: { key: string; layout: Layout } | undefined;
  return (names) => {
    const key = names.join("\0");
    if (last?.key === key) return last.layout;
    const layout = {
      prompt: columns.fixedPrompt === null ? promptColumn(file, names, columns.prompt) : null,
      images: imageColumns(file, names, columns.images),
    };
    last = { key, layout };
    return layout;
  };
}

function promptColumn(file: string, names: readonly string[], wanted: string | null): string {
  if (wanted !== null) return named(file, names, wanted, "--prompt-column");
  const found = firstOf(byCanonical(names), PROMPT_NAMES);
  return found ?? missingColumn(file, names, `one of ${PROMPT_NAMES.join(", ")}`, "--prompt-column");
}

function imageColumns(file: string, names: readonly string[], wanted: readonly string[] | null): readonly string[] {
  if (wanted !== null) return wanted.map((name) => named(file, names, name, "--image-column"));
  const found = imageColumnsOf(byCanonical(names));
  return found.length > 0
    ? found
    : [missingColumn(file, names, "image, or several such as image_a and image_b", "--image-column")];
}

/** Returns the column that an option names. Upper and lower case and blanks may differ. */
function named(file: string, names: readonly string[], wanted: string, option: string): string {
  if (names.includes(wanted)) return wanted;
  return byCanonical(names).get(canonical(wanted)) ?? missingColumn(file, names, `"${wanted}"`, option);
}

function missingColumn(file: string, names: readonly string[], expected: string, option: string): never {
  throw tableInvalid(file, `a column is missing: expected ${expected}, and it has ${names.join(", ")} (${option} names another)`);
}

/** A value of a row, and how messages call it. */
interface Cell {
  readonly value: unknown;
  readonly name: string;
}

/** Returns the images of a row without missing ones. If all are missing, returns the first one, which then becomes the row's failure. */
function cellsOf(values: TableRow["values"], columns: readonly string[]): Cell[] {
  const cells = columns.flatMap((column) =>
    imagesIn(values[column]).map((value, i) => ({ value, name: `${column}${i > 0 ? `[${i}]` : ""}` })),
  );
  const there = cells.filter(({ value }) => !missing(value));
  return there.length > 0 ? there : [cells[0] ?? { value: undefined, name: columns[0] ?? "image" }];
}

/** Returns the images of a cell: all items of a list, unless the list is the bytes of one image. */
const imagesIn = (value: unknown): readonly unknown[] => (Array.isArray(value) && bytesIn(value) === undefined ? value : [value]);

async function imagesOf(
  file: string,
  { row, where, values }: TableRow,
  layout: Layout,
  fixedPrompt: string | null,
  carried: Carried,
): Promise<TableImage[]> {
  const prompt = layout.prompt === null ? fixedPrompt : values[layout.prompt];
  const isText = typeof prompt === "string" && prompt.trim() !== "";
  const unusable = isText ? null : failure(`${file}, ${where}: the prompt is ${missing(prompt) ? "empty" : "no text"}`);
  const image = async ({ value, name }: Cell): Promise<TableImage> => ({
    row,
    carried,
    prompt: typeof prompt === "string" ? prompt : "",
    name: pathIn(value) ?? `${name} of ${where}`,
    image: unusable ?? (await sourceOf(value, file, where)),
  });
  return Promise.all(cellsOf(values, layout.images).map(image));
}

const missing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === "string" && value.trim() === "");
const failure = (message: string): ImageFailure => ({ code: "PICKAPIC_IMAGE_UNREADABLE", message: `${message}.` });

/** Returns the bytes or the path of an image, or why there is neither. */
async function sourceOf(value: unknown, file: string, where: string): Promise<ImageSource | ImageFailure> {
  const bytes = bytesIn(value);
  if (bytes) return bytes;
  const path = pathIn(value);
  if (path === undefined)
    return failure(
      `${file}, ${where}: expected a path or the bytes of an image; got ${missing(value) ? "nothing" : typeof value}`,
    );
  const located = await locatePicture(path, file);
  if ("path" in located) return located.path;
  // If there is only one place where the file can be, reading it reports that it is missing.
  return located.tried.length === 1 ? resolve(dirname(file), path) : failure(`${file}, ${where}: ${located.problem}`);
}
