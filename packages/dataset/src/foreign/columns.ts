/** @file Finds which columns of a foreign file hold what: the original's names first, then other usual names. */

import { DatasetError } from "../errors.ts";
import type { Split } from "../row.ts";
import { byCanonical, CHOICE_NAMES, companionsOf, firstOf, IMAGE_NAMES, imagePairOf, type Pair, PERSON_NAMES, PROMPT_NAMES, sidesOf } from "../tables/vocabulary.ts"; // biome-ignore format: one import
import type { ForeignFile } from "./file.ts";

/** The columns of a file, as the file spells them; null for those that it lacks. */
export interface ForeignColumns {
  readonly caption: string;
  /** The columns with pictures; twice the same name when a column holds a list of both. */
  readonly pictures: Pair | null;
  readonly labels: readonly [string | null, string | null];
  readonly choice: string | null;
  readonly best: string | null;
  readonly uids: Pair | null;
  readonly urls: Pair | null;
  readonly models: Pair | null;
  readonly person: string | null;
  readonly rankingId: string | null;
  readonly createdAt: string | null;
  readonly hasLabel: string | null;
  readonly areDifferent: string | null;
  readonly index: string | null;
}

const TIMES = ["created_at", "timestamp", "created", "time", "date"];
const IDS = ["ranking_id", "comparison_id", "answer_id"];

/** @throws {DatasetError} COLUMN_MISSING when there is no prompt, or nothing that says who won */
export function foreignColumns({ path, columns: names }: ForeignFile, split: Split): ForeignColumns {
  const columns = byCanonical(names);
  const exact = (name: string) => (names.includes(name) ? name : null);
  const pictures = picturesOf(columns);
  const sides: Pair = pictures && pictures[0] !== pictures[1] ? sidesOf(pictures) : ["0", "1"];
  const labels = companionsOf(columns, "label", sides) ?? [columns.get("label_0") ?? null, columns.get("label_1") ?? null];
  const found = {
    caption: exact("caption") ?? firstOf(columns, PROMPT_NAMES) ?? null,
    pictures,
    labels,
    choice:
      firstOf(
        columns,
        CHOICE_NAMES.filter((name) => name !== "best_image_uid"),
      ) ?? null,
    best: exact("best_image_uid"),
    uids: companionsOf(columns, "image_uid", sides) ?? null,
    urls: companionsOf(columns, "image_url", sides) ?? null,
    models: companionsOf(columns, "model", sides) ?? null,
    person: exact("user_id") ?? firstOf(columns, PERSON_NAMES) ?? null,
    rankingId: firstOf(columns, IDS) ?? null,
    createdAt: firstOf(columns, TIMES) ?? null,
    hasLabel: exact("has_label"),
    areDifferent: exact("are_different"),
    index: exact("__index_level_0__"),
  };
  const told =
    found.labels.some((each) => each !== null) || found.choice !== null || (found.best !== null && found.uids !== null);
  if (found.caption === null || !told) throw missing(path, split, names, found.caption === null ? "caption" : "label_0");
  return { ...found, caption: found.caption };
}

/** Finds the columns with pictures: jpg_0 and jpg_1, another pair of image columns, or a list of both. */
function picturesOf(columns: ReadonlyMap<string, string>): Pair | null {
  const [jpg0, jpg1] = [columns.get("jpg_0"), columns.get("jpg_1")];
  if (jpg0 !== undefined && jpg1 !== undefined) return [jpg0, jpg1];
  const pair = imagePairOf(columns);
  if (pair) return pair;
  const list = firstOf(columns, IMAGE_NAMES);
  return list === undefined ? null : [list, list];
}

function missing(path: string, split: Split, names: readonly string[], column: string): DatasetError {
  const what =
    column === "caption" ? "the prompt (caption, prompt or text)" : "who won (label_0 and label_1, best_image_uid, or choice)";
  return new DatasetError(
    "PICKAPIC_DATASET_COLUMN_MISSING",
    path,
    column,
    `expected one with ${what} in every file of ${split}; it has ${names.join(", ")}`,
  );
}
