/** @file Converts a row of a foreign file to a row of ours: cells are read by meaning, missing ones are derived. */

import { rowFrom } from "../columns/cells.ts";
import { COLUMNS, type ColumnName, NO_WINNER, type PreferenceRow } from "../row.ts";
import { pathIn } from "../tables/pictures.ts";
import { type Choice, choiceOf, choiceOfLabels } from "../tables/winner.ts";
import { type Judged, problemsOf } from "../validate/consistency.ts";
import type { ForeignColumns } from "./columns.ts";
import type { ForeignCells, ForeignFile } from "./file.ts";
import { booleanIn, integerIn, momentIn, numberIn, textIn } from "./meaning.ts";

/** A row without a check of its pictures. */
export interface ForeignRow {
  /** Cells without a meaning are null; then there is a problem. */
  readonly row: Judged & Omit<PreferenceRow, keyof Judged | "jpg_0" | "jpg_1" | "num_example_per_prompt">;
  /** The first thing that is wrong with the row. */
  readonly problem: Problem | null;
  /** are_different contradicted the names of the models; the written value follows the names. */
  readonly oddDifferent: boolean;
  /** The tie had another name than "none". */
  readonly oddTie: boolean;
}

/** Why a row cannot be imported: the rule that it breaks, and what came instead. */
export interface Problem {
  /** Stable, such as "CAPTION_BLANK". */
  readonly code: string;
  /** For example "the caption must be a prompt, but it is blank". */
  readonly text: string;
}

/** Numbers for people and rankings that have none. */
export interface Numbers {
  person(name: string): bigint;
  ranking(row: {
    readonly caption: string;
    readonly person: bigint;
    readonly uids: readonly [string, string];
    readonly createdAt: bigint;
  }): bigint;
  /** Number of rows read before, over all splits. */
  readonly position: bigint;
}

/** Names that a tie may have in `best_image_uid`. */
const TIE_NAMES: ReadonlySet<string> = new Set(["", "none", "tie", "draw", "null", "nan", "both", "neither"]);

type FurtherColumns = Omit<PreferenceRow, keyof Judged | "jpg_0" | "jpg_1" | "num_example_per_prompt" | "__index_level_0__">;
const FURTHER = COLUMNS.filter(({ kind }) => kind === "further");

/** Reads the cells of a row. `uids` are those of the pictures, for files without such columns. */
export function foreignRow(
  cells: ForeignCells,
  columns: ForeignColumns,
  file: ForeignFile,
  numbers: Numbers,
  derivedUids: readonly [string, string] | null,
): ForeignRow {
  const wrong: Problem[] = [];
  const take = <T>(
    name: string | null | undefined,
    meaning: (value: unknown) => T | null | undefined,
    what: string,
  ): T | null => {
    const value = name === null || name === undefined ? null : cells[name];
    const read = meaning(value);
    if (read === undefined) wrong.push({ code: "VALUE", text: `${name} must be ${what}, but it is ${told(value)}` });
    return read ?? null;
  };
  const text = (name: string | null | undefined) => take(name, textIn, "text");
  const caption = text(columns.caption);
  const models = columns.models ? [text(columns.models[0]), text(columns.models[1])] : ["unknown", "unknown"];
  const ownUids = columns.uids ? ([text(columns.uids[0]), text(columns.uids[1])] as const) : derivedUids;
  const [uid0, uid1] = ownUids ?? [`${numbers.position}-0`, `${numbers.position}-1`];
  const createdAt =
    columns.createdAt === null
      ? file.writtenAt
      : take(columns.createdAt, (value) => momentIn(value, file.times.has(columns.createdAt ?? "")), "a time");
  const person = personOf(cells, columns, caption, numbers);
  const best = columns.best === null ? null : text(columns.best);
  const choice = choiceIn(
    cells,
    columns,
    { uids: [uid0 ?? "", uid1 ?? ""], models: [models[0] ?? "", models[1] ?? ""], best },
    wrong,
  );
  const hasLabel = columns.hasLabel === null ? null : take(columns.hasLabel, booleanIn, "true or false");
  const [bestUid, oddTie] = bestOf(choice, best, columns.best !== null, [uid0, uid1]);
  const different = take(columns.areDifferent, booleanIn, "true or false");
  const areDifferent = models[0] !== models[1];
  const uids: readonly [string, string] = [uid0 ?? "", uid1 ?? ""];
  const ownId = take(columns.rankingId, integerIn, "a whole number of 64 bits");
  const row = {
    are_different: areDifferent,
    best_image_uid: bestUid,
    caption,
    created_at: createdAt,
    has_label: hasLabel ?? (choice === null ? null : choice !== "tie"),
    image_0_uid: uid0,
    image_1_uid: uid1,
    image_0_url: columns.urls ? (text(columns.urls[0]) ?? "") : "",
    image_1_url: columns.urls ? (text(columns.urls[1]) ?? "") : "",
    label_0: choice === null ? null : choice === "tie" ? 0.5 : 1 - choice,
    label_1: choice === null ? null : choice === "tie" ? 0.5 : choice,
    model_0: models[0] ?? null,
    model_1: models[1] ?? null,
    ranking_id:
      columns.rankingId === null
        ? numbers.ranking({ caption: caption ?? "", person: person ?? 0n, uids, createdAt: createdAt ?? 0n })
        : ownId,
    user_id: person,
    __index_level_0__: take(columns.index, integerIn, "a whole number of 64 bits"),
    ...furtherOf(take),
  };
  return {
    row,
    problem: problemOf(row, wrong),
    oddDifferent: different !== null && different !== areDifferent,
    oddTie,
  };
}

