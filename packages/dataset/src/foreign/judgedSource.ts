/** @file Judgements of another program as rows of ours, in one pass over all of its files. */

import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, parse } from "node:path";
import { DatasetError } from "../errors.ts";
import { labelColumns, SPLITS, type Split, UNRECORDED } from "../row.ts";
import { unpackedName } from "../tables/bytes.ts";
import { type Located, locatePicture } from "../tables/paths.ts";
import { bytesIn, pathIn } from "../tables/pictures.ts";
import { problemsOf } from "../validate/consistency.ts";
import type { ForeignFile } from "./file.ts";
import { READERS } from "./formats/all.ts";
import type { Format, FormatSettings, Judgement } from "./formats/format.ts";
import type { VotesRule } from "./formats/names.ts";
import { type BothPictures, uidOf } from "./pictures.ts";
import type { ForeignRow, Problem } from "./row.ts";
import { absenceNotes, type ForeignItem, type ForeignSource, type Wanted } from "./source.ts";

/**
 * Opens the files of a format whose rows are judgements. Rankings are numbered in the order of the files, and people in the order
 * in which they appear.
 * @throws {DatasetError} EMPTY when there is no judgement that can be read
 */
export async function openJudgedSource(
  folder: string,
  files: ReadonlyMap<Split, readonly ForeignFile[]>,
  name: keyof typeof READERS,
  settings: FormatSettings,
): Promise<ForeignSource> {
  const format = READERS[name];
  const splits = SPLITS.filter((split) => files.has(split));
  const first = await firstOf([...files.values()].flat(), format, settings);
  if ("problem" in first) throw new DatasetError("PICKAPIC_DATASET_EMPTY", noneReadable(folder, name, first.problem));
  const lacks = {
    people: first.person === null && !isRepeated(first, settings.votes),
    models: first.models === null,
    times: first.createdAt === null,
  };
  const notes = [...files.values()].flat().flatMap((file) => file.notes);
  return {
    folder,
    splits,
    hasImages: first.pictures.some((cell) => cell !== null && cell !== undefined && cell !== ""),
    notes: [`${folder} was read as ${name}.`, ...new Set(notes), ...absenceNotes(lacks)],
    count: (split) => (files.get(split) ?? []).reduce((sum, { count }) => sum + (count ?? 0), 0),
    async *read(wanted) {
      const numbers = new Numbers();
      for (const split of splits)
        for await (const { file, number, reading } of readingsOf(files.get(split) ?? [], format, settings)) {
          if ("problem" in reading) yield { split, number, ...invalid(reading.problem) };
          else
            for (const one of answersOf(reading.judgement, settings.votes))
              yield { split, number, ...(await rowOf(one, file, numbers, wanted)) };
        }
    },
  };
}

/** Reads files one after the other. `number` is that of the row, counted from 1 over all files. */
async function* readingsOf(files: readonly ForeignFile[], format: Format, settings: FormatSettings) {
  let before = 0;
  for (const file of files) {
    let last = 0;
    for await (const reading of format.read(file, settings)) {
      last = reading.row;
      yield { file, number: before + last, reading };
    }
    before += last;
  }
}

/** The first judgement that can be read, to see what the format tells here; where there is none, why the first row is none, or null without rows. */
async function firstOf(
  files: readonly ForeignFile[],
  format: Format,
  settings: FormatSettings,
): Promise<Judgement | { readonly problem: Problem | null }> {
  let problem: Problem | null = null;
  for (const file of files)
    for await (const reading of format.read(file, settings)) {
      if ("judgement" in reading) return reading.judgement;
      problem ??= reading.problem;
    }
  return { problem };
}

function noneReadable(folder: string, name: string, problem: Problem | null): string {
  if (problem === null) return `${folder} was read as ${name}, but it has no rows.`;
  return `${folder} was read as ${name}, but none of its rows says a preference. Of the first one: ${problem.text}.`;
}

/** Numbers in the order in which people and rankings are met. */
class Numbers {
  #rankings = 0n;
  #persons = 0n;
  readonly #people = new Map<string, bigint>();

  ranking(): bigint {
    return ++this.#rankings;
  }

  person(name: string): bigint {
    const known = this.#people.get(name) ?? ++this.#persons;
    this.#people.set(name, known);
    return known;
  }

  /** A person of whom nothing is known. */
  voter(): bigint {
    return ++this.#persons;
  }
}

/** One answer to a pair. A voter is a person of whom the program tells nothing else. */
interface Answer extends Judgement {
  readonly isVoter: boolean;
  readonly repeats: number;
}

/** Whether each vote of the judgement becomes a ranking. */
const isRepeated = ({ votes }: Judgement, rule: VotesRule | undefined): boolean => rule === "repeat" && votes !== undefined;

