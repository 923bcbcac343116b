/** @file A CSV of pairs (prompt, two image files, choice) as a source of rankings. */

import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import sharp from "sharp";
import { DatasetError } from "./errors.ts";
import { MAX_PIXELS } from "./images.ts";
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

/** What a choice may be besides the names of the two columns and files. Numbers are the place of the image, counted from 0. */
const WORDS: Readonly<Record<string, 0 | 1 | "tie">> = {
  ...{ a: 0, left: 0, first: 0, "0": 0, "0.0": 0 },
  ...{ b: 1, right: 1, second: 1, "1": 1, "1.0": 1 },
  ...{ tie: "tie", equal: "tie", same: "tie", draw: "tie", both: "tie", neither: "tie", none: "tie", "0.5": "tie" },
};

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

/**
 * Reads a CSV with the columns prompt, image_a, image_b, choice (aliases: README); UTF-8 with or without a byte-order mark, separated by comma,
 * semicolon or tab. Paths are relative to the file. Every line and every picture's head is checked before anything is given.
 * Without a column `user`, each prompt counts as a person of its own, so that prompts can be held out.
 * @throws {DatasetError} NOT_FOUND, CSV_INVALID, EMPTY, IMAGE_MISSING, IMAGE_INVALID, each naming the line
 */
export async function csvSource(file: string, signal?: AbortSignal): Promise<PreferenceSource> {
  const [header, ...lines] = readLines(await readText(file), file);
  if (!header || lines.length === 0)
    throw new DatasetError("EMPTY", `${file}: expected a header and at least one pair below it.`);
  const columns = findColumns(header.cells, file);
  const created = nanosecondsOf((await stat(file)).mtime);
  const pictures = new Pictures(dirname(file), file);
  const people = new Map<string, bigint>();
  const records: RankingRecord[] = [];
  for (const line of lines) {
    signal?.throwIfAborted();
    records.push(await record(line, columns, pictures, people, created, file));
  }
  return memorySource(records, (uid) => readFile(pictures.pathOf(uid)));
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
  const firstLine = text.slice(0, text.search(/\n|$/));
  const delimiter = [",", ";", "\t"].find((each) => firstLine.includes(each)) ?? ",";
  try {
    const rows = parse(text, { bom: true, delimiter, info: true, skip_empty_lines: true, relax_column_count: true, trim: true });
    const lines = (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record: cells, info }) => ({
      number: info.lines - cells.join().split("\n").length + 1,
      cells,
    }));
    return lines.filter(({ cells }) => cells.some((cell) => cell !== ""));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DatasetError("CSV_INVALID", `${file}: this is no CSV: ${error.message.split("\n")[0]!.replace(/\.$/, "")}.`, {
      cause: error,
    });
  }
}

function findColumns(header: readonly string[], file: string): Columns {
  const names = header.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, "_"),
  );
  const first = (aliases: readonly string[]) => names.indexOf(aliases.find((alias) => names.includes(alias)) ?? "");
  const pair = IMAGES.find(([a, b]) => names.includes(a) && names.includes(b));
  const found = { prompt: first(PROMPT), choice: first(CHOICE) };
  const missing = [found.prompt < 0 ? "prompt" : "", pair ? "" : "image_a and image_b", found.choice < 0 ? "choice" : ""].filter(
    Boolean,
  );
  if (!pair || missing.length > 0)
    throw new DatasetError(
      "CSV_INVALID",
      `${file} line 1: expected the columns prompt, image_a, image_b, choice; ${missing.join(" and ")} is missing among ${header.join(", ")}.`,
    );
  const twice = names.find((name, i) => name !== "" && names.indexOf(name) !== i);
  if (twice) throw new DatasetError("CSV_INVALID", `${file} line 1: the column ${twice} is there twice: leave one of them out.`);
  const models = [first(["model_a", "model_0"]), first(["model_b", names.includes("model_0") ? "model_1" : "model_2"])] as const;
  return { ...found, names: pair, images: [names.indexOf(pair[0]), names.indexOf(pair[1])], person: first(PERSON), models };
}

