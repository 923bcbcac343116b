/** @file `pickapic dataset`: writes, imports, counts and checks datasets. */

import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { registerDiff } from "../dataset/diff.ts";
import { exportAs, FORMATS_HELP, type WrittenOptions, writtenOptions } from "../dataset/export.ts";
import { registerHub } from "../dataset/hub.ts";
import { registerImport } from "../dataset/import.ts";
import { type LimitOptions, leftOutSentences, limitOptions, limitsOf } from "../dataset/limits.ts";
import { registerPrompts } from "../dataset/prompts.ts";
import {
  firstNumberOption,
  firstNumberSetting,
  type JsonOption,
  NOT_HALF_WRITTEN,
  type Report,
  report,
  type SplitOptions,
  splitOptions,
} from "../dataset/report.ts";
import { registerStats } from "../dataset/stats.ts";
import { keepYoungGenerationSmall } from "../dataset/youngGeneration.ts";
import { CliError } from "../errors.ts";
import { licenseOf } from "../license.ts";
import { showProgress } from "../progress.ts";

interface ExportOptions extends SplitOptions, WrittenOptions, LimitOptions {
  out: string;
  data: string;
  images: boolean;
}

/** Adds `pickapic dataset` with export, from-csv, import, push, pull, diff, stats, prompts and validate. */
export function registerDataset(program: Command, context: Context): void {
  const dataset = program.command("dataset").description("write, read and check preference datasets");
  registerExport(dataset, context);
  registerFromCsv(dataset, context);
  registerImport(dataset, context);
  registerHub(dataset, context);
  registerStats(dataset, context);
  registerPrompts(dataset, context);
  registerDiff(dataset, context);
  dataset
    .command("validate")
    .description("check columns, splits, images and checksums of a dataset; exit code 1 when something is wrong")
    .argument("<dataset>", "dataset folder")
    .option("--json", "print the findings as JSON")
    .addHelpText("after", "\nExample:\n  $ pickapic dataset validate my-dataset")
    .action((folder: string, options: JsonOption) => validate(folder, options, context));
}

function registerExport(dataset: Command, context: Context): void {
  const command = dataset
    .command("export")
    .description("write the choices that an app has collected, or a dataset that exists, as a dataset or in a format of trainers")
    .argument(
      "[dataset]",
      "a dataset folder, of which the choices within the limits are written, in any format; without it, the choices of the app",
    )
    .option("--out <folder>", "the new dataset folder", "dataset")
    .option("--data <folder>", "the app's data folder; the app may be running", context.env.PICKAPIC_DATA ?? "data")
    .option("--no-images", "leave the images out");
  writtenOptions(command);
  limitOptions(command);
  splitOptions(command, "Pick-a-Pic")
    .addHelpText(
      "after",
      `${FORMATS_HELP}\nWithout --license the licence is asked for; where nobody can be asked, it has to be named.

Examples:
  $ pickapic dataset export --out my-dataset --license cc-by-4.0
  $ pickapic dataset export --out my-links --license none --no-images
  $ pickapic dataset export my-dataset --format diffusers-dpo --out pairs
  $ pickapic dataset export my-dataset --max-per-person 100 --out even
  $ pickapic dataset export my-dataset --format jsonl --out fewer --different-models --max-per-person 100
  $ pickapic dataset export --format webdataset --ties drop --out shards --license cc-by-4.0`,
    )
    .action((dataset: string | undefined, options: ExportOptions) =>
      exportAs(dataset, options, command, context, (fromApp) => exportData(fromApp, context)),
    );
}

interface FromCsvOptions extends Omit<ExportOptions, "data" | "images"> {
  firstNumber?: "0" | "1";
  skipMissing?: boolean;
}

