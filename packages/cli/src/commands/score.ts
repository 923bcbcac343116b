/** @file `pickapic score` and `pickapic rank`: how well images fit a prompt, in their order or best first. */

import type { ImageFailure, Ranking, Scorer } from "@pickapic/pickscore";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { findImages } from "../images.ts";
import { whole } from "../options.ts";
import { type Column, table } from "../table.ts";

interface ScoreOptions {
  prompt: string;
  scorer: string;
  threads: number;
  top?: number;
  json?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: "image", max: 70 },
  { head: "score", align: "right" },
  { head: "probability", align: "right" },
];
const MEANING =
  "Probability: that a person prefers this image among those of this call. Scores of different prompts do not compare.";

export function registerScore(program: Command, context: Context): void {
  shared(program.command("score"), "score images under a prompt, in the order given")
    .argument("<images...>", "image files, folders, or patterns")
    .addHelpText("after", `\n${MEANING}\n\nExample:\n  $ pickapic score --prompt "a red apple on a table" photos/*.jpg`)
    .action((images: string[], options: ScoreOptions) => score(images, options, context));
  shared(program.command("rank"), "rank images under a prompt, best first")
    .argument("<images...>", "folders, image files, or patterns")
    .option("--top <n>", "only the best so many", whole(1))
    .addHelpText("after", `\n${MEANING}\n\nExample:\n  $ pickapic rank --prompt "a red apple on a table" photos --top 5`)
    .action((images: string[], options: ScoreOptions) => rankBest(images, options, context));
}

function shared(command: Command, description: string): Command {
  return command
    .description(description)
    .requiredOption("--prompt <text>", "what the images should show")
    .option("--scorer <model>", "pickscore-toy, clip-toy, or the folder of a trained model", "pickscore-toy")
    .option("--threads <n>", "0: as many as the machine has cores", whole(0, 1024), 0)
    .option("--json", "print the result as JSON");
}

async function score(words: string[], options: ScoreOptions, context: Context): Promise<void> {
  const { ranked, unreadable } = await rankFiles(words, options, context);
  report(
    context,
    options,
    [...ranked].sort((a, b) => a.index - b.index),
    unreadable,
  );
}

async function rankBest(words: string[], options: ScoreOptions, context: Context): Promise<void> {
  const { ranked, unreadable } = await rankFiles(words, options, context);
  report(context, options, ranked.slice(0, options.top), unreadable);
}

async function rankFiles(words: string[], options: ScoreOptions, context: Context): Promise<Ranking<string>> {
  if (options.prompt.trim() === "") throw new CliError("PICKAPIC_USAGE_ARGUMENT", "--prompt: expected a few words, got none.");
  const files = await findImages(words);
  const { openScorer, rank } = await import("@pickapic/pickscore");
  const scorer: Scorer = await openScorer(options.scorer, { threads: options.threads });
  const close = () => void scorer.close();
  context.signal.addEventListener("abort", close);
  try {
    const ranking = await rank(scorer, options.prompt, files);
    if (ranking.ranked.length === 0) throw unreadableOnly(ranking.unreadable);
    return ranking;
  } finally {
    context.signal.removeEventListener("abort", close);
    await scorer.close();
  }
}

function unreadableOnly(unreadable: readonly ImageFailure[]): CliError {
  return new CliError("PICKAPIC_CLI_NO_IMAGES", unreadable[0]?.message ?? "No image could be read.");
}

function report(
  context: Context,
  options: ScoreOptions,
  images: Ranking<string>["ranked"],
  unreadable: Ranking<string>["unreadable"],
): void {
  const value = {
    prompt: options.prompt,
    scorer: options.scorer,
    images: images.map(({ image, score, probability, rank }) => ({ image, rank, score, probability })),
    unreadable: unreadable.map(({ image, message }) => ({ image, message })),
  };
  const rows = images.map(({ image, score, probability }) => [image, score.toFixed(3), `${(100 * probability).toFixed(1)} %`]);
  result(context, options.json, value, () => table(context.stdout, COLUMNS, rows));
  for (const { message } of unreadable) note(context, message);
  // What could be scored is printed; that something could not be is still a failure.
  if (unreadable.length > 0)
    throw new CliError(
      "PICKAPIC_CLI_NO_IMAGES",
      `${unreadable.length} of ${images.length + unreadable.length} images could not be read.`,
    );
}
