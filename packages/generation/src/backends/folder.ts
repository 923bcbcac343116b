/** @file Pictures that were made earlier: a folder with a manifest of prompts, files, models and settings. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { refusalOf } from "@pickapic/errors";
import type { MadeEarlier } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import type { Kind } from "./kind.ts";
import { MANIFESTS, type Made, readManifest } from "./manifest.ts";

/** Models of a manifest that an error names. */
const MOST_MODELS = 20;

/** A folder of pictures. The settings with which each was made are those of the manifest. */
export const folder: Kind = {
  about: "a folder of pictures made earlier",
  target: "the path of a folder",
  isServer: false,
  concurrency: 8,
  has: { guidance: false, steps: false, seed: false, negativePrompt: false, size: false },
  options: ["manifest"],
  files: ({ target, own }) => (own.manifest ? [own.manifest] : MANIFESTS.map((name) => join(target, name))),
  async open(entry, effects) {
    const { model, own } = entry;
    const made = await readManifest(entry, effects);
    const pictures = new Map<string, Numbered>();
    for (const [i, { prompt, model: madeBy }] of made.entries()) {
      if (model !== undefined && madeBy !== model) continue;
      // A name in the file of models is that of all pictures of the entry; without one, each keeps the model of its line.
      const name = own.name ?? madeBy ?? entry.name;
      const of = pictures.get(name) ?? new Numbered();
      pictures.set(name, of);
      of.add(prompt, i);
    }
    if (pictures.size === 0)
      throw effects.invalid("model", `the manifest has no picture of "${model}"; its models are ${modelsOf(made)}`);
    return {
      pictures,
      async generate({ picture, prompt, model: name }) {
        const found = picture === undefined ? undefined : made[picture];
        if (found?.prompt !== prompt)
          throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "a picture of this prompt in the manifest", "none");
        const bytes = await readFile(found.file).catch((error: unknown) => {
          throw new GenerationError(
            "PICKAPIC_BACKEND_REPLY",
            name,
            "a picture file that can be read",
            `none (${refusalOf(error)})`,
          );
        });
        return { bytes, used: found.used };
      },
      check: async () => countOf([...pictures.values()]),
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

function countOf(models: readonly Numbered[]): string {
  const prompts = new Set(models.flatMap((model) => model.prompts));
  const pictures = models.flatMap((model) => model.prompts.flatMap((prompt) => model.of(prompt)));
  return `has ${pictures.length} pictures of ${prompts.size} prompts`;
}

function modelsOf(all: readonly Made[]): string {
  const models = new Set(all.map(({ model }) => model ?? "(none)"));
  const more = models.size > MOST_MODELS ? ` and ${models.size - MOST_MODELS} more` : "";
  return [...models].slice(0, MOST_MODELS).join(", ") + more;
}
