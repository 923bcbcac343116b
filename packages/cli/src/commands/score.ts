/** @file `pickapic score` and `pickapic rank`: score how well images fit a prompt, and print them in their order or best first. */

import { resolve } from "node:path";
import type { Baseline, ClipScorer, Scorer } from "@pickapic/pickscore/scoring";
import type { PassedOver } from "@pickapic/pictures/folder";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { type Command, Option } from "commander";
import { type Context, note } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { deviceOption, PROCESSOR, pixelsOption, threadsOption, whole } from "../options.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import type { Destination, Format } from "../scoring/destinations.ts";
import type { Order } from "../scoring/run.ts";
import { type ExternalOptions, externalOptions, externalSettings, SCORER_NAMES } from "../scoring/scorerOptions.ts";
import type { Source } from "../scoring/source.ts";

interface ScoreOptions extends ExternalOptions {
  prompt?: string;
  input?: string;
  promptColumn?: string;
  imageColumn?: string[];
  baseline?: string;
  output?: string;
  format?: Format;
  json?: boolean;
  scorer: string;
  processor?: string;
  pixels: PixelPolicy;
  device: "auto" | "cpu" | "webgpu" | "cuda";
  threads: number;
  top?: number;
}

/** Largest number of failures that are printed on stderr. The output has all of them. */
const MOST_NOTES = 20;

const MEANING = `
Probability: that a person prefers this image among those of this call (with --input: of the same row). With --baseline also among the images
of that folder, one against one, and the percentile of the score there. Scores of different prompts do not compare.

Tables (--input) are CSV with any separator, JSON Lines, JSON or Parquet: those that \`pickapic dataset from-csv\` reads, and more. The prompt stands in
the column prompt, caption or text; the images in image, images or path, or in several columns such as image_a and image_b. Paths are relative to
the table. Images in Parquet may be bytes. Rows are scored as they are read, so a table may have any number of them; an image that cannot be read has
a reason in the column error, and the exit code is 1.

The other columns of a table come out again behind ours (row, prompt, image, rank, score, probability, percentile, preferred, error) in CSV, JSON
and Parquet, once for each image of a row. One that is called like ours gets the name input_score, input_error, and so on. In Parquet, text,
integers, numbers and booleans stay what they are, from CSV all is text; lists, objects, times and mixtures become text, columns with bytes are left out.
`;

/** Adds `pickapic score`, which keeps the order of the images, and `pickapic rank`, which puts the best first. */
export function registerScore(program: Command, context: Context): void {
  shared(program.command("score"))
    .description("score images under a prompt, in the order given")
    .addHelpText(
      "after",
      `${MEANING}
Examples:
  $ pickapic score --prompt "a red apple on a table" photos/*.jpg
  $ pickapic score --prompt "a red apple on a table" photos --format html --output sheet.html
  $ pickapic score --input pairs.csv --output scores.parquet
  $ pickapic score --input pairs.csv --baseline reference-images --output scores.csv`,
    )
    .action((words: string[], options: ScoreOptions) => score(words, options, { bestFirst: false }, context));
  shared(program.command("rank"))
    .description("rank images under a prompt, best first; of a table the images of each row")
    .option("--top <n>", "print only this many images of each prompt, the best", whole(1))
    .addHelpText(
      "after",
      `${MEANING}
Examples:
  $ pickapic rank --prompt "a red apple on a table" photos --top 5
  $ pickapic rank --input candidates.jsonl --top 1 --output best.csv`,
    )
    .action((words: string[], options: ScoreOptions) => score(words, options, { bestFirst: true, top: options.top }, context));
}