/** The judgement as it is; or each of its counted votes, those for image 0 first. */
function answersOf(judgement: Judgement, rule: VotesRule | undefined): readonly Answer[] {
  const { votes } = judgement;
  if (!votes || !isRepeated(judgement, rule)) return [{ ...judgement, isVoter: false, repeats: 0 }];
  const repeats = votes[0] + votes[1];
  return Array.from({ length: repeats }, (_, i) => {
    const choice = i < votes[0] ? 0 : 1;
    return { ...judgement, choice, share: null, isVoter: true, repeats: i === 0 ? repeats : 0 };
  });
}

type Item = Omit<ForeignItem, "split" | "number">;
type Row = ForeignRow["row"];

async function rowOf(judgement: Answer, file: ForeignFile, numbers: Numbers, wanted: Wanted): Promise<Item> {
  const { caption, choice, person, createdAt, share, models, repeats } = judgement;
  const ranking_id = numbers.ranking();
  const side = (cell: unknown, position: 0 | 1) => sideOf(cell, file, `${ranking_id}-${position}`, wanted);
  const [cell0, cell1] = judgement.pictures;
  const [first, second] = await Promise.all([side(cell0, 0), side(cell1, 1)]);
  const [model_0, model_1] = models ?? ["unknown", "unknown"];
  const row: Row = {
    ...UNRECORDED,
    ...labelColumns(choice, first.uid, second.uid),
    caption,
    ranking_id,
    ...{ model_0, model_1, are_different: model_0 !== model_1 },
    ...{ image_0_uid: first.uid, image_1_uid: second.uid, image_0_url: first.url, image_1_url: second.url },
    created_at: createdAt ?? file.writtenAt,
    user_id: judgement.isVoter ? numbers.voter() : numbers.person(person ?? caption),
    __index_level_0__: null,
  };
  const broken = problemsOf(row).find(({ severity }) => severity === "error") ?? first.problem ?? second.problem;
  const pictures: BothPictures = [first.bytes, second.bytes];
  return { row, pictures, problem: broken ?? sameImage(row, judgement), oddDifferent: false, oddTie: false, share, repeats };
}

/** Two equal pictures say no preference, but two unknown ones may be different. */
function sameImage({ image_0_uid, image_1_uid }: Row, { pictures }: Judgement): Problem | null {
  if (image_0_uid !== image_1_uid || pictures[0] === null) return null;
  return { code: "SAME_IMAGE", text: `the two images must be different, but both are ${image_0_uid}` };
}

/** A row that cannot be read. */
function invalid(problem: Problem): Item {
  return { row: EMPTY, pictures: [undefined, undefined], problem, oddDifferent: false, oddTie: false, share: null, repeats: 0 };
}

const EMPTY: Row = {
  ...UNRECORDED,
  ...{ are_different: null, best_image_uid: null, caption: null, created_at: null, has_label: null },
  ...{ image_0_uid: null, image_1_uid: null, image_0_url: null, image_1_url: null, label_0: null, label_1: null },
  ...{ model_0: null, model_1: null, ranking_id: null, user_id: null, __index_level_0__: null },
};

/** One of the two images of a judgement. */
interface Side {
  readonly uid: string;
  readonly url: string;
  readonly bytes: Uint8Array | undefined;
  readonly problem: Problem | null;
}

/**
 * Reads a cell of a picture. Its uid is that of its bytes; else its path as written, unless that tells about the machine of who
 * wrote it; without any picture it is `unknown`.
 */
async function sideOf(cell: unknown, file: ForeignFile, unknown: string, wanted: Wanted): Promise<Side> {
  const bytes = bytesIn(cell);
  if (bytes) return { uid: uidOf(bytes), url: "", bytes, problem: null };
  const path = pathIn(cell);
  const url = path !== undefined && /^https?:\/\//i.test(path) ? path : "";
  const uid = path === undefined ? unknown : url !== "" || isAbsolute(path) ? uidOf(Buffer.from(path)) : path;
  if (wanted === "rows") return { uid, url, bytes: undefined, problem: null };
  const located = path === undefined ? { problem: "it has no picture", tried: [] } : await locate(path, file.path);
  if ("problem" in located) return { uid, url, bytes: undefined, problem: { code: "IMAGE_MISSING", text: located.problem } };
  return { uid, url, bytes: wanted === "bytes" ? await readFile(located.path) : undefined, problem: null };
}

/**
 * Finds a picture beside the file, in `images/`, or in a folder with the file's name (train.json and train/), as the path says or
 * by its last part.
 */
async function locate(path: string, file: string): Promise<Located> {
  const folder = dirname(file);
  const beside = await locatePicture(path, file);
  if ("path" in beside) return beside;
  const folders = [join(folder, "images"), join(folder, parse(unpackedName(file)).name)];
  const others = [...folders.map((each) => [path, each] as const), [basename(path), folder] as const];
  for (const [name, where] of others) {
    const located = await locatePicture(name, join(where, basename(file)));
    if ("path" in located) return located;
  }
  return beside;
}
