/** @file Opens what generates pictures for a command: the models of models.yaml, or the toy world. */

import { existsSync } from "node:fs";
import type { Backend } from "@pickapic/generation";
import type { RosterNews } from "@pickapic/generation/models";
import { type Context, note } from "../context.ts";

/** What generates the pictures of a command. */
export interface Generators {
  /** The backends as they are now: the file of models may have changed. */
  backends(): readonly Backend[];
  /** A sentence that says where pictures come from. */
  readonly origin: string;
  /** Uses the file of models again whenever it changes, and says so on stderr. */
  watch(): void;
  /** Ends what the backends started. */
  close(): Promise<void>;
}

/** The file of models that is used when it is there and no other one is named. */
export const MODELS_FILE = "models.yaml";

/** The description of the option --models of every command that generates pictures. */
export const MODELS_HELP = `the models that generate pictures, see docs/models.md (default: PICKAPIC_MODELS, else ${MODELS_FILE} if there is one, else the simulated toy world)`;

/** The description of the option --images of the commands that serve. */
export const IMAGES_HELP =
  "pictures made earlier, instead of models: a folder with manifest.csv or manifest.jsonl (prompt, file, model), see docs/models.md";

/** The file of models that a command uses; undefined: the toy world. */
export function modelsFile(named: string | undefined, { env }: Context): string | undefined {
  return named ?? (env.PICKAPIC_MODELS || undefined) ?? (existsSync(MODELS_FILE) ? MODELS_FILE : undefined);
}

/**
 * Opens the models of a file, or the toy world when there is none.
 * @param named the value of --models
 * @param options.ownThread true: the toy world renders on a thread of its own, for a server
 * @param options.images a folder of pictures made earlier, instead of models
 * @throws GenerationError PICKAPIC_MODELS_FILE_*, before anything is generated
 */
export async function openGenerators(
  named: string | undefined,
  context: Context,
  { ownThread = false, images }: { ownThread?: boolean; images?: string | undefined } = {},
): Promise<Generators> {
  const file = images === undefined ? modelsFile(named, context) : `the folder ${images}`;
  if (file === undefined) return openToyWorld(ownThread);
  const { openPictures, openRoster } = await import("@pickapic/generation/models");
  const effects = { environment: context.env };
  const roster = await (images === undefined ? openRoster(file, effects) : openPictures(images, effects));
  const names = roster.backends.flatMap(({ models }) => models.map(({ name }) => name));
  return {
    backends: () => roster.backends,
    origin: `Pictures come from the models of ${file}: ${names.join(", ")}.`,
    watch: () => (images === undefined ? roster.watch(({ message }: RosterNews) => note(context, message)) : undefined),
    close: () => roster.close(),
  };
}

async function openToyWorld(ownThread: boolean): Promise<Generators> {
  const { toyBackend } = await import("@pickapic/toyworld");
  const backends = [toyBackend({ ownThread })];
  return { backends: () => backends, origin: "The pictures are simulated (toy world).", watch: () => {}, close: async () => {} };
}