async function record(
  { number, cells }: Line,
  columns: Columns,
  pictures: Pictures,
  people: Map<string, bigint>,
  created: bigint,
  file: string,
): Promise<RankingRecord> {
  const cell = (at: number): string => cells[at] ?? "";
  const prompt = cell(columns.prompt);
  if (prompt === "") throw new DatasetError("CSV_INVALID", `${file} line ${number}: the prompt is empty.`);
  const paths = [cell(columns.images[0]), cell(columns.images[1])] as const;
  const choice = choiceOf(cell(columns.choice), columns, paths, `${file} line ${number}`);
  const image_0_uid = await pictures.uidOf(paths[0], number);
  const image_1_uid = await pictures.uidOf(paths[1], number);
  const person = columns.person < 0 ? prompt : cell(columns.person);
  const user_id = people.get(person) ?? BigInt(people.size + 1);
  people.set(person, user_id);
  const [model_0, model_1] = columns.models.map((at) => cell(at) || "unknown") as [string, string];
  return {
    ...UNRECORDED,
    ...labelColumns(choice, image_0_uid, image_1_uid),
    ...{ image_0_uid, image_1_uid, image_0_url: "", image_1_url: "" },
    ...{ model_0, model_1, are_different: model_0 !== model_1 },
    caption: prompt,
    created_at: created,
    ranking_id: BigInt(number),
    user_id,
  };
}

function choiceOf(cell: string, { names }: Columns, paths: readonly [string, string], where: string): 0 | 1 | "tie" {
  const word = cell.toLowerCase();
  if (paths[0] !== paths[1] && paths.includes(cell)) return cell === paths[0] ? 0 : 1;
  if (names.includes(word)) return word === names[0] ? 0 : 1;
  if (Object.hasOwn(WORDS, word)) return WORDS[word]!;
  throw new DatasetError(
    "CSV_INVALID",
    `${where}: expected the choice a, b or tie (or left, right; 0, 1, 0.5 for the first, the second, neither); got ${JSON.stringify(cell)}.`,
  );
}

/** Picture files by what is in them: the same bytes are the same image, whatever their name. */
class Pictures {
  readonly #folder: string;
  readonly #csv: string;
  readonly #uids = new Map<string, string>();
  readonly #paths = new Map<string, string>();

  constructor(folder: string, csv: string) {
    this.#folder = folder;
    this.#csv = csv;
  }

  pathOf(uid: string): string {
    return this.#paths.get(uid) ?? "";
  }

  async uidOf(cell: string, line: number): Promise<string> {
    const where = `${this.#csv} line ${line}`;
    if (cell === "") throw new DatasetError("IMAGE_MISSING", `${where}: the path of an image is empty.`);
    const path = resolve(this.#folder, cell);
    const known = this.#uids.get(path);
    if (known) return known;
    const uid = createHash("sha256")
      .update(await readPicture(path, cell, where))
      .digest("hex")
      .slice(0, 32);
    this.#uids.set(path, uid);
    this.#paths.set(uid, path);
    return uid;
  }
}

async function readPicture(path: string, cell: string, where: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) {
    const what = found ? "that is a folder" : `there is no such file beside ${basename(where.split(" line ")[0]!)}`;
    throw new DatasetError("IMAGE_MISSING", `${where}: expected an image at ${cell}; ${what}.`);
  }
  await using handle = await open(path);
  const bytes = await handle.readFile();
  try {
    // Small already where it can be: a picture is decoded once to know that it is whole.
    await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "error" }).resize(8, 8, { fit: "fill" }).raw().toBuffer();
  } catch (error) {
    const reason = bytes.length === 0 ? "the file is empty" : (error as Error).message.split("\n")[0]!;
    throw new DatasetError("IMAGE_INVALID", `${where}: ${cell} cannot be decoded as an image (${reason}).`, { cause: error });
  }
  return bytes;
}
