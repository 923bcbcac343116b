/** @file `pickapic score` and `pickapic rank`: how well images fit a prompt, in their order or best first. */

import type { Baseline, Ranking, Scorer } from "@pickapic/pickscore";
import { type Command, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { writeWhole } from "../files.ts";
import { findImages } from "../images.ts";
import { fetchModels } from "../model/fetch.ts";
import { deviceOption, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import type { Scored } from "../scoring/output.ts";
import type { ScoredImage } from "../scoring/run.ts";
import type { TableImage } from "../scoring/tables.ts";
import { type Column, table } from "../table.ts";

interface SharedOptions {
  prompt: string;
  scorer: string;
  device: "auto" | "cpu" | "webgpu" | "cuda";
  threads: number;
  top?: number;
  json?: boolean;
}

type Format = "table" | "json" | "csv" | "html";

interface ScoreOptions extends Omit<SharedOptions, "prompt"> {
  prompt?: string;
  input?: string;
  promptColumn?: string;
  imageColumn?: string[];
  output?: string;
  format?: Format;
  baseline?: string;
}

/** Where images come from, and how the results are called. */
interface Source {
  total: number;
  /** One prompt for all: probabilities are among all images. */
  prompt: string | null;
  rows(): AsyncIterable<TableImage[]> | Iterable<TableImage[]>;
}

const COLUMNS: readonly Column[] = [
  { head: "image", max: 70 },
  { head: "score", align: "right" },
  { head: "probability", align: "right" },
];
const MEANING =
  "Probability: that a person prefers this image among those of this call (with --input: of the same row). Scores of different prompts do not compare.";
/** Reasons that are printed; all of them are in the output. */
const MOST_NOTES = 20;

const SCORE_HELP = `
${MEANING}

Tables (--input) have a head line. The prompt stands in the column prompt, caption or text; the images in image, images or path, or in
several columns such as image_a and image_b. Paths are relative to the table. Images in Parquet may be bytes. Rows are scored as they are
read, so a table may have any number of them; an image that cannot be read has a reason in the column error, and the exit code is 1.

Examples:
  $ pickapic score --prompt "a red apple on a table" photos/*.jpg
  $ pickapic score --prompt "a red apple on a table" photos --format html --output sheet.html
  $ pickapic score --input pairs.csv --output scores.parquet
  $ pickapic score --input pairs.csv --baseline reference-images --output scores.csv`;

export function registerScore(program: Command, context: Context): void {
  shared(program.command("score"))
    .description("score images under a prompt, in the order given")
    .argument("[images...]", "image files, folders, or patterns")
    .option("--prompt <text>", "what the images should show")
    .option("--input <table>", "score the rows of a .csv, .jsonl or .parquet file instead")
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
    .addHelpText("after", SCORE_HELP)
    .action((images: string[], options: ScoreOptions) => score(images, options, context));
  shared(program.command("rank"))
    .description("rank images under a prompt, best first")
    .argument("<images...>", "folders, image files, or patterns")
    .requiredOption("--prompt <text>", "what the images should show")
    .option("--top <n>", "only the best so many", whole(1))
    .addHelpText("after", `\n${MEANING}\n\nExample:\n  $ pickapic rank --prompt "a red apple on a table" photos --top 5`)
    .action((images: string[], options: SharedOptions) => rankBest(images, options, context));
}

function shared(command: Command): Command {
  return command
    .option("--scorer <model>", "pickscore-toy, clip-toy, the folder of a model, or ORG/NAME of the hub", "pickscore-toy")
    .addOption(deviceOption())
    .option("--threads <n>", "0: as many as the machine has cores", whole(0, 1024), 0)
    .option("--json", "print the result as JSON");
}

/** Opens the scorer for the time of `work`; Ctrl-C closes it, which ends whatever waits for it. */
async function withScorer<T>(
  options: Omit<SharedOptions, "prompt">,
  context: Context,
  work: (scorer: Scorer) => Promise<T>,
): Promise<T> {
  const { openScorer } = await import("@pickapic/pickscore");
  await fetchModels([options.scorer], context);
  const scorer = await openScorer(options.scorer, { threads: options.threads, device: options.device });
  if (options.device === "auto") note(context, `Runs on ${scorer.device}.`);
  const close = () => void scorer.close();
  context.signal.addEventListener("abort", close);
  try {
    return await work(scorer);
  } finally {
    context.signal.removeEventListener("abort", close);
    await scorer.close();
  }
}

async function score(words: string[], options: ScoreOptions, context: Context): Promise<void> {
  const format = formatOf(options);
  const source = await openSource(words, options);
  const baseline = options.baseline === undefined ? null : await findImages([options.baseline]);
  const counts = await withScorer(options, context, async (scorer) => {
    const standings = baseline && (await embedBaseline(scorer, baseline, context));
    return scoreSource(scorer, source, standings, format, options, context);
  });
  if (counts.unreadable === 0) return;
  // What could be scored is printed; that something could not be is still a failure.
  throw new CliError("PICKAPIC_CLI_NO_IMAGES", `${counts.unreadable} of ${counts.images} images could not be read.`);
}

/** What is printed or written; checked before any work is done. */
function formatOf({ format, json, output, input }: ScoreOptions): Format | "file" {
  const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
  if (json && format && format !== "json") throw usage(`--json: --format ${format} says something else; leave one of them out.`);
  if (output === undefined) return json ? "json" : (format ?? "table");
  if (input !== undefined && output === input) throw usage("--output: expected another file than --input.");
  const end = /\.(csv|jsonl|parquet|html)$/i.exec(output)?.[1]?.toLowerCase();
  if (!end) throw usage(`--output: expected a name that ends in .csv, .jsonl, .parquet or .html; got ${output}.`);
  if (format && format !== end && !(format === "json" && end === "jsonl"))
    throw usage(`--format ${format}: the name ${output} says something else; leave --format out or change the name.`);
  return end === "html" ? "html" : "file";
}

async function openSource(words: readonly string[], options: ScoreOptions): Promise<Source> {
  const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
  const { prompt, input } = options;
  if (prompt !== undefined && prompt.trim() === "") throw usage("--prompt: expected a few words, got none.");
  if (input !== undefined) {
    if (words.length > 0) throw usage(`--input: the images stand in the table; leave out ${words[0]}, or leave out --input.`);
    const { openTable } = await import("../scoring/tables.ts");
    const columns = { prompt: options.promptColumn ?? null, images: options.imageColumn ?? null, fixedPrompt: prompt ?? null };
    return { ...(await openTable(input, columns)), prompt: null };
  }
  if (prompt === undefined)
    throw usage("--prompt: expected what the images should show (a table of prompts and images comes with --input).");
  if (words.length === 0) throw usage("images: expected image files, folders or patterns, or a table with --input; got none.");
  const files = await findImages(words);
  return { total: files.length, prompt, rows: () => files.map((image, i) => [{ row: i + 1, prompt, name: image, image }]) };
}

async function embedBaseline(scorer: Scorer, files: readonly string[], context: Context): Promise<Baseline> {
  const { openBaseline } = await import("@pickapic/pickscore");
  const view = showProgress(context, "baseline");
  try {
    const baseline = await openBaseline(scorer, files, (done) => view.update({ done, total: files.length, unit: "images" }));
    for (const message of baseline.unreadable.slice(0, MOST_NOTES)) note(context, `Left out of the baseline: ${message}`);
    if (baseline.size > 0) return baseline;
    throw new CliError("PICKAPIC_CLI_NO_IMAGES", "--baseline: none of its images could be read.");
  } finally {
    view.stop();
  }
}

/** Where results go, one row of images after the other. */
interface Taker {
  take(row: readonly ScoredImage[]): Promise<void> | void;
  /** Everything was taken. */
  finish(): Promise<void> | void;
  /** Something went wrong: leaves nothing behind. */
  abandon(): Promise<void>;
}

async function scoreSource(
  scorer: Scorer,
  source: Source,
  baseline: Baseline | null,
  format: Format | "file",
  options: ScoreOptions,
  context: Context,
): Promise<{ images: number; unreadable: number }> {
  const { scoreRows } = await import("../scoring/run.ts");
  const taker = await openTaker(format, source, baseline !== null, options, context);
  const view = showProgress(context, "scoring");
  const counts = { images: 0, unreadable: 0 };
  const reasons: string[] = [];
  try {
    for await (const row of scoreRows(scorer, source.rows(), baseline)) {
      context.signal.throwIfAborted();
      for (const { scored } of row) {
        counts.images++;
        if (scored.error === null) continue;
        counts.unreadable++;
        if (reasons.length < MOST_NOTES) reasons.push(scored.error);
      }
      await taker.take(row);
      view.update({ done: counts.images, total: Math.max(source.total, counts.images), unit: "images" });
    }
    view.stop();
    await taker.finish();
  } finally {
    view.stop();
    await taker.abandon();
  }
  for (const reason of reasons) note(context, reason);
  if (counts.unreadable > reasons.length) note(context, `... and ${counts.unreadable - reasons.length} more.`);
  return counts;
}

async function openTaker(
  format: Format | "file",
  source: Source,
  baseline: boolean,
  options: ScoreOptions,
  context: Context,
): Promise<Taker> {
  const { csvHead, csvRows, openSink, scoredColumns } = await import("../scoring/output.ts");
  const columns = scoredColumns(baseline);
  if (format === "file") {
    const sink = await openSink(options.output!, columns);
    return {
      take: (row) => sink.write(row.map(({ scored }) => scored)),
      finish: () => sink.close(),
      abandon: () => sink.abandon(),
    };
  }
  const abandon = async () => {};
  if (format === "csv") {
    context.stdout.write(csvHead(columns));
    const take = (row: readonly ScoredImage[]) => void context.stdout.write(csvRows(row.map(({ scored }) => scored), columns)); // biome-ignore format: one thought
    return { take, finish() {}, abandon };
  }
  if (format === "html") return openSheet(options, context);
  const all: Scored[] = [];
  return {
    take: (row) => void all.push(...row.map(({ scored }) => scored)),
    finish: async () => {
      const { softmax } = await import("@pickapic/pickscore");
      if (source.prompt !== null) amongAll(all, softmax);
      result(context, format === "json", jsonOf(all, source, options), () => tableOf(all, source, baseline, context));
    },
    abandon,
  };
}

async function openSheet({ output, scorer }: ScoreOptions, context: Context): Promise<Taker> {
  const { Sheet } = await import("../scoring/sheet.ts");
  const sheet = new Sheet();
  return {
    async take(row) {
      for (const { scored, image } of row) {
        await sheet.add(scored, typeof image === "string" || image instanceof Uint8Array ? image : new Uint8Array());
      }
    },
    async finish() {
      if (output === undefined) context.stdout.write(sheet.page(scorer));
      else await writeWhole(output, sheet.page(scorer));
    },
    abandon: async () => {},
  };
}

/** Probabilities among all readable images of the call. */
function amongAll(all: readonly Scored[], softmax: (scores: readonly number[]) => number[]): void {
  const readable = all.filter(({ score }) => score !== null);
  const probabilities = softmax(readable.map(({ score }) => score!));
  for (const [i, scored] of readable.entries()) scored.probability = probabilities[i]!;
}

function jsonOf(all: readonly Scored[], { prompt }: Source, { scorer }: ScoreOptions): object {
  if (prompt === null) return { scorer, rows: all };
  const readable = all.filter(({ score }) => score !== null);
  const ordered = readable.map(({ score }) => score!).sort((a, b) => b - a);
  return {
    prompt,
    scorer,
    images: readable.map(({ image, score, probability, percentile, preferred }) => ({
      image,
      rank: 1 + ordered.indexOf(score!),
      score,
      probability,
      ...(percentile !== undefined && { percentile, preferred }),
    })),
    unreadable: all.flatMap(({ image, error }) => (error === null ? [] : [{ image, message: error }])),
  };
}

function tableOf(all: readonly Scored[], { prompt }: Source, baseline: boolean, context: Context): string {
  const columns: Column[] = [
    ...(prompt === null ? [{ head: "row", align: "right" } as const, { head: "prompt", max: 40 }] : []),
    ...COLUMNS,
    ...(baseline ? [{ head: "percentile", align: "right" } as const, { head: "preferred", align: "right" } as const] : []),
    ...(all.some(({ error }) => error !== null) && prompt === null ? [{ head: "error", max: 60 }] : []),
  ];
  const share = (value: number | null | undefined) => (typeof value === "number" ? `${(100 * value).toFixed(1)} %` : "");
  const shown = prompt === null ? all : all.filter(({ score }) => score !== null);
  const rows = shown.map((scored) => [
    ...(prompt === null ? [`${scored.row}`, scored.prompt] : []),
    scored.image,
    scored.score?.toFixed(3) ?? "",
    share(scored.probability),
    ...(baseline ? [scored.percentile?.toFixed(0) ?? "", share(scored.preferred)] : []),
    scored.error ?? "",
  ]);
  return table(context.stdout, columns, rows);
}

async function rankBest(words: string[], options: SharedOptions, context: Context): Promise<void> {
  if (options.prompt.trim() === "") throw new CliError("PICKAPIC_USAGE_ARGUMENT", "--prompt: expected a few words, got none.");
  const files = await findImages(words);
  const { rank } = await import("@pickapic/pickscore");
  const { ranked, unreadable } = await withScorer(options, context, (scorer) => rank(scorer, options.prompt, files));
  if (ranked.length === 0) throw new CliError("PICKAPIC_CLI_NO_IMAGES", unreadable[0]?.message ?? "No image could be read.");
  report(context, options, ranked.slice(0, options.top), unreadable);
}

function report(
  context: Context,
  options: SharedOptions,
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
  if (unreadable.length > 0)
    throw new CliError(
      "PICKAPIC_CLI_NO_IMAGES",
      `${unreadable.length} of ${images.length + unreadable.length} images could not be read.`,
    );
}
