/** @file What a reader of another program's preferences is: how its rows are recognised, and what each of them says. */

import { jsonOf } from "@pickapic/errors";
import type { FirstNumber } from "../../tables/winner.ts";
import { FAULT, type ForeignCells, type ForeignFile } from "../file.ts";
import type { Problem } from "../row.ts";
import type { VotesRule } from "./names.ts";

/** One preference over two images, as another program wrote it. */
export interface Judgement {
  readonly caption: string;
  /** The cells of the two images: a path, an address, bytes, the struct {bytes, path} of Hugging Face's `Image`; null for none. */
  readonly pictures: readonly [unknown, unknown];
  /** Which image was preferred. */
  readonly choice: 0 | 1 | "tie";
  /** Null where the program names no models. */
  readonly models: readonly [string, string] | null;
  /** Who judged; null where the program does not say. */
  readonly person: string | null;
  /** Nanoseconds since 1970 UTC; null where the program does not say. */
  readonly createdAt: bigint | null;
  /** Share of the votes for image 0, 0...1, where many people judged one pair; null elsewhere. */
  readonly share: number | null;
  /** How many voted for either image, where that is counted; absent where it is not, as for shares that are weighted by the reliability of the voters. */
  readonly votes?: readonly [number, number];
}

/** What a row says, with the number of the row in its file, from 1. A row with a ranking of many images has many judgements. */
export type Reading = { readonly row: number } & ({ readonly judgement: Judgement } | { readonly problem: Problem });

/** How to read where the file does not tell. */
export interface FormatSettings {
  /** The number that means the first image in a column of choices. */
  readonly firstNumber?: FirstNumber | undefined;
  /** What becomes of votes that are counted; default "majority". */
  readonly votes?: VotesRule | undefined;
}

/** A reader of the files of one program. */
export interface Format {
  /** Whether a file with these columns is of this format. */
  recognises(columns: ReadonlySet<string>): boolean;
  /** Yields what each row says, the same in each pass. */
  read(file: ForeignFile, settings: FormatSettings): AsyncGenerator<Reading>;
}

/** What a mapping returns for a row that it cannot read. */
export interface Unreadable {
  readonly problem: Problem;
}

/** Makes the reading of a whole file from the mapping of one row to its judgements. */
export function perRow(map: (cells: ForeignCells) => readonly Judgement[] | Unreadable): Format["read"] {
  return async function* read(file) {
    let row = 0;
    for await (const cells of file.rows(file.columns)) {
      row++;
      const fault = cells[FAULT];
      const found = fault === undefined ? map(cells) : unreadable("ROW", fault);
      if ("problem" in found) yield { row, problem: found.problem };
      else for (const judgement of found) yield { row, judgement };
    }
  };
}

/** Two counts of votes as a part of a judgement: nothing where they are no whole numbers. */
export function countedVotes(a: number, b: number): Pick<Judgement, "votes"> {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? { votes: [a, b] } : {};
}

/** Says why a row cannot be read. The codes are those of `REASONS` in dropped.ts. */
export function unreadable(code: string, text: string): Unreadable {
  return { problem: { code, text } };
}

/** A list in a cell: as it is, or written as JSON in a table of text; undefined for anything else. */
export function listIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || !value.trim().startsWith("[")) return undefined;
  const list = jsonOf(value);
  return Array.isArray(list) ? list : undefined;
}

/** A field of an object in a cell; undefined when the cell holds no object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Text of a cell; "" for an empty cell and for anything that is no text or number. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value).trim() : "";
}
