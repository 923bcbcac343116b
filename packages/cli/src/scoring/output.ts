/** @file Scores to a file as they come: CSV, JSON Lines, Parquet. The file is whole or absent. */
import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import type { Kind } from "@pickapic/dataset";
import { type OpenFile, openWholeFile } from "@pickapic/disk";
import { stringify } from "csv-stringify/sync";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { CliError } from "../errors.ts";
import { type Carried, type CarriedColumn, cellText, jsonText, parquetCell } from "./carried.ts";

/** An image with its score. What is not known is null. */
export interface Scored {
  /** Of the table; of images that were named, the place in their order. */
  row: number;
  prompt: string;
  image: string;
  /** Among the images that belong together: those of one row of a table, where it has several, or all that were named. 1 is best. */
  rank: number | null;
  score: number | null;
  /** Among the same images: 0 ... 1. */
  probability: number | null;
  /** Against the set of --baseline: 0 ... 100, and 0 ... 1. */
  percentile?: number | null;
  preferred?: number | null;
  error: string | null;
}

/** What becomes a row: an image with its score, and what the table had beside it. */
export interface ScoredRow {
  readonly scored: Scored;
  readonly carried: Carried;
}

export interface Sink {
  write(rows: readonly ScoredRow[]): Promise<void>;
  /** Gives the file its name. */
  close(): Promise<void>;
  /** Leaves nothing behind; after `close` it does nothing. */
  abandon(): Promise<void>;
}

/** The encoding of each kind of column in Parquet. */
const ELEMENTS: Record<Kind, Omit<SchemaElement, "name">> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
};

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

/** The names of our own columns. */
export const SCORED_NAMES: readonly string[] = Object.keys(KINDS);

/** A column of the output. */
export interface OutputColumn extends CarriedColumn {
  of(row: ScoredRow): unknown;
}

/** Columns in order: ours, those of a baseline only where there is one, then those that come from the table. */
export function outputColumns(baseline: boolean, fromTable: readonly CarriedColumn[]): OutputColumn[] {
  const names = Object.keys(KINDS) as (keyof Scored)[];
  const ours = baseline ? names : names.filter((name) => name !== "percentile" && name !== "preferred");
  return [
    ...ours.map((name) => ({ name, kind: KINDS[name], of: ({ scored }: ScoredRow) => scored[name] })),
    ...fromTable.map(({ name, kind }) => ({ name, kind, of: ({ carried }: ScoredRow) => own(carried, name) })),
  ];
}

/** A row of JSON Lines may lack a column, and that column may be called like what every object has. */
const own = (carried: Carried, name: string): unknown => (Object.hasOwn(carried, name) ? carried[name] : null);

export const csvHead = (columns: readonly OutputColumn[]): string => stringify([columns.map(({ name }) => name)]);
export const csvRows = (rows: readonly ScoredRow[], columns: readonly OutputColumn[]): string =>
  stringify(rows.map((row) => columns.map((column) => cellText(column.of(row)))));
/** The names differ, so that neither hides the other. */
export const jsonRow = ({ scored, carried }: ScoredRow): string => jsonText({ ...scored, ...carried });

/** Rows of a Parquet row group, or fewer where their texts have so many characters. */
const GROUP = 10_000;
const GROUP_CHARACTERS = 32e6;

/** Kinds of file by the end of their name. */
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
 * Opens a file for scores.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for a name that does not say what kind of file it is
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

/** hyparquet's writer onto a file; its buffer is emptied after each row group. */
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
