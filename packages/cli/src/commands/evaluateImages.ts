/** @file `pickapic evaluate images`: whether a release of a text-to-image model makes better images than another one. */

import { codeOf, failureOf } from "@pickapic/errors";
import type { ReleaseComparison } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { counted, percent, percentRange, thousands } from "@pickapic/report/figures";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, pixelsOption } from "../options.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";
import { type Column, paint, table } from "../table.ts";

interface ImagesOptions extends ExternalOptions {
  prompts: string;
  scorer: string[];
  seed: number;
  threads: number;
  pixels: PixelPolicy;
  threshold?: number;
  thresholdFrom?: string;
  failUnder?: number;
  mostFailed: number;
  json?: boolean;
}

const EXAMPLES = `
Exit codes: 0 B is not shown to be worse, 1 B is worse beyond the 95 % interval or below --fail-under, 2 nothing can be said (too few pairs or prompts, a folder that is not there, a scorer that fails).

Examples:
  $ pickapic evaluate images release-1 release-2 --prompts prompts.txt --scorer yuvalkirstain/PickScore_v1
  $ pickapic evaluate images main branch --prompts manifest.csv --scorer runs/mine --fail-under 0.45 --json`;

/** Adds what `images` takes to a command that has the options of scorers. */
export function registerEvaluateImages(command: Command, context: Context): void {
  command
    .summary("two folders of images of the same prompts, by a scorer")
    .description(
      "Compare two folders with images of the same prompts, from two releases of a model: in what share of the pairs a scorer finds B better than A, with an interval over prompts. Images are paired by the file of a manifest (columns prompt and file), or in the order of their names.",
    )
    .argument("<a>", "folder of the old release")
    .argument("<b>", "folder of the new release")
    .requiredOption("--prompts <file>", ".txt with a prompt in each line, or a table with the column prompt and perhaps file")
    .option("--threshold <t>", "a tie when |p0 - p1| is at most this (default: 0, so that only equal scores tie)", decimal(0, 1))
    .option("--threshold-from <dataset>", "choose the threshold on validation_unique of this dataset instead")
    .option("--fail-under <share>", "exit code 1 also when B wins less than this share, 0...1", decimal(0, 1))
    .option("--most-failed <share>", "share of the pairs that may be left out because an image has no score", decimal(0, 1), 0.05)
    .addOption(pixelsOption())
    .addHelpText("after", EXAMPLES)
    .action((a: string, b: string, options: ImagesOptions) =>
      evaluateImages(a, b, options, context).catch((error: unknown) => {
        throw context.signal.aborted ? error : unsaid(error);
      }),
    );
}

async function evaluateImages(a: string, b: string, options: ImagesOptions, context: Context): Promise<void> {
  if (options.threshold !== undefined && options.thresholdFrom !== undefined)
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", "--threshold: --threshold-from says something else; leave one of them out.");
  const { releasePairs } = await import("../scoring/releasePairs.ts");
  const { pairs, notes } = await releasePairs(a, b, options.prompts);
  for (const sentence of notes) note(context, sentence);
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "scoring");
  try {
    const compared = await compareAll(pairs, options, view, context);
    view.stop();
    const json = { a, b, prompts: options.prompts, seed: options.seed, pixels: options.pixels, scorers: compared };
    result(context, options.json, json, () => comparisonText(context, compared));
    await noteCautions(options.scorer, context);
    judge(a, b, compared, options.failUnder);
  } finally {
    view.stop();
  }
}

/** The outcomes that exit code 1 tells of. */
const VERDICTS: ReadonlySet<string | undefined> = new Set(["PICKAPIC_CLI_WORSE", "PICKAPIC_CLI_FAIL_UNDER"]);

/** An error of a comparison that could not be made ends with 2, because 1 says that B is worse. */
function unsaid(error: unknown): unknown {
  const { message, bug } = failureOf(error);
  return bug || VERDICTS.has(codeOf(error)) ? error : new CliError("PICKAPIC_CLI_NOT_COMPARED", message).because(error);
}

