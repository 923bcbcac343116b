/** @file Tables of text whose cells are separated by commas, semicolons, tabs or pipes (CSV). */

import { pipeline } from "node:stream";
import { CsvError, type InfoRecord, parse } from "csv-parse";
import { type Encoding, textOf } from "./encoding.ts";
import { tableInvalid } from "./refused.ts";
import type { TableRow } from "./row.ts";
import { startOf } from "./separator.ts";

/** Longest row, characters: a quote that is never closed would otherwise swallow the rest of the file. */
const LONGEST_ROW = 1 << 20;
/** Characters from which the separator is recognised. */
const SNIFFED = 1 << 16;

/** The cells of a row, and the line on which it begins, from 1. */
interface Line {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Yields the rows below the head, reading as needed. Cells are trimmed, missing ones at the end of a row are empty, blank rows
 * are skipped.
 * @throws {DatasetError} TABLE_INVALID for a head without names or with a repeated name, and for unclosed quotes
 */
export async function* readSeparated(file: string, encoding: Encoding): AsyncGenerator<TableRow> {
  let names: readonly string[] | undefined;
  let head = "";
  let row = 0;
  for await (const { cells, line } of readLines(file, encoding)) {
    if (cells.every((cell) => cell === "")) continue;
    if (!names) {
      names = namesOf(file, cells, line);
      head = `line ${line}`;
      continue;
    }
    row++;
    const values = Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
    yield { row, where: `line ${line}`, number: line, head, values, problem: problemOf(cells, names.length) };
  }
}

/** The names of the columns. */
function namesOf(file: string, cells: readonly string[], line: number): string[] {
  // The index that pandas writes has no name.
  const names = cells.map((cell, i) => cell || `column_${i + 1}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names;
  throw tableInvalid(
    `${file} line ${line}`,
    `the column ${twice} is there twice: leave one of them out, or give each a name of its own`,
  );
}

function problemOf(cells: readonly string[], width: number): string | null {
  if (cells.slice(width).every((cell) => cell === "")) return null;
  return `expected ${width} cells, as in the head; got ${cells.length}: put a text with a separator in it into double quotes`;
}

async function* readLines(file: string, encoding: Encoding): AsyncGenerator<Line> {
  const text = textOf(file, encoding);
  const { pieces, separator, before } = await begin(text, file);
  // The parser runs ahead of the rows that are taken from it, so the line where each began is stored, and the line where the last
  // one ended.
  const begun: number[] = [];
  let ended = before;
  const onRecord = (cells: string[], { lines }: InfoRecord) => {
    ended = before + lines;
    begun.push(ended - cells.reduce((sum, cell) => sum + cell.split("\n").length - 1, 0));
    return cells;
  };
  const options = { delimiter: separator, trim: true, relax_column_count: true, skip_empty_lines: true } as const;
  const parser = parse({ ...options, record_delimiter: "\n", max_record_size: LONGEST_ROW, on_record: onRecord });
  // A failure of the file ends the parser, and therefore the loop below.
  pipeline(pieces, parser, () => {});
  try {
    for await (const cells of parser as AsyncIterable<string[]>)
      yield { cells: cells.map((cell) => cell.trim()), line: begun.shift() ?? 0 };
  } catch (error) {
    throw error instanceof CsvError ? notCsv(file, error, ended + 1) : error;
  }
}

/** Reads enough to find the separator, and returns the text from the head on. */
async function begin(text: AsyncGenerator<string>, file: string) {
  let sniffed = "";
  for (let next = await text.next(); !next.done; next = await text.next()) {
    sniffed += next.value;
    if (sniffed.length >= SNIFFED) break;
  }
  const { separator, skipped } = startOf(sniffed.slice(0, SNIFFED), file);
  async function* pieces() {
    yield sniffed.slice(skipped);
    yield* text;
  }
  return { pieces: pieces(), separator, before: sniffed.slice(0, skipped).split("\n").length - 1 };
}

function notCsv(file: string, error: CsvError, line: number): Error {
  const reasons: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: "a quote is opened there and never closed",
    CSV_MAX_RECORD_SIZE: `it has more than ${LONGEST_ROW} characters, perhaps because a quote is not closed`,
    INVALID_OPENING_QUOTE: "a quote stands in the middle of a cell",
    CSV_INVALID_CLOSING_QUOTE: "there is text behind a closing quote",
  };
  const reason = reasons[error.code] ?? error.message.replace(/\.$/, "");
  return tableInvalid(
    `${file} line ${line}`,
    `this is no CSV: ${reason}; put a text with quotes in it into double quotes, and each of its own quotes twice`,
    error,
  );
}
