/** @file Finds which columns of a table of pairs hold what. */

import { tableInvalid } from "./refused.ts";
import {
  byCanonical,
  CHOICE_NAMES,
  companionsOf,
  firstOf,
  halfPairOf,
  IMAGE_NAMES,
  imagePairOf,
  type Pair,
  PERSON_NAMES,
  PROMPT_NAMES,
  preferredPairOf,
  sidesOf,
} from "./vocabulary.ts";

/** The columns of a table of pairs, as the table spells them. */
export interface PairColumns {
  readonly prompt: string;
  readonly images: Pair;
  /**
   * A column with a list of both images; then `images` are their names within the list. Null when each image has its own column.
   */
  readonly list: string | null;
  /** How the choice is given: in a column, by two labels, or by the image column that is called the preferred one. */
  readonly choice: { readonly column: string } | { readonly labels: Pair } | "first";
  /** Null when no person is named. */
  readonly person: string | null;
  readonly models: Pair | null;
  readonly uids: Pair | null;
}

/** @throws {DatasetError} TABLE_INVALID naming a missing or a repeated column */
export function pairColumns(file: string, head: string | null, names: readonly string[]): PairColumns {
  const where = head === null ? file : `${file} ${head}`;
  const columns = byCanonical(names);
  const prompt = firstOf(columns, PROMPT_NAMES);
  const found = imagesOf(columns);
  const choice = found && choiceIn(columns, found);
  const missing = [
    prompt === undefined ? "prompt" : [],
    found ? [] : missingImages(columns),
    choice || hasChoice(columns) ? [] : "choice",
  ].flat();
  if (prompt === undefined || !found || !choice)
    throw tableInvalid(
      where,
      "expected the columns prompt, image_a, image_b, choice, separated by comma, semicolon, tab or pipe; " +
        `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing among ${names.join(", ")}`,
    );
  const sides = sidesOf(found.images);
  const result: PairColumns = {
    ...found,
    prompt,
    choice,
    person: firstOf(columns, PERSON_NAMES) ?? null,
    models: companionsOf(columns, "model", sides) ?? null,
    uids: companionsOf(columns, "image_uid", sides) ?? null,
  };
  checkTwice(where, names, usedColumns(result));
  return result;
}

type Images = Pick<PairColumns, "images" | "list"> & { readonly preferredFirst: boolean };

function imagesOf(columns: ReadonlyMap<string, string>): Images | undefined {
  const pair = imagePairOf(columns);
  if (pair) return { images: pair, list: null, preferredFirst: false };
  const ranked = preferredPairOf(columns);
  if (ranked) return { images: ranked, list: null, preferredFirst: true };
  const list = firstOf(columns, IMAGE_NAMES);
  return list === undefined ? undefined : { images: [`${list}_0`, `${list}_1`], list, preferredFirst: false };
}

function choiceIn(columns: ReadonlyMap<string, string>, { images, preferredFirst }: Images): PairColumns["choice"] | undefined {
  if (preferredFirst) return "first";
  const labels = companionsOf(columns, "label", sidesOf(images));
  const column = firstOf(
    columns,
    CHOICE_NAMES.filter((name) => name !== "best_image_uid"),
  );
  if (column !== undefined) return { column };
  if (labels) return { labels };
  const best = columns.get("best_image_uid");
  return best === undefined ? undefined : { column: best };
}

const hasChoice = (columns: ReadonlyMap<string, string>): boolean =>
  firstOf(columns, CHOICE_NAMES) !== undefined || companionsOf(columns, "label", ["0", "1"]) !== undefined;

/** If half of a pair of columns exists, returns the other half; else the usual two. */
function missingImages(columns: ReadonlyMap<string, string>): string[] {
  const half = halfPairOf(columns);
  return half ? [half[1]] : ["image_a", "image_b"];
}

/** Returns every column that is read. */
export function usedColumns({ prompt, images, list, choice, person, models, uids }: PairColumns): string[] {
  const told = choice === "first" ? [] : "column" in choice ? [choice.column] : choice.labels;
  return [
    prompt,
    ...(list === null ? images : [list]),
    ...told,
    ...(person === null ? [] : [person]),
    ...(models ?? []),
    ...(uids ?? []),
  ];
}

/** Refuses two columns that differ only in case and blanks, because either could be meant. */
function checkTwice(where: string, names: readonly string[], used: readonly string[]): void {
  const canonicalNames = names.map((name) => [name, byCanonical([name]).keys().next().value ?? ""] as const);
  for (const column of used) {
    const alike = canonicalNames.filter(([, key]) => key !== "" && key === canonicalNames.find(([name]) => name === column)?.[1]);
    if (alike.length > 1) throw tableInvalid(where, `the column ${alike[0]?.[1]} is there twice: leave one of them out`);
  }
}
