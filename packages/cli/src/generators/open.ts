/** @file Opens what generates pictures for a command: the models of models.yaml, or the toy world. */

import { existsSync } from "node:fs";
import type { Backend } from "@pickapic/generation";
import type { RosterNews } from "@pickapic/generation/models";
import { type Context, note } from "../context.ts";
import { CliError } from "../errors.ts";

/** What generates the pictures of a command. */
export interface Generators {
  /** The backends as they are now: the file of models may have changed. */
  backends(): readonly Backend[];
  /** A sentence that says where pictures come from. */
  readonly origin: string;
  /** The scorer of an app for which the user names none. The toy world brings one; undefined: none. */
  readonly scorer?: string | undefined;
  /** Uses the file of models again whenever it changes, and says so on stderr. */
  watch(): void;
  /** Ends what the backends started. */
  close(): Promise<void>;
}

/** How a command generates pictures. */
interface GeneratorOptions {
  ownThread?: boolean;
  images?: string | undefined;
  picks?: boolean;
  ranked?: number | undefined;
  /** The scorer of the app, as the value of --scorer names it. */
  scorer?: string | undefined;
}

/** The file of models that is used when it is there and no other one is named. */
export const MODELS_FILE = "models.yaml";

/** The description of the option --models of every command that generates pictures. */
export const MODELS_HELP = `the models that generate pictures, see docs/models.md (default: PICKAPIC_MODELS, else ${MODELS_FILE} if there is one, else the simulated toy world)`;

/** The description of the option --images of the commands that serve. */
export const IMAGES_HELP =
  "pictures made earlier, instead of models: a folder with manifest.csv or manifest.jsonl (prompt, file, model), see docs/models.md";

/** The description of the option --ranked of the commands that serve. */
export const RANKED_HELP =
  "the toy world: each model takes part a second time as the best of n of its pictures, picked by the scorer (default: pickscore-toy), so that choices show what ranking gains; in a file of models, write ranked: n";

/** The description of the option --scorer of the commands that serve. */
export const APP_SCORER_HELP =
  "the scorer of the best-of-n page and of ranked entries, which also judges pictures for other programs: any name that `pickapic score` takes (default: PICKAPIC_JUDGE, else pickscore-toy in the toy world, else none)";

/** The file of models that a command uses; undefined: the toy world. */
export function modelsFile(named: string | undefined, { env }: Context): string | undefined {
  return named ?? (env.PICKAPIC_MODELS || undefined) ?? (existsSync(MODELS_FILE) ? MODELS_FILE : undefined);
}

/**
 * Opens the models of a file, or the toy world when there is none.
 * @param named the value of --models
 * @param options.ownThread true: the toy world renders on a thread of its own, for a server
 * @param options.images a folder of pictures made earlier, instead of models
 * @param options.picks true: the caller picks the pictures of ranked entries, so they are among the models
 * @param options.ranked the toy world: each model takes part a second time, as the best of so many pictures
 * @throws GenerationError PICKAPIC_MODELS_FILE_*, CliError PICKAPIC_USAGE_ARGUMENT, before anything is generated
 */
export async function openGenerators(
  named: string | undefined,
  context: Context,
  options: GeneratorOptions = {},
): Promise<Generators> {
  const { images, ranked, picks = false } = options;
  const file = images === undefined ? modelsFile(named, context) : `the folder ${images}`;
  if (file === undefined) return openToyWorld(options, context);
  if (ranked !== undefined)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      `--ranked is for the toy world, and pictures come from ${file}: write ranked: ${ranked} beside a model of a file of models (docs/models.md).`,
    );
  const [{ openPictures, openRoster }, { withoutRanked }] = await Promise.all([
    import("@pickapic/generation/models"),
    import("@pickapic/generation"),
  ]);
  const effects = { environment: context.env };
  const roster = await (images === undefined ? openRoster(file, effects) : openPictures(images, effects));
  const backends = () => (picks ? roster.backends : roster.backends.map(withoutRanked));
  const names = backends().flatMap(({ models }) => models.map(({ name }) => name));
  return {
    backends,
    origin: `Pictures come from the models of ${file}: ${names.join(", ")}.`,
    watch: () => roster.watch(({ message }: RosterNews) => note(context, message)),
    close: () => roster.close(),
  };
}

/** The scorer of an app over the toy world, unless the user names another. */
const TOY_SCORER = "pickscore-toy";

async function openToyWorld({ ownThread = false, ranked, scorer }: GeneratorOptions, { env }: Context): Promise<Generators> {
  const [{ toyBackend }, { withRanked }] = await Promise.all([import("@pickapic/toyworld"), import("@pickapic/generation")]);
  const own = (scorer ?? (env.PICKAPIC_JUDGE || undefined)) === undefined ? TOY_SCORER : undefined;
  const toy = toyBackend({ ownThread });
  const backends = [ranked === undefined ? toy : withRanked(toy, { n: ranked })];
  const origin = "The pictures are simulated (toy world).";
  return { backends: () => backends, origin, scorer: own, watch: () => {}, close: async () => {} };
}
