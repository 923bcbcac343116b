/** @file A CSV of pairs (prompt, two image files, choice) as a source of rankings. */

import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { mapAhead } from "./cache.ts";
import { type Choice, choiceOf, type FirstNumber, firstNumber } from "./choice.ts";
import { DatasetError } from "./errors.ts";
import { PictureFiles } from "./pictureFiles.ts";
import type { Progress } from "./publish.ts";
import { labelColumns, nanosecondsOf, UNRECORDED } from "./row.ts";
import { memorySource, type PreferenceSource, type RankingRecord } from "./source.ts";

/** Names of the prompt's column, of the two images' columns, and of the choice's: the first that the header has counts. */
const PROMPT = ["prompt", "caption", "text"];
const IMAGES = [
  ["image_a", "image_b"],
  ["image_0", "image_1"],
  ["image_1", "image_2"],
  ["image_left", "image_right"],
  ["left", "right"],
  ["a", "b"],
] as const;
const CHOICE = ["choice", "preferred", "preference", "winner", "label"];
const PERSON = ["user", "user_id", "judge", "annotator"];

/** A line of the file: where it begins, counted from 1, and its cells. */
interface Line {
  readonly number: number;
  readonly cells: readonly string[];
}

/** Places of the columns; person and models are -1 where there are none. */
interface Columns {
  readonly prompt: number;
  readonly images: readonly [number, number];
  readonly names: readonly [string, string];
  readonly choice: number;
  readonly person: number;
  readonly models: readonly [number, number];
}

/** A line that is whole; what the choice means depends on the others. */
interface Draft {
  readonly line: number;
  readonly prompt: string;
  readonly paths: readonly [string, string];
  readonly choice: string;
  readonly person: string;
  readonly models: readonly [string, string];
}

/** A line that is understood, before its pictures are read. */
interface Answer extends Omit<Draft, "choice"> {
  readonly choice: Choice;
}

export interface CsvSource extends PreferenceSource {
  /** Sentences about what was kept although it may be an oversight. */
  readonly warnings: readonly string[];
}

export interface CsvSettings {
  /** The number in the column `choice` that means the first image; default: what the table says. */
  readonly firstNumber?: FirstNumber;

  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Lines whose pictures are read and decoded at once. */
const AHEAD = 4;

/**
 * Reads a CSV with the columns prompt, image_a, image_b, choice (aliases: README); UTF-8 with or without a byte-order mark, separated by comma,
 * semicolon or tab. Paths are relative to the file. Every line is checked and every picture is decoded before anything is given.
 * Without a column `user`, each prompt counts as a person of its own, so that prompts can be held out.
 * @throws {DatasetError} NOT_FOUND, CSV_INVALID, EMPTY, IMAGE_MISSING, IMAGE_INVALID, each naming the line
 */
export async function csvSource(file: string, { signal, onProgress, ...settings }: CsvSettings = {}): Promise<CsvSource> {
  const [header, ...lines] = readLines(await readText(file), file);
  if (!header || lines.length === 0)
    throw new DatasetError("EMPTY", `${file}: expected a header and at least one pair below it.`);
  const columns = findColumns(header, file);
  const drafts = lines.map((line) => draftOf(line, columns, header.cells.length, file));
  const answers = answersOf(drafts, columns, settings.firstNumber, file);
  const pictures = new PictureFiles(dirname(file), file);
  const withImages = mapAhead(eachOf(answers), AHEAD, async (answer) => ({
    answer,
    uids: [await pictures.uidOf(answer.paths[0], answer.line), await pictures.uidOf(answer.paths[1], answer.line)] as const,
  }));
  const table = new Table(file, columns.person >= 0, nanosecondsOf((await stat(file)).mtime));
  for await (const { answer, uids } of withImages) {
    signal?.throwIfAborted();
    table.add(answer, uids);
    onProgress?.({ done: table.records.length, total: answers.length, unit: "pairs" });
  }
  return { ...memorySource(table.records, (uid) => readFile(pictures.pathOf(uid))), warnings: table.warnings() };
}

async function* eachOf<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const what = error.code === "ENOENT" ? "there is nothing" : `it cannot be read (${error.code})`;
    throw new DatasetError("NOT_FOUND", `${file}: expected a CSV file; ${what}.`, { cause: error });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DatasetError("CSV_INVALID", `${file}: expected a CSV in UTF-8; save it in that encoding.`, { cause: error });
  }
}