function registerFromCsv(dataset: Command, context: Context): void {
  const command = dataset
    .command("from-csv")
    .description(
      "make a dataset of a table of pairs: columns prompt, image_a, image_b (files, relative to the table), choice (a, b or tie); optional user, model_a, model_b",
    )
    .argument("<pairs.csv>", "the table: CSV with any separator, JSON Lines or JSON, each also compressed (.gz), or Parquet")
    .option("--out <folder>", "the new dataset folder", "dataset")
    .addOption(firstNumberOption())
    .option("--skip-missing", "leave out rows whose picture is missing, and say how many");
  splitOptions(command, "Preferences")
    .addHelpText(
      "after",
      `
A choice may also be left or right, a number (0.5: neither), the file or the model that was preferred, or "Tie (both good)". Columns may also be
called caption or text; image_0 and image_1, image_1 and image_2, left and right; preferred, preference, winner or label. label_0 and label_1 (1, 0 or
0.5) say who won as well, and so do the columns chosen and rejected, which then hold the files. Case, blanks and - for _ do not matter.

Numbers count as the columns do: under image_0 and image_1 from 0, under image_1 and image_2 from 1. Elsewhere, 0 and 1 count from 0, and 1 and 2 from 1;
where only 1 is there, it may be either, and --first-number says which. A 0 or 0.5 under image_1 and image_2 means that 0 is the first.

Example:
  $ pickapic dataset from-csv pairs.csv --out my-dataset`,
    )
    .action((file: string, options: FromCsvOptions) => fromCsv(file, options, context));
}

async function fromCsv(file: string, options: FromCsvOptions, context: Context): Promise<void> {
  const { checkTarget, pairsSource, writeDataset } = await import("@pickapic/dataset");
  const { out, json: _json, firstNumber, skipMissing = false, force: replace = false, ...settings } = options;
  const views = { checking: showProgress(context, "checking"), writing: showProgress(context, "writing") };
  const { signal } = context;
  context.goOn = NOT_HALF_WRITTEN;
  await checkTarget(out, replace);
  try {
    const source = await pairsSource(file, {
      skipMissing,
      ...firstNumberSetting(firstNumber),
      signal,
      onProgress: views.checking.update,
    });
    views.checking.stop();
    const written = await writeDataset(source, out, {
      ...settings,
      replace,
      images: true,
      onProgress: views.writing.update,
      signal,
    });
    views.writing.stop();
    report(
      context,
      { json: options.json },
      { ...written, skipped: source.skipped, warnings: [...source.warnings, ...written.warnings] },
    );
    note(context, `Train on it: pickapic train ${out} --out my-model`);
  } finally {
    views.checking.stop();
    views.writing.stop();
  }
}

/** Writes the choices of the app as a dataset, and returns what was written. */
async function exportData(options: ExportOptions, context: Context): Promise<Report> {
  if (!options.images) keepYoungGenerationSmall();
  const [{ countLeftOut, openStore, preferenceSource }, { writeDataset }] = await Promise.all([
    import("@pickapic/server/store"),
    import("@pickapic/dataset"),
  ]);
  const { out, data, json: _json, force: replace = false, license: named, format: _format, ties: _ties, ...settings } = options;
  const license = await licenseOf(context, named);
  const store = await openStore(data);
  const view = showProgress(context, "exporting");
  context.goOn = "No dataset was left half-written: run the command again, which goes on after the files that are finished.";
  try {
    const source = preferenceSource(store, limitsOf(options));
    const leftOut = { ...(await countLeftOut(store)), ...(await source.limitedOut()) };
    for (const sentence of leftOutSentences(leftOut)) note(context, sentence);
    const summary = await writeDataset(source, out, {
      ...settings,
      ...(license !== undefined && { license }),
      replace,
      onProgress: view.update,
      signal: context.signal,
    });
    return { ...summary, leftOut };
  } finally {
    view.stop();
    await store.close();
  }
}

async function validate(folder: string, options: JsonOption, context: Context): Promise<void> {
  const { validateDataset } = await import("@pickapic/dataset");
  const findings = await validateDataset(folder);
  result(context, options.json, { dataset: folder, valid: findings.length === 0, findings }, () =>
    findings.length === 0 ? `${folder} is a valid dataset.` : findings.map(({ message }) => message).join("\n"),
  );
  if (findings.length > 0)
    throw new CliError("PICKAPIC_CLI_FINDINGS", folder, findings.length === 1 ? "1 finding" : `${findings.length} findings`);
}
