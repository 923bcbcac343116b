/** @file Pictures that were made earlier: a folder with a manifest in CSV or JSON Lines (prompt, file, model, settings). */

import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf, messageOf, refusalOf } from "@pickapic/errors";
import { parse } from "csv-parse/sync";
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
const number = z.union([z.number(), z.string().trim().min(1).pipe(z.coerce.number())]);
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
  const content = await readFile(manifest, "utf8").catch((error: unknown) => {
    throw invalid("manifest", `${manifest} cannot be read (${refusalOf(error)})`);
  });
  const rows = rowsOf(content, manifest, invalid);
  const faults: string[] = [];
  const made = rows.map(({ line, value }) => {
    const { data, error } = Line.safeParse(value);
    try {
      if (data) return { ...pictureOf(data, at), line };
      faults.push(
        `line ${line}, ${error.issues[0]?.path.join(".") || "row"}: expected prompt and file, and numbers in seed, guidance and steps`,
      );
    } catch (refused) {
      faults.push(`line ${line}, prompt: ${messageOf(refused)}`);
    }
    return null;
  });
  const pictures = made.flatMap((picture) => picture ?? []);
  const found = await Promise.all(pictures.map(({ file }) => stat(file).catch(() => null)));
  for (const [i, { line, file }] of pictures.entries())
    if (!found[i]?.isFile()) faults.push(`line ${line}: there is no file ${file}`);
  if (pictures.length === 0 && faults.length === 0) faults.push("it has no line");
  if (faults.length === 0) return pictures;
  const more = faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : "";
  throw invalid("manifest", `${manifest}, ${faults.slice(0, MOST_FAULTS).join("; ")}${more}`);
}

async function findManifest(at: string, invalid: Reading["invalid"]): Promise<string> {
  for (const name of MANIFESTS) if ((await stat(join(at, name)).catch(() => null))?.isFile()) return join(at, name);
  throw invalid("folder", `expected ${MANIFESTS.join(" or ")} in ${at}, or a path in manifest`);
}

interface Row {
  line: number;
  value: unknown;
}

function rowsOf(content: string, manifest: string, invalid: Reading["invalid"]): Row[] {
  try {
    if (/\.jsonl$/i.test(manifest))
      return content.split(/\r?\n/).flatMap((line, i) => (line.trim() ? [{ line: i + 1, value: JSON.parse(line) }] : []));
    const rows: { info: { lines: number }; record: unknown }[] = parse(content, {
      columns: true,
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
    return rows.map(({ info, record }) => ({ line: info.lines, value: record }));
  } catch (error) {
    throw invalid("manifest", `${manifest} cannot be read: ${messageOf(error)}`);
  }
}

function pictureOf({ prompt, file, model, seed, guidance, steps, scheduler }: z.infer<typeof Line>, at: string): Made {
  const used = {
    ...(seed !== undefined && { seed }),
    ...(guidance !== undefined && { guidanceScale: guidance }),
    ...(steps !== undefined && { steps }),
    ...(scheduler !== undefined && { scheduler }),
  };
  return { prompt: parsePrompt(prompt).prompt, file: resolve(at, file), model, used };
}
