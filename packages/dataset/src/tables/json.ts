/** @file Tables in JSON: one object or list per line, or one list of them for the whole file, which is read row by row. */

import { type Encoding, textOf } from "./encoding.ts";
import { listElements } from "./jsonList.ts";
import { tableInvalid } from "./refused.ts";
import type { TableRow } from "./row.ts";

/** Longest line, characters: a file without line ends would otherwise be read into memory before it is refused. */
const LONGEST_LINE = 1 << 20;
/** Most characters of a file that is one JSON value other than a list: such a file is read into memory. */
const LARGEST_TEXT = 256e6;

type Cells = Readonly<Record<string, unknown>>;

/** What a row may be, for messages. */
const EXPECTED = 'an object, such as {"prompt": "a cat"}, or a list of a prompt and images';

/**
 * Yields the rows of JSON Lines: each line is an object, or a list [prompt, image, ...]. A line that is neither is a row with a
 * problem, so that the reader can report it together with the faults of other rows.
 * @throws {DatasetError} TABLE_INVALID for a line that is too long
 */
export async function* readJsonLines(file: string, encoding: Encoding): AsyncGenerator<TableRow> {
  let line = 0;
  let row = 0;
  for await (const text of linesOf(file, encoding)) {
    line++;
    if (text.trim() === "") continue;
    row++;
    yield { row, where: `line ${line}`, number: line, head: null, ...parsedRow(text) };
  }
}

/** Parses the text of a row. */
function parsedRow(text: string): Pick<TableRow, "values" | "problem"> {
  try {
    return cellsOf(parseJson(text));
  } catch {
    return { values: {}, problem: `this is not JSON; expected ${EXPECTED}` };
  }
}

async function* linesOf(file: string, encoding: Encoding): AsyncGenerator<string> {
  let rest = "";
  let line = 1;
  for await (const text of textOf(file, encoding)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    line += lines.length;
    if (rest.length > LONGEST_LINE) throw tableInvalid(`${file} line ${line}`, `it has more than ${LONGEST_LINE} characters`);
    yield* lines;
  }
  yield rest;
}

/**
 * Yields the rows of a file that is one JSON value: a list of rows, an object with such a list in it, or an object of columns (a
 * list each, or an object by row index, as pandas writes them).
 * @throws {DatasetError} TABLE_INVALID
 */
export async function* readJson(file: string, encoding: Encoding): AsyncGenerator<TableRow> {
  if (await isList(file, encoding)) yield* readList(file, encoding);
  else yield* readWhole(file, encoding);
}

/** Whether the first character beside white space opens a list. */
async function isList(file: string, encoding: Encoding): Promise<boolean> {
  for await (const piece of textOf(file, encoding)) {
    const text = piece.trimStart();
    if (text !== "") return text.startsWith("[");
  }
  return false;
}

/** Yields the rows of a list as the file is read, in the memory of one row. */
async function* readList(file: string, encoding: Encoding): AsyncGenerator<TableRow> {
  const refuse = (why: string, element: number) => tableInvalid(`${file} row ${element}`, why);
  let row = 0;
  for await (const text of listElements(textOf(file, encoding), refuse)) {
    const where = `row ${++row}`;
    yield { row, where, number: row, head: null, ...parsedRow(text) };
  }
}

async function* readWhole(file: string, encoding: Encoding): AsyncGenerator<TableRow> {
  const rows = rowsIn(parseWhole(file, await wholeText(file, encoding)));
  if (!rows) throw tableInvalid(file, "expected a list of rows, each an object or a list of a prompt and images");
  for (const [i, value] of rows.entries()) {
    const where = `row ${i + 1}`;
    yield { row: i + 1, where, number: i + 1, head: null, ...cellsOf(value) };
  }
}

/** The text of a file. @throws {DatasetError} TABLE_INVALID for more than `LARGEST_TEXT` */
async function wholeText(file: string, encoding: Encoding): Promise<string> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of textOf(file, encoding)) {
    length += piece.length;
    if (length > LARGEST_TEXT)
      throw tableInvalid(
        file,
        `it is one JSON value of more than ${LARGEST_TEXT / 1e6} million characters; expected a list of rows, or less: write one row a line (.jsonl)`,
      );
    pieces.push(piece);
  }
  return pieces.join("");
}

function parseWhole(file: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw tableInvalid(file, `this is not JSON (${(cause as Error).message})`, cause);
  }
}

function rowsIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return null;
  const parts = Object.values(value);
  const lists = parts.filter((part) => Array.isArray(part));
  if (lists.length === 1 && lists[0]?.every((row) => typeof row === "object")) return lists[0];
  const columns = Object.entries(value).map(
    ([name, cells]) => [name, isObject(cells) || Array.isArray(cells) ? cells : null] as const,
  );
  const [first] = columns;
  if (!first?.[1]) return null;
  return Object.keys(first[1]).map((key) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, cells && Reflect.get(cells, key)])),
  );
}

const isObject = (value: unknown): value is Cells => typeof value === "object" && value !== null && !Array.isArray(value);

function cellsOf(value: unknown): Pick<TableRow, "values" | "problem"> {
  if (Array.isArray(value)) return { values: { prompt: value[0], images: value.slice(1) }, problem: null };
  if (isObject(value)) return { values: value, problem: null };
  return { values: {}, problem: `this is JSON of another kind; expected ${EXPECTED}` };
}

/** Parses JSON. An integer that a number would round becomes a bigint. */
export function parseJson(text: string): unknown {
  // A reviver takes several times as long, and few lines have so many digits.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** TypeScript's library does not declare the third argument of a reviver yet. */
function exact(_key: string, value: unknown, { source = "" }: { readonly source?: string }): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