async function compareAll(
  pairs: Parameters<typeof import("@pickapic/experiments/measure").compareReleases>[0],
  options: ImagesOptions,
  view: ProgressView,
  context: Context,
): Promise<(ReleaseComparison & { identity: string })[]> {
  const { compareReleases, thresholdsFrom } = await import("@pickapic/experiments/measure");
  const { closeScorers, openNamedScorers } = await import("@pickapic/pickscore/scorers");
  const effects = { signal: context.signal, onProgress: view.update };
  const scorers = await openNamedScorers(options.scorer, { ...options, ...externalSettings(options, context) });
  try {
    const { thresholdFrom, threshold = 0 } = options;
    const whole = { ...effects, mostFailed: 0 };
    const { thresholds = [] } = thresholdFrom === undefined ? {} : await thresholdsFrom(thresholdFrom, scorers, whole);
    const compared = [];
    for (const [i, scorer] of scorers.entries()) {
      const comparison = await compareReleases(pairs, scorer, { ...options, threshold: thresholds[i] ?? threshold }, effects);
      compared.push({ ...comparison, identity: await scorer.identify() });
    }
    return compared;
  } finally {
    await closeScorers(scorers);
  }
}

/** Notes on stderr for models whose scores say nothing about photographs. */
async function noteCautions(scorers: readonly string[], context: Context): Promise<void> {
  const [{ isModelName }, { cautionOf }] = await Promise.all([
    import("@pickapic/pickscore/scorers"),
    import("@pickapic/pickscore/scoring"),
  ]);
  for (const name of scorers.filter(isModelName)) {
    const caution = await cautionOf(name);
    if (caution !== null) note(context, caution);
  }
}

const right = (head: string): Column => ({ head, align: "right" });

function comparisonText(context: Context, compared: readonly ReleaseComparison[]): string {
  const heads = ["B wins", "95 % interval", "B better", "A better", "ties", "threshold"].map(right);
  const rows = compared.map(({ scorer, winRate, wins, threshold, verdict }) => [
    scorer,
    percent(winRate.value),
    percentRange(winRate.interval),
    ...[wins.b, wins.a, wins.ties].map(thousands),
    `${threshold}`,
    verdict === null ? "" : verdict === "not shown" ? "no difference shown" : `B is ${verdict}`,
  ]);
  const notes = compared.flatMap(({ scorer, winRate, leftOut, failures }) => [
    ...(winRate.reason === null ? [] : [`${scorer}: ${winRate.reason}.`]),
    ...(leftOut === 0
      ? []
      : [
          `${scorer} gave no score to ${counted(failures[0]?.images ?? 0, "image")}; ${counted(leftOut, "pair")} ${leftOut === 1 ? "was" : "were"} left out.`,
        ]),
    ...failures.flatMap(({ first }) => first.map(({ uid, reason }) => `  ${uid}: ${reason}`)),
  ]);
  const protocol = paint(context.stdout, "dim", compared[0]?.protocol ?? "");
  return [table(context.stdout, [{ head: "scorer" }, ...heads, { head: "" }], rows), ...notes, protocol].join("\n");
}

/** @throws CliError for every outcome that is not "B is not shown to be worse" */
function judge(a: string, b: string, compared: readonly ReleaseComparison[], failUnder: number | undefined): void {
  for (const { scorer, winRate, verdict } of compared) {
    if (winRate.value === null || verdict === null)
      throw new CliError("PICKAPIC_CLI_FEW_PAIRS", a, b, winRate.reason ?? "there is no interval");
    const wins = `${percent(winRate.value)} of the pairs (95 % interval ${percentRange(winRate.interval)})`;
    if (verdict === "worse") throw new CliError("PICKAPIC_CLI_WORSE", a, b, scorer, wins);
    if (failUnder !== undefined && winRate.value < failUnder)
      throw new CliError("PICKAPIC_CLI_FAIL_UNDER", b, scorer, wins, percent(failUnder));
  }
}
