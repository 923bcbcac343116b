/** @file Decides the splits of imported rows: those that they had, or new ones. */

import { DatasetError } from "../errors.ts";
import type { Split } from "../row.ts";
import type { SplitSettings } from "../splits/splits.ts";
import { place } from "../write/placement.ts";
import type { Survey, SurveyedRow } from "./survey.ts";

/** A split for a row, with the number of rankings of its caption there. */
export interface Target {
  readonly split: Split;
  readonly num_example_per_prompt: bigint;
}

/** Where each imported row goes, how that was decided (one sentence), and what the importing person should know about it. */
export interface Placed {
  /** Targets of each row of the source; none for a row that is left out. */
  readonly targets: readonly (readonly Target[])[];
  readonly rule: string;
  readonly warnings: readonly string[];
}

/** @throws {DatasetError} ROW_INVALID when preserved splits would break their rules */
export function placeSurveyed(
  folder: string,
  survey: Survey,
  keep: boolean,
  settings: SplitSettings & { readonly seed: number },
): Placed {
  if (survey.rows.every((row) => row === undefined))
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${folder}: no row is left to import.`);
  return keep ? keepSplits(folder, survey) : planAnew(survey, settings);
}

/** Each row stays in its split. */
function keepSplits(folder: string, { rows }: Survey): Placed {
  const kept = rows.filter((row) => row !== undefined);
  checkKept(folder, kept);
  const counts = new Map<string, bigint>();
  const key = ({ split, caption }: SurveyedRow) => `${split}\n${caption}`;
  for (const row of rows) if (row) counts.set(key(row), (counts.get(key(row)) ?? 0n) + 1n);
  return {
    targets: rows.map((row) => (row ? [{ split: row.split, num_example_per_prompt: counts.get(key(row)) ?? 1n }] : [])),
    rule: "The splits are those of the dataset that was imported.",
    warnings: HELD_OUT.flatMap((base) => strayUnique(kept, base)),
  };
}

/** The splits of which another one repeats one ranking of each prompt. */
const HELD_OUT = ["validation", "test"] as const;

/** A sentence when a unique split has not exactly one ranking of each prompt of its base, as files of two versions have: figures on it are then of other prompts. */
function strayUnique(rows: readonly SurveyedRow[], base: (typeof HELD_OUT)[number]): string[] {
  const own = rows.filter(({ split }) => split === base);
  const unique = rows.filter(({ split }) => split === `${base}_unique`);
  const ids = new Set(own.map(({ ranking_id }) => ranking_id));
  const stray = unique.filter(({ ranking_id }) => !ids.has(ranking_id)).length;
  const prompts = new Set(unique.map(({ caption }) => caption));
  const missing = new Set(own.map(({ caption }) => caption).filter((caption) => !prompts.has(caption))).size;
  if (stray === 0 && missing === 0) return [];
  const faults = [
    ...(stray > 0 ? [`${stray} of its ${unique.length} rankings are not in ${base}`] : []),
    ...(missing > 0 ? [`it has no ranking of ${missing} ${missing === 1 ? "prompt" : "prompts"} of ${base}`] : []),
  ];
  return [
    `${base}_unique does not repeat one ranking of each prompt of ${base}: ${faults.join(", and ")}. \`pickapic dataset validate\` will say so; plan the splits anew with --plan-splits.`,
  ];
}

function checkKept(folder: string, rows: readonly SurveyedRow[]): void {
  const home = new Map<string, string>();
  const unique = new Set<string>();
  for (const { split, caption } of rows) {
    const base = split.replace("_unique", "");
    const known = home.get(caption) ?? base;
    home.set(caption, known);
    const prompt = JSON.stringify(caption);
    if (known !== base) throw splitsInvalid(folder, `the prompt ${prompt} is in ${known} and in ${base}`);
    if (split !== base && unique.has(caption)) throw splitsInvalid(folder, `${split} has two rankings of the prompt ${prompt}`);
    if (split !== base) unique.add(caption);
  }
}

function splitsInvalid(folder: string, what: string): DatasetError {
  return new DatasetError(
    "PICKAPIC_DATASET_ROW_INVALID",
    `${folder}: ${what}. Nothing was written; plan the splits anew with --plan-splits.`,
  );
}

/** Plans new splits; each ranking is used once. */
function planAnew({ rows }: Survey, settings: SplitSettings & { readonly seed: number }): Placed {
  const valid = rows.flatMap((row, at) => (row ? [{ ...row, at }] : []));
  const placement = place(
    valid.map(({ ranking_id }) => ranking_id),
    valid,
    settings,
  );
  const targets: (readonly Target[])[] = rows.map(() => []);
  for (const [i, { at }] of valid.entries()) targets[at] = placement.splitsOf(i);
  return { targets, rule: placement.rule, warnings: placement.warnings };
}