function readLines(raw: string, file: string): Line[] {
  const text = raw.replaceAll(/\r\n?/g, "\n"); // The parser counts both halves of a quoted line end.
  const delimiter = separatorOf(text, file);
  try {
    const rows = parse(text, { bom: true, delimiter, info: true, skip_empty_lines: true, relax_column_count: true, trim: true });
    const lines = (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record: cells, info }) => ({
      number: info.lines - cells.join().split("\n").length + 1,
      cells,
    }));
    return lines.filter(({ cells }) => cells.some((cell) => cell !== ""));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const reason = error.message.split("\n")[0]!.replace(/\.$/, "");
    throw new DatasetError(
      "CSV_INVALID",
      `${file}: this is no CSV: ${reason}: put a text with quotes in it into double quotes, and each of its own quotes twice.`,
      { cause: error },
    );
  }
}

/**
 * Comma, semicolon or tab: the one that the header of a table has most of outside of quotes, since the name of a column may hold another.
 * In a .tsv a tab is one, however few there are.
 */
export function separatorOf(text: string, file: string): string {
  const header = text
    .replaceAll(/"[^"]*"/g, "")
    .split(/[\r\n]/)
    .find((line) => /[^\s\ufeff]/.test(line));
  const count = (separator: string) => (header ?? "").split(separator).length;
  if (extname(file).toLowerCase() === ".tsv" && count("\t") > 1) return "\t";
  return [",", ";", "\t"].reduce((best, each) => (count(each) > count(best) ? each : best));
}

function findColumns({ number, cells: header }: Line, file: string): Columns {
  const names = header.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, "_"),
  );
  const first = (aliases: readonly string[]) => names.indexOf(aliases.find((alias) => names.includes(alias)) ?? "");
  const pair = IMAGES.find((both) => both.every((name) => names.includes(name)));
  const found = { prompt: first(PROMPT), choice: first(CHOICE) };
  const missing = [found.prompt < 0 ? "prompt" : [], pair ? [] : missingImages(names), found.choice < 0 ? "choice" : []].flat();
  if (!pair || missing.length > 0)
    throw new DatasetError(
      "CSV_INVALID",
      `${file} line ${number}: expected the columns prompt, image_a, image_b, choice, separated by comma, semicolon or tab; ${missing.join(" and ")} ` +
        `${missing.length > 1 ? "are" : "is"} missing among ${header.join(", ")}.`,
    );
  const twice = names.find((name, i) => name !== "" && names.indexOf(name) !== i);
  if (twice)
    throw new DatasetError("CSV_INVALID", `${file} line ${number}: the column ${twice} is there twice: leave one of them out.`);
  const models = [first(["model_a", "model_0"]), first(["model_b", names.includes("model_0") ? "model_1" : "model_2"])] as const;
  return { ...found, names: pair, images: [names.indexOf(pair[0]), names.indexOf(pair[1])], person: first(PERSON), models };
}

/** Of the pair of columns that is half there, the other half; else the usual two. */
function missingImages(names: readonly string[]): string[] {
  const half = IMAGES.find((both) => both.some((name) => names.includes(name))) ?? IMAGES[0];
  return half.filter((name) => !names.includes(name));
}

