/** @file Scores to a file as they come: CSV, JSON Lines, Parquet. The file is whole or absent. */
import type { FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { CliError } from "../errors.ts";
import { openWhole } from "../files.ts";

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

export interface Sink {
  write(rows: readonly Scored[]): Promise<void>;
  /** Gives the file its name. */
  close(): Promise<void>;
  /** Leaves nothing behind; after `close` it does nothing. */
  abandon(): Promise<void>;
}

/** The encoding of each column in Parquet. */
const ELEMENTS: Record<keyof Scored, Omit<SchemaElement, "name">> = {
  row: { type: "INT64" },
  prompt: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  image: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  rank: { type: "INT64" },
  score: { type: "DOUBLE" },
  probability: { type: "DOUBLE" },
  percentile: { type: "DOUBLE" },
  preferred: { type: "DOUBLE" },
  error: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

/** Columns in order; those of a baseline only where there is one. */
export function scoredColumns(baseline: boolean): (keyof Scored)[] {
  const columns = Object.keys(ELEMENTS) as (keyof Scored)[];
  return baseline ? columns : columns.filter((name) => name !== "percentile" && name !== "preferred");
}

const cells = (row: Scored, columns: readonly (keyof Scored)[]) => columns.map((name) => row[name] ?? "");
export const csvHead = (columns: readonly (keyof Scored)[]): string => stringify([[...columns]]);
export const csvRows = (rows: readonly Scored[], columns: readonly (keyof Scored)[]): string =>
  stringify(rows.map((row) => cells(row, columns)));

/** Rows of a Parquet row group. */
const GROUP = 10_000;

/** Kinds of file by the end of their name. */
const ENCODERS: Readonly<Record<string, (file: FileHandle, columns: readonly (keyof Scored)[]) => Encoder>> = {
  ".csv": (file, columns) => textEncoder(file, csvHead(columns), (rows) => csvRows(rows, columns)),
  ".jsonl": (file) => textEncoder(file, "", (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  ".parquet": parquetEncoder,
};

interface Encoder {
  write(rows: readonly Scored[]): Promise<void>;
  finish(): Promise<void>;
}

/**
 * Opens a file for scores.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for a name that does not say what kind of file it is
 */
export async function openSink(path: string, columns: readonly (keyof Scored)[], openFile?: typeof open): Promise<Sink> {
  const encode = ENCODERS[extname(path).toLowerCase()];
  if (!encode)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      `--output: expected a name that ends in .csv, .jsonl, .parquet or .html; got ${path}.`,
    );
  const file = await openWhole(path, openFile);
  const encoder = encode(file.handle, columns);
  return {
    write: (rows) => encoder.write(rows),
    async close() {
      await encoder.finish();
      await file.keep();
    },
    abandon: () => file.drop(),
  };
}

function textEncoder(file: FileHandle, head: string, encode: (rows: readonly Scored[]) => string): Encoder {
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

function parquetEncoder(file: FileHandle, columns: readonly (keyof Scored)[]): Encoder {
  const writer = new FileWriter(file);
  const schema: SchemaElement[] = [
    { name: "schema", num_children: columns.length },
    ...columns.map((name) => ({ name, repetition_type: "OPTIONAL" as const, ...ELEMENTS[name] })),
  ];
  const parquet = new ParquetWriter({ writer, schema, createdBy: "pick-a-pic" });
  let gathered: Scored[] = [];
  const flush = async () => {
    const columnData = columns.map((name) => ({ name, data: gathered.map((row) => parquetValue(row[name], name)) }));
    await parquet.write({ columnData, rowGroupSize: Math.max(1, gathered.length) });
    gathered = [];
  };
  return {
    async write(rows) {
      gathered.push(...rows);
      if (gathered.length >= GROUP) await flush();
    },
    async finish() {
      if (gathered.length > 0) await flush();
      await parquet.finish();
    },
  };
}

/** hyparquet wants 64-bit integers as such. */
function parquetValue(value: Scored[keyof Scored], name: keyof Scored): string | number | bigint | null {
  return typeof value === "number" && ELEMENTS[name].type === "INT64" ? BigInt(value) : (value ?? null);
}

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
