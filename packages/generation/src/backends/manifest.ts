/** @file Reads the manifest of a folder of pictures, a table of prompts, files, models and settings, and checks all of it before any picture is shown. */

import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { TableRow } from "@pickapic/dataset";
import { expectedOf, firstFault, messageOf } from "@pickapic/errors";
import { z } from "zod";
import type { UsedSettings } from "../backend.ts";
import { parsePrompt } from "../prompt.ts";
import type { KindEffects, OpenedEntry } from "./kind.ts";

/** The manifests that are looked for in the folder. */
export const MANIFESTS = ["manifest.csv", "manifest.jsonl"];
/** How many faults of a manifest an error lists. */
const MOST_FAULTS = 5;

const text = z.string().trim().min(1);
/** A number, or a cell with one. A cell may have a comma in place of the decimal point, as spreadsheets of many countries write it. */
const numeric = (schema: z.ZodType<number, number>, what: string) => {
  const cell = text.transform((written) => written.replace(",", "."));
  return z.union([schema, cell.pipe(z.coerce.number()).pipe(schema)], `expected ${what}`);
};
/** An empty cell of a CSV file counts as absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" || value === null ? undefined : value), schema.optional());

/** One row of a manifest. Further columns are ignored. */
const Row = z.object({
  prompt: text,
  file: text,
  model: optional(text),
  seed: optional(numeric(z.int(), "a whole number")),
  guidance: optional(numeric(z.number(), "a number")),
  steps: optional(numeric(z.int32(), "a whole number")),
  scheduler: optional(text),
});

/** One picture of the manifest. */
export interface Made {
  readonly prompt: string;
  /** An absolute path. */
  readonly file: string;
  readonly model: string | undefined;
  readonly used: UsedSettings;
}

type Reading = Pick<KindEffects, "folder" | "invalid">;

/** The one reader of tables. It is loaded when there is a manifest, because it brings readers of formats along that no other backend needs. */
const tables = () => import("@pickapic/dataset");

/**
 * Returns the pictures of a folder in the order of its manifest: there is at least one, and each file was there.
 * @throws GenerationError PICKAPIC_MODELS_FILE_INVALID with the first faults and their lines
 */
export async function readManifest(
  { target, own }: Pick<OpenedEntry, "target" | "own">,
  { folder: from, invalid }: Reading,
): Promise<Made[]> {
  const at = resolve(from, target);
  const manifest = own.manifest ? resolve(from, own.manifest) : await findManifest(at, invalid);
  const rows = await rowsOf(manifest, invalid);
  // Paths start at the folder, wherever the manifest is.
  const beside = join(at, basename(manifest));
  const read = await Promise.all(rows.map((row) => pictureOf(row, beside)));
  const pictures: Made[] = [];
  const faults: string[] = [];
  for (const each of read)
    if (typeof each === "string") faults.push(each);
    else pictures.push(each);
  if (read.length === 0) faults.push("it has no line");
  if (faults.length === 0) return pictures;
  const more = faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : "";
  throw invalid("manifest", `${manifest}, ${faults.slice(0, MOST_FAULTS).join("; ")}${more}`);
}

async function findManifest(at: string, invalid: Reading["invalid"]): Promise<string> {
  for (const name of MANIFESTS) {
    const found = await stat(join(at, name)).catch(() => null);
    if (found?.isFile()) return join(at, name);
  }
  throw invalid("folder", `expected ${MANIFESTS.join(" or ")} in ${at}, or a path in manifest`);
}

async function rowsOf(manifest: string, invalid: Reading["invalid"]): Promise<TableRow[]> {
  try {
    const { openTableFile } = await tables();
    const rows: TableRow[] = [];
    for await (const row of (await openTableFile(manifest)).rows()) rows.push(row);
    return rows;
  } catch (error) {
    throw invalid("manifest", messageOf(error).replace(/\.$/, ""));
  }
}

/** Returns the picture of a row, or what is wrong with the row. */
async function pictureOf({ where, values, problem }: TableRow, beside: string): Promise<Made | string> {
  if (problem !== null) return `${where}: ${problem}`;
  const row = named(values);
  const { data, error } = Row.safeParse(row, { error: expectedOf });
  if (!data) {
    const { path, sentence } = firstFault(error.issues, row);
    return `${where}, ${path}: ${sentence}`;
  }
  const { model, seed, guidance: guidanceScale, steps, scheduler } = data;
  try {
    const { prompt } = parsePrompt(data.prompt);
    const { locatePicture } = await tables();
    const located = await locatePicture(data.file, beside);
    if ("problem" in located) return `${where}: ${located.problem}`;
    return { prompt, file: located.path, model, used: { seed, guidanceScale, steps, scheduler } };
  } catch (refused) {
    return `${where}, prompt: ${messageOf(refused)}`;
  }
}

/** Cells by the names of their columns, which may be written in capitals. */
const named = (values: TableRow["values"]): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name.trim().toLowerCase(), value]));