function draftOf({ number, cells }: Line, columns: Columns, width: number, file: string): Draft {
  const where = `${file} line ${number}`;
  const cell = (at: number): string => (cells[at] ?? "").trim();
  if (cells.slice(width).some((each) => each !== ""))
    throw new DatasetError(
      "CSV_INVALID",
      `${where}: expected ${width} cells, as in the header; got ${cells.length}: put a prompt with a separator in it into double quotes.`,
    );
  const prompt = cell(columns.prompt);
  if (prompt === "") throw new DatasetError("CSV_INVALID", `${where}: the prompt is empty.`);
  const paths = [cell(columns.images[0]), cell(columns.images[1])] as const;
  const models = columns.models.map((at) => cell(at) || "unknown") as [string, string];
  return {
    line: number,
    prompt,
    paths,
    choice: cell(columns.choice),
    person: columns.person < 0 ? prompt : cell(columns.person),
    models,
  };
}

function answersOf(drafts: readonly Draft[], { names }: Columns, chosen: FirstNumber | undefined, file: string): Answer[] {
  const first = chosen ?? firstNumber(drafts, names);
  if (first === null)
    throw new DatasetError(
      "CSV_INVALID",
      `${file}: the numbers in the column of choices may count the images from 0 or from 1, and the table does not say which ` +
        "(expected 0 and 1, or 1 and 2): write a and b, or say it with --first-number 0 or --first-number 1.",
    );
  return drafts.map((draft) => {
    const choice = choiceOf(draft, names, first);
    if (choice !== undefined) return { ...draft, choice };
    throw new DatasetError(
      "CSV_INVALID",
      `${file} line ${draft.line}: expected the choice a, b or tie (or left, right; ${first}, ${first + 1}, 0.5 for the first, the second, neither); ` +
        `got ${JSON.stringify(draft.choice)}.`,
    );
  });
}

/** Lines to rankings; people are numbered in the order in which they come. */
class Table {
  readonly records: RankingRecord[] = [];
  readonly #file: string;
  readonly #hasPeople: boolean;
  readonly #created: bigint;
  readonly #people = new Map<string, bigint>();
  /** The first line of each pair of a person and a prompt. */
  readonly #lines = new Map<string, number>();
  readonly #repeated: [first: number, again: number][] = [];

  constructor(file: string, hasPeople: boolean, created: bigint) {
    this.#file = file;
    this.#hasPeople = hasPeople;
    this.#created = created;
  }

  add(answer: Answer, [image_0_uid, image_1_uid]: readonly [string, string]): void {
    const { line, prompt, choice, paths } = answer;
    const [model_0, model_1] = answer.models;
    if (image_0_uid === image_1_uid)
      throw new DatasetError(
        "CSV_INVALID",
        `${this.#file} line ${line}: expected two different images; ${paths.join(" and ")} are the same picture: leave the line out.`,
      );
    const user_id = this.#people.get(answer.person) ?? BigInt(this.#people.size + 1);
    this.#people.set(answer.person, user_id);
    this.#notice(line, JSON.stringify([answer.person, prompt, ...[image_0_uid, image_1_uid].sort()]));
    this.records.push({
      ...UNRECORDED,
      ...labelColumns(choice, image_0_uid, image_1_uid),
      ...{ image_0_uid, image_1_uid, image_0_url: "", image_1_url: "" },
      ...{ model_0, model_1, are_different: model_0 !== model_1 },
      caption: prompt,
      created_at: this.#created,
      ranking_id: BigInt(line),
      user_id,
    });
  }

  /** A person answers a pair once; where nobody is named, the same pair may be the answer of another person. */
  #notice(line: number, pair: string): void {
    const first = this.#lines.get(pair);
    this.#lines.set(pair, first ?? line);
    if (first === undefined) return;
    this.#repeated.push([first, line]);
    if (this.#hasPeople)
      throw new DatasetError(
        "CSV_INVALID",
        `${this.#file} line ${line}: the same person has answered this prompt and pair of images in line ${first} already: leave one of them out.`,
      );
  }

  warnings(): string[] {
    const [one] = this.#repeated;
    if (!one) return [];
    const count = this.#repeated.length === 1 ? "1 line repeats" : `${this.#repeated.length} lines repeat`;
    return [
      `${count} the prompt and the images of an earlier one (the first: line ${one[1]}, as in line ${one[0]}): each counts as an answer of its own. A column \`user\` tells who answered.`,
    ];
  }
}