function shared(command: Command): Command {
  return externalOptions(command)
    .argument("[images...]", "image files, folders, or patterns")
    .option("--prompt <text>", "what the images should show")
    .option("--input <table>", "take prompts and images from a table instead: .csv, .tsv, .jsonl, .json or .parquet")
    .option("--prompt-column <name>", "the column of --input that holds the prompt")
    .option("--image-column <names...>", "the columns of --input that hold the images")
    .option(
      "--baseline <folder>",
      "compare each score with these images under the same prompt: percentile, and probability to be preferred",
    )
    .option("--output <file>", "write to a .csv, .jsonl, .parquet or .html file, which is whole or absent")
    .addOption(
      new Option("--format <kind>", "how to print the result (default: table)").choices(["table", "json", "csv", "html"]),
    )
    .option("--scorer <name>", SCORER_NAMES, "pickscore-toy")
    .option("--processor <name>", PROCESSOR)
    .addOption(pixelsOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--json", "print the result as JSON, on one line");
}

async function score(words: string[], options: ScoreOptions, order: Order, context: Context): Promise<void> {
  checkUse(options);
  const { output } = options;
  const { carries, checkOutput } = await import("../scoring/destinations.ts");
  if (output !== undefined) checkOutput(output, options.format);
  const { openSource } = await import("../scoring/source.ts");
  const source = await openSource(words, { ...options, carry: carries(output, formatOf(options)) }, context.signal);
  for (const line of source.notes) note(context, line);
  await noteListing(source, context);
  if (source.leftOut.length > 0)
    note(context, `Columns with bytes are not written beside the scores: ${source.leftOut.join(", ")}.`);
  const baseline = options.baseline === undefined ? null : await baselineFiles(options.baseline, context);
  const view = viewOf(options, context);
  const { cautionOf } = await import("@pickapic/pickscore/scoring");
  const { isModelName } = await import("@pickapic/pickscore/scorers");
  const caution = async () => (isModelName(options.scorer) ? cautionOf(options.scorer) : null);
  const destination = await openDestination(options, { source, caution }, view, context);
  context.goOn = "No scores were written: run the command again.";
  try {
    const counts = await withScorer(options, context, async (scorer) => {
      const standings = baseline && (await embedBaseline(await asClip(scorer), baseline, context));
      return scoreInto(destination, scorer, source, standings, { order, view, context });
    });
    report({ ...counts, passedOver: source.passedOver, missed: source.unreadable.length }, options, await caution(), context);
  } finally {
    view.stop();
    await destination.abandon();
  }
}

function checkUse({ json, format, output, input }: ScoreOptions): void {
  const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
  if (json && output === undefined && format && format !== "json")
    throw usage(`--json: --format ${format} says something else; leave one of them out.`);
  if (input !== undefined && output !== undefined && resolve(input) === resolve(output))
    throw usage("--output: expected another file than --input.");
}

const formatOf = ({ json, format }: ScoreOptions): Format => (json ? "json" : (format ?? "table"));

/** Returns the progress to show. If rows are printed to the terminal as they come, they show the progress themselves. */
function viewOf(options: ScoreOptions, context: Context): ProgressView {
  const streams = options.output === undefined && ["csv", "json"].includes(formatOf(options)) && options.input !== undefined;
  return streams && context.stdout.isTTY ? { update() {}, stop() {} } : showProgress(context, "scoring");
}

async function openDestination(
  options: ScoreOptions,
  about: { source: Source; caution: () => Promise<string | null> },
  view: ProgressView,
  context: Context,
): Promise<Destination> {
  const { openFile, openPrint } = await import("../scoring/destinations.ts");
  const whole = { ...about, scorer: options.scorer, pixels: options.pixels, baseline: options.baseline !== undefined };
  if (options.output !== undefined) return openFile(options.output, whole);
  return openPrint(formatOf(options), whole, context.stdout, (text) => {
    if (context.stdout.isTTY) view.stop();
    context.stdout.write(text);
  });
}

/** Opens the scorer, runs `work` with it, and closes it. Ctrl-C closes it at once, so that calls that wait for it fail. */
async function withScorer<T>(options: ScoreOptions, context: Context, work: (scorer: Scorer) => Promise<T>): Promise<T> {
  const { scorer: model, processor, threads, device, pixels } = options;
  await fetchModels([model], context, processor);
  const { openNamedScorer } = await import("@pickapic/pickscore/scorers");
  const { isClipScorer } = await import("@pickapic/pickscore/scoring");
  const scorer = await openNamedScorer(model, { ...externalSettings(options, context), processor, threads, device, pixels });
  if (device === "auto" && isClipScorer(scorer)) note(context, `Runs on ${scorer.device}.`);
  const close = () => void scorer.close();
  context.signal.addEventListener("abort", close);
  try {
    context.signal.throwIfAborted();
    return await work(scorer);
  } finally {
    context.signal.removeEventListener("abort", close);
    await scorer.close();
  }
}

/** Notes on stderr which files of folders are not scored. */
async function noteListing({ passedOver, unreadable }: Pick<Source, "passedOver" | "unreadable">, context: Context, where = "") {
  const { passedOverText } = await import("@pickapic/pictures/folder");
  const text = passedOverText(passedOver);
  if (text !== null) note(context, `${where}${text}.`);
  for (const each of unreadable.slice(0, MOST_NOTES)) note(context, `${where}${each} cannot be read.`);
  if (unreadable.length > MOST_NOTES) note(context, `... and ${unreadable.length - MOST_NOTES} more.`);
}

async function baselineFiles(folder: string, context: Context): Promise<readonly string[]> {
  const { findImages } = await import("../images.ts");
  const listing = await findImages([folder]);
  await noteListing(listing, context, "--baseline: ");
  return listing.files;
}

/** @throws CliError PICKAPIC_USAGE_ARGUMENT when the scorer has no embeddings, with which a baseline is scored under each prompt */
async function asClip(scorer: Scorer): Promise<ClipScorer> {
  const { isClipScorer } = await import("@pickapic/pickscore/scoring");
  if (isClipScorer(scorer)) return scorer;
  const expected = `--baseline: expected a CLIP or PickScore as --scorer, got ${scorer.name}; leave --baseline out.`;
  throw new CliError("PICKAPIC_USAGE_ARGUMENT", expected);
}

async function embedBaseline(scorer: ClipScorer, files: readonly string[], context: Context): Promise<Baseline> {
  const { openBaseline } = await import("@pickapic/pickscore/scoring");
  const view = showProgress(context, "baseline");
  try {
    const baseline = await openBaseline(scorer, files, (done) => view.update({ done, total: files.length, unit: "images" }));
    view.stop();
    for (const message of baseline.unreadable.slice(0, MOST_NOTES)) note(context, `Left out of the baseline: ${message}`);
    if (baseline.unreadable.length > MOST_NOTES)
      note(context, `... and ${baseline.unreadable.length - MOST_NOTES} more are left out.`);
    if (baseline.size > 0) return baseline;
    throw new CliError("PICKAPIC_CLI_NO_IMAGES", "--baseline: none of its images could be read.");
  } finally {
    view.stop();
  }
}

interface Counts {
  images: number;
  unreadable: number;
}

interface Running {
  readonly order: Order;
  readonly view: ProgressView;
  readonly context: Context;
}

async function scoreInto(
  destination: Destination,
  scorer: Scorer,
  source: Source,
  baseline: Baseline | null,
  { order, view, context }: Running,
): Promise<Counts> {
  const { scoreSource } = await import("../scoring/run.ts");
  const counts = { images: 0, unreadable: 0 };
  const results = scoreSource(scorer, source, baseline, order, (result) => {
    counts.images++;
    if (!("score" in result)) counts.unreadable++;
    view.update({ done: counts.images, total: Math.max(source.total, counts.images), unit: "images" });
  });
  const reasons: string[] = [];
  for await (const images of results) {
    context.signal.throwIfAborted();
    for (const { scored } of images) if (scored.error !== null && reasons.length < MOST_NOTES) reasons.push(scored.error);
    await destination.take(images);
  }
  view.stop();
  await destination.finish();
  for (const reason of reasons) note(context, reason);
  if (counts.unreadable > reasons.length) note(context, `... and ${counts.unreadable - reasons.length} more.`);
  return counts;
}

interface Outcome extends Counts {
  readonly passedOver: PassedOver;
  /** Number of folders and files that could not be read at all. */
  readonly missed: number;
}

function report(
  { images, unreadable, passedOver, missed }: Outcome,
  { output, json, scorer, pixels }: ScoreOptions,
  caution: string | null,
  context: Context,
): void {
  if (output !== undefined) {
    note(context, `${images - unreadable} of ${images} images have a score in ${output}.`);
    const more = { passedOver, ...(caution !== null && { warnings: [caution] }) };
    if (json) context.stdout.write(`${JSON.stringify({ scorer, pixels, output, images, unreadable, ...more })}\n`);
  }
  if (caution !== null) note(context, caution);
  // The scores have been printed. The command fails all the same, because some images have none.
  if (unreadable > 0) throw new CliError("PICKAPIC_CLI_IMAGES_UNREADABLE", `${unreadable} of ${images} images`);
  if (missed > 0)
    throw new CliError("PICKAPIC_CLI_IMAGES_UNREADABLE", `${missed} ${missed === 1 ? "folder or file" : "folders and files"}`);
}
