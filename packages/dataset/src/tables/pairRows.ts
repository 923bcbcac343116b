/** @file Reads the cells of a table of pairs, without the pictures. */

import type { PairColumns } from "./pairColumns.ts";
import { locatePicture } from "./paths.ts";
import { bytesIn, pathIn } from "./pictures.ts";
import type { Faults } from "./refused.ts";
import type { TableRow } from "./row.ts";
import type { Pair } from "./vocabulary.ts";
import { type Choice, choiceOf, choiceOfLabels, type FirstNumber } from "./winner.ts";

/** A row whose choice is not interpreted yet, because that depends on the other rows. */
export interface Draft {
  readonly where: string;
  /** Number of the line or row in the file. */
  readonly number: number;
  /** Number of the row, 1 for the first below the head. */
  readonly row: number;
  readonly prompt: string;
  /** The paths as written; "" when the cell holds bytes or nothing. */
  readonly paths: Pair;
  /** Whether each cell holds the bytes of a picture. */
  readonly inTable: readonly [boolean, boolean];
  readonly choice: string;
  readonly labels: Pair | null;
  readonly person: string;
  readonly models: Pair;
  readonly uids: Pair;
}

/** A fully interpreted row. */
export interface Answer extends Omit<Draft, "choice" | "labels"> {
  readonly choice: Choice;
  /** Files of the pictures; null for one whose bytes are in the table. */
  readonly files: readonly [string | null, string | null];
}

/** Reads the cells of a row. */
export function draftOf({ where, number, row, values }: TableRow, columns: PairColumns): Draft {
  const text = (name: string | null | undefined) => (name === null || name === undefined ? "" : textOf(values[name]));
  const both = (pair: Pair | null): Pair => [text(pair?.[0]), text(pair?.[1])];
  const cells = pictureCells(values, columns);
  const prompt = text(columns.prompt);
  const [model0, model1] = both(columns.models);
  return {
    ...{ where, number, row, prompt },
    paths: [pathIn(cells[0]) ?? "", pathIn(cells[1]) ?? ""],
    inTable: [bytesIn(cells[0]) !== undefined, bytesIn(cells[1]) !== undefined],
    choice: columns.choice !== "first" && "column" in columns.choice ? text(columns.choice.column) : "",
    labels: columns.choice !== "first" && "labels" in columns.choice ? both(columns.choice.labels) : null,
    // Without people each prompt counts as a person, so that prompts can be held out.
    person: columns.person === null ? prompt : text(columns.person),
    models: [model0 || "unknown", model1 || "unknown"],
    uids: both(columns.uids),
  };
}

/** Returns the two cells with the pictures of a row. */
export function pictureCells(values: TableRow["values"], { images, list }: PairColumns): readonly [unknown, unknown] {
  if (list === null) return [values[images[0]], values[images[1]]];
  const both = values[list];
  return Array.isArray(both) && both.length === 2 ? [both[0], both[1]] : [undefined, undefined];
}

/** Returns a cell as text; numbers and booleans of JSON and Parquet as written. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? "" : String(value).trim();
}

/** How the rows of a table are to be read: which columns mean what, and from which number its choices count. */
export interface Understanding {
  readonly file: string;
  readonly columns: PairColumns;
  readonly first: FirstNumber;
  /** Whether to leave out rows with a missing picture instead of reporting them as faults; `onMissing` is called for each. */
  readonly skipMissing: boolean;
  readonly onMissing: (where: string, problem: string) => void;
}

/** Interprets a row. Undefined when it is left out, or has a fault, which is added to `faults`. */
export async function answerOf(
  draft: Draft,
  problem: string | null,
  about: Understanding,
  faults: Faults,
): Promise<Answer | undefined> {
  const { where } = draft;
  const before = faults.count;
  if (problem !== null) faults.add(where, problem);
  if (draft.prompt === "" && problem === null) faults.add(where, "the prompt is empty");
  const choice = meaningOf(draft, about);
  if (choice === undefined && problem === null) faults.add(where, choiceFault(draft, about.first));
  const located = await Promise.all([fileOf(draft, 0, about.file), fileOf(draft, 1, about.file)]);
  const [missing] = located.flatMap((each) => ("problem" in each ? [each.problem] : []));
  if (missing !== undefined && about.skipMissing) {
    if (faults.count === before) about.onMissing(where, missing);
    return undefined;
  }
  for (const each of located)
    if ("problem" in each && problem === null) faults.add(where, each.problem, "PICKAPIC_DATASET_IMAGE_MISSING");
  if (choice === undefined || faults.count > before) return undefined;
  const { choice: _cell, labels: _labels, ...rest } = draft;
  return { ...rest, choice, files: [pathOf(located[0]), pathOf(located[1])] };
}

type Found = { readonly path: string | null } | { readonly problem: string };

const pathOf = (found: Found): string | null => ("path" in found ? found.path : null);

async function fileOf({ paths, inTable }: Draft, side: 0 | 1, table: string): Promise<Found> {
  return inTable[side] ? { path: null } : locatePicture(paths[side], table);
}

function meaningOf(draft: Draft, { columns, first }: Understanding): Choice | undefined {
  if (columns.choice === "first") return 0;
  return draft.labels ? choiceOfLabels(...draft.labels) : choiceOf(draft, columns.images, first);
}

function choiceFault({ choice, labels }: Draft, first: FirstNumber): string {
  if (labels)
    return `expected the labels 1 and 0, 0 and 1, or 0.5 and 0.5; got ${labels.map((label) => label || "nothing").join(" and ")}`;
  return (
    `expected the choice a, b or tie (or left, right; ${first}, ${first + 1}, 0.5 for the first, the second, neither; or the file or model that was preferred); ` +
    `got ${JSON.stringify(choice)}`
  );
}