function problemOf(row: Judged, [first]: readonly Problem[]): Problem | null {
  return first ?? problemsOf(row).find(({ severity }) => severity === "error") ?? null;
}

function told(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "object" ? "a list or a struct" : JSON.stringify(typeof value === "bigint" ? String(value) : value);
}

const toldBoth = (cells: ForeignCells, names: readonly (string | null)[]): string =>
  names.map((name) => (name === null ? "absent" : told(cells[name]))).join(" and ");

/**
 * The number of a person: as given; names are numbered in order of appearance; without a column each prompt counts as a person.
 */
function personOf(cells: ForeignCells, columns: ForeignColumns, caption: string | null, numbers: Numbers): bigint | null {
  if (columns.person === null) return numbers.person(caption ?? "");
  const value = cells[columns.person];
  const number = typeof value === "string" ? undefined : integerIn(value);
  if (number !== undefined) return number;
  const name = textIn(value);
  return name === null || name === undefined || name.trim() === "" ? null : numbers.person(name.trim());
}

interface Named {
  readonly uids: readonly [string, string];
  readonly models: readonly [string, string];
  readonly best: string | null;
}

/**
 * The winner: from the labels, else `best_image_uid`, else a column of choices. Null when unknown, which has been reported as a
 * problem.
 */
function choiceIn(cells: ForeignCells, columns: ForeignColumns, named: Named, wrong: Problem[]): Choice | null {
  const [first, second] = columns.labels;
  if (first !== null || second !== null) {
    const [a, b] = [first === null ? null : numberIn(cells[first]), second === null ? null : numberIn(cells[second])];
    if ((first !== null && a === null) || (second !== null && b === null)) return null; // An empty cell.
    const choice = choiceOfLabels(String(a ?? 1 - (b ?? Number.NaN)), String(b ?? 1 - (a ?? Number.NaN)));
    if (choice === undefined)
      wrong.push({
        code: "LABELS",
        text: `label_0 and label_1 must be 1 and 0, 0 and 1, or 0.5 and 0.5, but they are ${toldBoth(cells, columns.labels)}`,
      });
    return choice ?? null;
  }
  if (columns.choice === null || named.best !== null) {
    if (TIE_NAMES.has((named.best ?? "").trim().toLowerCase())) return "tie";
    if (named.best === named.uids[0]) return 0;
    if (named.best === named.uids[1]) return 1;
    wrong.push({
      code: "BEST_IMAGE",
      text: `best_image_uid must be one of the two uids or "${NO_WINNER}", but it is ${told(named.best)}`,
    });
    return null;
  }
  const text = textIn(cells[columns.choice]) ?? "";
  const paths = columns.pictures
    ? ([pathIn(cells[columns.pictures[0]]) ?? "", pathIn(cells[columns.pictures[1]]) ?? ""] as const)
    : (["", ""] as const);
  const choice = choiceOf({ ...named, choice: text.trim(), paths }, ["image_0", "image_1"], 0);
  if (choice === undefined)
    wrong.push({ code: "LABELS", text: `${columns.choice} must say which image was preferred, but it is ${told(text)}` });
  return choice ?? null;
}

/**
 * Returns `best_image_uid` in our spelling, and whether the tie had another name. A contradiction is preserved, so that it is
 * found.
 */
function bestOf(
  choice: Choice | null,
  best: string | null,
  present: boolean,
  uids: readonly [string | null, string | null],
): [string | null, boolean] {
  if (choice === null) return [best, false];
  if (choice !== "tie") return [present ? best : uids[choice], false];
  if (!present || best === NO_WINNER) return [NO_WINNER, false];
  return TIE_NAMES.has((best ?? "").trim().toLowerCase()) ? [NO_WINNER, true] : [best, false];
}

/** The further columns; null where the file lacks them. */
function furtherOf(
  take: <T>(name: string, meaning: (value: unknown) => T | null | undefined, what: string) => T | null,
): FurtherColumns {
  const read = (name: ColumnName, type: string): unknown => {
    if (type === "int64") return take(name, integerIn, "a whole number of 64 bits");
    if (type === "int32") return take(name, (value) => smallIn(integerIn(value)), "a whole number of 32 bits");
    return type === "float64" ? take(name, numberIn, "a number") : take(name, textIn, "text");
  };
  return rowFrom(FURTHER, ({ name, type }) => read(name, type));
}

function smallIn(value: bigint | null | undefined): number | null | undefined {
  if (value === null || value === undefined) return value;
  return value >= -(2n ** 31n) && value < 2n ** 31n ? Number(value) : undefined;
}
