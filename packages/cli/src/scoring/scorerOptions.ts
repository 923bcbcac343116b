/** @file The options that say which scorers work and how they run: one list for every command that scores. */
import type { NamedScorerOptions } from "@pickapic/pickscore/scorers";
import { type Command, Option } from "commander";
import { type Context, note } from "../context.ts";
import { decimal, whole } from "../options.ts";
import { repeatedSentence } from "./failureText.ts";

/** The values of the options that concern scorers outside this program. */
export interface ExternalOptions {
  readonly scorerTimeout: number;
  readonly scorerBatch: number;
  readonly scorerImages?: "base64" | "paths";
}

/** The help of --scorer: what its values may be. The kinds are those of `SCORER_KINDS`, which loads too much for a help text. */
export const SCORER_NAMES =
  "pickscore-toy, clip-toy, a folder with a CLIP or PickScore, ORG/NAME of the hub, random[:SEED], colour-sharpness, aesthetic:FOLDER, http(s)://..., openai:MODEL, command:PROGRAM or file:./my-scorer.ts (docs/scorers.md)";

/** Adds the options of scorers that are servers, commands or functions. */
export function externalOptions(command: Command): Command {
  return command
    .option(
      "--scorer-timeout <seconds>",
      "longest time, s, that a server, command or function may take for one batch",
      decimal(0.001, 86_400),
      60,
    )
    .option(
      "--scorer-batch <n>",
      "largest number of images that a server, command or function gets at one time",
      whole(1, 4096),
      16,
    )
    .addOption(
      new Option(
        "--scorer-images <how>",
        "how a server or command gets the images (default: base64 to a server, paths to a command)",
      ).choices(["base64", "paths"]),
    );
}

/** What the scorers of a command get: its options, its signal, the token for servers from the environment, and who tells of calls that were repeated. */
export function externalSettings(
  { scorerTimeout, scorerBatch, scorerImages }: ExternalOptions,
  context: Context,
): Pick<NamedScorerOptions, "timeoutMs" | "batch" | "send" | "token" | "openAi" | "signal" | "onRepeated"> {
  const { env, signal } = context;
  return {
    timeoutMs: 1000 * scorerTimeout,
    batch: scorerBatch,
    send: scorerImages,
    token: env.PICKAPIC_SCORER_TOKEN,
    openAi: { baseUrl: env.OPENAI_BASE_URL, key: env.OPENAI_API_KEY },
    signal,
    onRepeated: (repeated) => note(context, repeatedSentence(repeated)),
  };
}
