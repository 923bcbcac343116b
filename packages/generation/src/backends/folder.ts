/** @file Pictures that were made earlier: a folder with a manifest, a table of prompts, files, models and settings. */

import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { TableRow } from "@pickapic/dataset";
import { codeOf, messageOf } from "@pickapic/errors";
import { z } from "zod";
import type { MadeEarlier, UsedSettings } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import { parsePrompt } from "../prompt.ts";
import type { Kind, KindEffects, OpenedEntry } from "./kind.ts";

/** The manifests that are looked for in the folder. */
const MANIFESTS = ["manifest.csv", "manifest.jsonl"];
/** How many faults of a manifest an error lists. */
const MOST_FAULTS = 5;

const text = z.string().trim().min(1);
/** A text may have a comma in place of the decimal point, as spreadsheets of many countries write it. */
const number = z.union([
  z.number(),
  z
    .string()
    .trim()
    .min(1)
    .transform((cell) => cell.replace(/^(-?\d+),(\d+)$/, "$1.$2"))
    .pipe(z.coerce.number()),
]);
/** An empty cell of a CSV file counts as absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" || value === null ? undefined : value), schema.optional());

/** One line of a manifest. Further columns are ignored. */
const Line = z.object({
  prompt: text,
  file: text,
  model: optional(text),
  seed: optional(number),
  guidance: optional(number),
  steps: optional(number),
  scheduler: optional(text),
});

/** One picture of the manifest. */
interface Made {
  prompt: string;
  file: string;
  model: string | undefined;
  used: UsedSettings;
}

/** A folder of pictures. The settings with which each was made are those of the manifest. */
export const folder: Kind = {
  about: "a folder of pictures made earlier",
  target: "the path of a folder",
  isServer: false,
  concurrency: 8,
  has: { guidance: false, steps: false, seed: false, negativePrompt: false, size: false },
  options: ["manifest"],
  files: ({ target, own }) => (typeof own.manifest === "string" ? [own.manifest] : MANIFESTS.map((name) => join(target, name))),
  async open(entry, effects) {
    const { model, own } = entry;
    const made = await readManifest(entry, effects);
    // A name in the file of models is that of all pictures of the entry; without one, each keeps the model of its line.
    const oneName = own.name !== undefined || model !== undefined ? entry.name : undefined;
    const pictures = new Map<string, Numbered>();
    for (const [i, { prompt, model: madeBy }] of made.entries()) {
      if (model !== undefined && madeBy !== model) continue;
      const name = oneName ?? madeBy ?? entry.name;
      const of = pictures.get(name) ?? new Numbered();
      pictures.set(name, of);
      of.add(prompt, i);
    }
    if (pictures.size === 0)
      throw effects.invalid("model", `the manifest has no picture of "${model}"; its models are ${modelsOf(made)}`);
    return {
      pictures,
      async generate({ picture, prompt, model: name }) {
        const found = made[picture ?? -1];
        if (!found || found.prompt !== prompt)
          throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "a picture of this prompt in the manifest", "none");
        return { bytes: await readFile(found.file).catch(failed(name)), used: found.used };
      },
      check: async () => `has ${made.length} pictures of ${new Set(made.map(({ prompt }) => prompt)).size} prompts`,
    };
  },
};

/** The numbers of pictures by their prompt. */
class Numbered implements MadeEarlier {
  readonly #byPrompt = new Map<string, number[]>();

  add(prompt: string, picture: number): void {
    const pictures = this.#byPrompt.get(prompt);
    if (pictures) pictures.push(picture);
    else this.#byPrompt.set(prompt, [picture]);
  }

  get prompts(): string[] {
    return [...this.#byPrompt.keys()];
  }

  of(prompt: string): readonly number[] {
    return this.#byPrompt.get(prompt) ?? [];
  }
}

const modelsOf = (all: readonly Made[]): string =>
  [...new Set(all.map(({ model }) => model ?? "(none)"))].slice(0, 20).join(", ");

const failed = (name: string) => (error: unknown) => {
  throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "a picture file that can be read", codeOf(error) ?? "another");
};

type Reading = Pick<KindEffects, "folder" | "invalid">;

async function readManifest(
  { target, own }: Pick<OpenedEntry, "target" | "own">,
  { folder: from, invalid }: Reading,
): Promise<Made[]> {
  const at = resolve(from, target);
  const manifest = typeof own.manifest === "string" ? resolve(from, own.manifest) : await findManifest(at, invalid);
  const rows = await rowsOf(manifest, invalid);
  // Paths start at the folder, wherever the manifest is.
  const beside = join(at, basename(manifest));
  const read = await Promise.all(rows.map((row) => pictureOf(row, beside)));
  const faults = read.filter((each) => typeof each === "string");
  const pictures = read.filter((each) => typeof each !== "string");
  if (pictures.length === 0 && faults.length === 0) faults.push("it has no line");
  if (faults.length === 0) return pictures;
  const more = faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : "";
  throw invalid("manifest", `${manifest}, ${faults.slice(0, MOST_FAULTS).join("; ")}${more}`);
}

async function findManifest(at: string, invalid: Reading["invalid"]): Promise<string> {
  for (const name of MANIFESTS) if ((await stat(join(at, name)).catch(() => null))?.isFile()) return join(at, name);
  throw invalid("folder", `expected ${MANIFESTS.join(" or ")} in ${at}, or a path in manifest`);
}

/** The one reader of tables. It is loaded when there is a manifest, because it brings readers of formats along that no other backend needs. */
const tables = () => import("@pickapic/dataset");

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
  const { data, error } = Line.safeParse(named(values));
  if (!data) {
    const wrong = error.issues[0]?.path.join(".") || "row";
    return `${where}, ${wrong}: expected prompt and file, and numbers in seed, guidance and steps`;
  }
  try {
    const { prompt } = parsePrompt(data.prompt);
    const { locatePicture } = await tables();
    const located = await locatePicture(data.file, beside);
    if ("problem" in located) return `${where}: ${located.problem}`;
    return { prompt, file: located.path, model: data.model, used: usedIn(data) };
  } catch (refused) {
    return `${where}, prompt: ${messageOf(refused)}`;
  }
}

/** Cells by the names of their columns, which may be written in capitals. */
const named = (values: TableRow["values"]): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name.trim().toLowerCase(), value]));

function usedIn({ seed, guidance, steps, scheduler }: z.infer<typeof Line>): UsedSettings {
  return {
    ...(seed !== undefined && { seed }),
    ...(guidance !== undefined && { guidanceScale: guidance }),
    ...(steps !== undefined && { steps }),
    ...(scheduler !== undefined && { scheduler }),
  };
}
