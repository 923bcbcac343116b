/** @file Writes scores to a CSV, JSON Lines or Parquet file as they come. The file appears only when it is complete. */
import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import type { Kind } from "@pickapic/dataset";
import { type OpenFile, openWholeFile } from "@pickapic/disk";
import { stringify } from "csv-stringify/sync";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { CliError } from "../errors.ts";
import { type Carried, type CarriedColumn, cellText, jsonText, parquetCell } from "./carried.ts";

/** An image with its score. Unknown values are null. */
export interface Scored {
  /** Its row in the table, or its place among the images on the command line, from 1. */
  row: number;
  prompt: string;
  image: string;
  /** Its rank among the images of the same row of a table, or among all images on the command line. 1 is best. */
  rank: number | null;
  score: number | null;
  /** The probability that it is preferred among the same images, 0...1. */
  probability: number | null;
  /** The percentile of its score among the images of --baseline, 0...100. */
  percentile?: number | null;
  /** The probability that it is preferred to an image of --baseline, 0...1. */
  preferred?: number | null;
  error: string | null;
}

/** A row of the output: an image with its score, and the carried values of its row in the table. */
export interface ScoredRow {
  readonly scored: Scored;
  readonly carried: Carried;
}

/** A file that takes scored rows in order. It has no name until `close`, so that a half-written one is never seen. */
export interface Sink {
  write(rows: readonly ScoredRow[]): Promise<void>;
  /** Completes the file and gives it its name. */
  close(): Promise<void>;
  /** Deletes the incomplete file. After `close` it does nothing. */
  abandon(): Promise<void>;
}

/** The Parquet type of each kind of column. */
const ELEMENTS: Record<Kind, Omit<SchemaElement, "name">> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
};

/** The kinds of the columns of scores, in the order of the output. */
const KINDS: Record<keyof Scored, Kind> = {
  row: "integer",
  prompt: "text",
  image: "text",
  rank: "integer",
  score: "number",
  probability: "number",
  percentile: "number",
  preferred: "number",
  error: "text",
};

/** The names of the columns of scores. */
export const SCORED_NAMES: readonly string[] = Object.keys(KINDS);

/** A column of the output. */
export interface OutputColumn extends CarriedColumn {
  of(row: ScoredRow): unknown;
}

/** Returns the columns of the output in order: first those of scores (those of a baseline only if there is one), then the carried ones. */
export function outputColumns(baseline: boolean, fromTable: readonly CarriedColumn[]): OutputColumn[] {
  const names = Object.keys(KINDS) as (keyof Scored)[];
  const ours = baseline ? names : names.filter((name) => name !== "percentile" && name !== "preferred");
  return [
    ...ours.map((name) => ({ name, kind: KINDS[name], of: ({ scored }: ScoredRow) => scored[name] })),
    ...fromTable.map(({ name, kind }) => ({ name, kind, of: ({ carried }: ScoredRow) => own(carried, name) })),
  ];
}

/** Returns a carried value, or null if the row lacks it. A column may be called like an inherited property, such as "constructor". */
const own = (carried: Carried, name: string): unknown => (Object.hasOwn(carried, name) ? carried[name] : null);

/** The first line of a CSV: the names of the columns, with a line break at the end. */
export const csvHead = (columns: readonly OutputColumn[]): string => stringify([columns.map(({ name }) => name)]);
/**
 * Rows as lines of a CSV, each with a line break at the end. A cell of which nothing is known is empty; lists and objects are
 * JSON.
 */
export const csvRows = (rows: readonly ScoredRow[], columns: readonly OutputColumn[]): string =>
  stringify(rows.map((row) => columns.map((column) => cellText(column.of(row)))));
/** Returns a row as JSON. Scores and carried columns have different names, so that neither overwrites the other. */
export const jsonRow = ({ scored, carried }: ScoredRow): string => jsonText({ ...scored, ...carried });

/** Largest number of rows in a Parquet row group. */
const GROUP = 10_000;
/** Number of characters at which a row group is written even if it has fewer rows. */
const GROUP_CHARACTERS = 32e6;

/** Encoders by file extension. */
const ENCODERS: Readonly<Record<string, (file: FileHandle, columns: readonly OutputColumn[]) => Encoder>> = {
  ".csv": (file, columns) => textEncoder(file, csvHead(columns), (rows) => csvRows(rows, columns)),
  ".jsonl": (file) => textEncoder(file, "", (rows) => rows.map((row) => `${jsonRow(row)}\n`).join("")),
  ".parquet": parquetEncoder,
};

interface Encoder {
  write(rows: readonly ScoredRow[]): Promise<void>;
  finish(): Promise<void>;
}

/**
 * Opens an output file for scores. Its extension decides the format.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for another extension than .csv, .jsonl or .parquet
 */
export async function openSink(path: string, columns: readonly OutputColumn[], openFile?: OpenFile): Promise<Sink> {
  const encode = ENCODERS[extname(path).toLowerCase()];
  if (!encode)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      `--output: expected a name that ends in .csv, .jsonl, .parquet or .html; got ${path}.`,
    );
  const file = await openWholeFile(path, { openFile });
  const encoder = encode(file.handle, columns);
  return {
    write: (rows) => encoder.write(rows),
    async close() {
      await encoder.finish();
      await file.commit();
    },
    abandon: () => file.discard(),
  };
}

function textEncoder(file: FileHandle, head: string, encode: (rows: readonly ScoredRow[]) => string): Encoder {
  let text = head;
  const flush = async () => {
    await file.writeFile(text);
    text = "";
  };
  return {
    async write(rows) {
      text += encode(rows);
      if (text.length > 1 << 16) await flush();
    },
    finish: flush,
  };
}

function parquetEncoder(file: FileHandle, columns: readonly OutputColumn[]): Encoder {
  const writer = new FileWriter(file);
  const schema: SchemaElement[] = [
    { name: "schema", num_children: columns.length },
    ...columns.map(({ name, kind }) => ({ name, repetition_type: "OPTIONAL" as const, ...ELEMENTS[kind] })),
  ];
  const parquet = new ParquetWriter({ writer, schema, createdBy: "pick-a-pic" });
  let gathered: Cell[][] = [];
  let characters = 0;
  const flush = async () => {
    const columnData = columns.map(({ name }, i) => ({ name, data: gathered.map((cells) => cells[i]!) }));
    await parquet.write({ columnData, rowGroupSize: Math.max(1, gathered.length) });
    gathered = [];
    characters = 0;
  };
  return {
    async write(rows) {
      for (const row of rows) {
        const cells = columns.map((column) => parquetCell(column.of(row), column.kind));
        gathered.push(cells);
        characters += cells.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length : 1), 0);
        if (gathered.length >= GROUP || characters >= GROUP_CHARACTERS) await flush();
      }
    },
    async finish() {
      if (gathered.length > 0) await flush();
      await parquet.finish();
    },
  };
}

type Cell = ReturnType<typeof parquetCell>;

/** Lets hyparquet-writer write to a file. The buffer is written after each row group. */
class FileWriter extends ByteWriter {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super(1 << 16);
    this.#file = file;
  }

  async flush(): Promise<void> {
    await this.#file.writeFile(new Uint8Array(this.buffer, 0, this.index));
    this.index = 0;
  }

  override async finish(): Promise<void> {
    await this.flush();
  }
}
