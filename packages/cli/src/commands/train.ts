/** @file `pickapic train`: trains PickScore on a dataset of preferences. */

import { codeOf, messageOf } from "@pickapic/errors";
import type { ProgressReport } from "@pickapic/experiments/progress";
import type { TrainResult } from "@pickapic/pickscore";
import { type AskedSettings, SETTINGS } from "@pickapic/pickscore/settings";
import { duration } from "@pickapic/report/figures";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { JSON_RESULT } from "../options.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import { table } from "../table.ts";

interface TrainOptions extends Partial<AskedSettings> {
  /** The name under which commander returns --pixel-cache-mib. */
  pixelCacheMib?: number;
  resume?: string | true;
  curve?: boolean;
  curveShares?: number[];
  json?: boolean;
}

/** Adds `pickapic train`, with one option for each setting of a training except the dataset. */
export function registerTrain(program: Command, context: Context): void {
  const train = program
    .command("train")
    .summary("train PickScore on a dataset")
    .description(
      "Train PickScore on a dataset of preferences, starting from a CLIP, and end with a verdict: whether the trained model is shown to be better. What is trained, for how long and at which rate follows from the number of pairs, the model and the device, unless options say otherwise; the choice and its reason are printed. The best step on pairs that were not trained on is kept.",
    )
    .argument("[dataset]", "dataset folder, as `pickapic dataset export` writes it; not needed with --resume");
  for (const name of Object.keys(SETTINGS) as (keyof AskedSettings)[]) if (name !== "dataset") train.addOption(optionOf(name));
  train
    .option("--resume [folder]", "go on with the run in this folder, or in --out; its settings are taken from there")
    .option("--curve", "train on shares of the prompts, too, and report the accuracy over the amount of data")
    .option("--curve-shares <shares>", "the shares of the curve besides all prompts (default: 0.125,0.25,0.5)", shares)
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic train my-dataset --init clip-toy --out runs/mine
  $ pickapic train --resume runs/mine
  $ pickapic train my-dataset --init clip-toy --out runs/mine --curve
  $ pickapic train my-dataset --init ./finetuned --processor openai/clip-vit-base-patch32 --out runs/onwards
  $ pickapic train my-dataset --init openai/clip-vit-large-patch14 --train lora:8 --learning-rate 1e-4 --memory 12GiB --out runs/large`,
    )
    .action((dataset: string | undefined, options: TrainOptions) => run(dataset, options, context));
}

/** Parses the shares of a curve, such as "0.1,0.5". */
function shares(text: string): number[] {
  const values = text.split(",").map((each) => Number(each.trim() || Number.NaN));
  if (values.every((value) => SETTINGS.share.allows(value) && value < 1)) return values;
  throw new InvalidArgumentError(
    "Expected shares between 0 and 1, separated by commas, such as 0.125,0.25,0.5; the least is 0.001.",
  );
}

/** How the help calls the value of a setting, where "n" or "name" would say too little. */
const PLACEHOLDERS: Readonly<Partial<Record<keyof AskedSettings, string>>> = {
  init: "model",
  memory: "size",
  out: "folder",
  processor: "model",
  train: "part",
};

/** Returns the option of a training setting. */
function optionOf(name: keyof AskedSettings): Option {
  const { does, expected, paper, kind, default: usual, allows } = SETTINGS[name];
  // The help names the default, but commander gets none: an option that was not typed must stay unset, because a resumed run has its own settings.
  const allowed = usual === "" || expected === SETTINGS.init.expected ? "" : expected;
  const values = [allowed, usual === "" ? "" : `default: ${usual}`, paper === undefined ? "" : `paper: ${paper}`]
    .filter(Boolean)
    .join("; ");
  const description = `${does}${values && ` (${values})`}`;
  return new Option(`--${flagOf(name)} <${PLACEHOLDERS[name] ?? (kind === "number" ? "n" : "name")}>`, description).argParser(
    (text) => {
      const value: unknown = kind === "number" && text !== "auto" ? Number(text.trim() || Number.NaN) : text;
      if (allows(value)) return value;
      throw new InvalidArgumentError(`Expected ${expected}.`);
    },
  );
}

/** Returns the flag of a setting: "microBatchPairs" becomes micro-batch-pairs. "MiB" counts as one word. */
const flagOf = (name: string): string => name.replace("MiB", "Mib").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

async function run(named: string | undefined, options: TrainOptions, context: Context): Promise<void> {
  const { resume, json, curve, curveShares, pixelCacheMib, ...rest } = options;
  const given = { ...rest, ...(pixelCacheMib !== undefined && { pixelCacheMiB: pixelCacheMib }), ...foldersOf(named, options) };
  const shares = curveShares ?? (curve ? [0.125, 0.25, 0.5] : []);
  if (shares.length > 0 && (given.share ?? 1) !== 1)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      "--curve trains on shares of all prompts: leave --share out, or leave the curve out.",
    );
  const { hasRun, readRun, trainPickScore } = await import("@pickapic/pickscore");
  // The run is read here only to know which model to fetch. Training itself reports what is wrong with a run folder.
  const begun = resume === undefined ? null : await readRun(given.out).catch(() => null);
  const { init, processor } = { ...begun?.settings, ...given };
  await fetchModels([init ?? SETTINGS.init.default], context, processor);
  const started = context.now();
  const view = phases(context);
  const onNote = (line: string) => note(context, line);
  const effects = { resume: resume !== undefined, onProgress: view.update, onNote, signal: context.signal };
  try {
    const trained = await trainPickScore(given, effects);
    view.stop();
    await afterTraining(trained, { shares, started, json }, context);
  } catch (error) {
    const saved = hasRun(given.out)
      ? `The run is saved in ${given.out}: go on with \`pickapic train --resume ${given.out}\`.`
      : "No step was made yet: start the same command again.";
    // This error means that the run could not be saved, also when the command was stopped by Ctrl-C.
    context.goOn = codeOf(error) === "PICKAPIC_RUN_NOT_SAVED" ? messageOf(error) : saved;
    throw error;
  } finally {
    view.stop();
  }
}

/**
 * Returns the dataset and the run folder of a command line: `train data --out run`, `train --resume run`, `train data --out run --resume`, in any order
 * of the words.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT
 */
function foldersOf(named: string | undefined, { out, resume }: TrainOptions): { dataset?: string; out: string } {
  const folder = typeof resume === "string" ? resume : undefined;
  // In `train --resume my-dataset --out runs/mine`, commander takes the dataset as the value of --resume.
  const isDataset = folder !== undefined && named === undefined && out !== undefined && out !== folder;
  const [dataset, run] = isDataset ? [folder, out] : [named, out ?? folder];
  if (folder !== undefined && named !== undefined && out !== undefined && out !== folder)
    throw usage(`--resume names ${folder} and --out names ${out}: name the run folder once.`);
  if (run === undefined) throw usage("expected the run folder: give --out <folder>, or --resume <folder> to go on with a run.");
  if (dataset === undefined && resume === undefined)
    throw usage("expected a dataset folder: `pickapic train my-dataset --out runs/mine`.");
  return { ...(dataset !== undefined && { dataset }), out: run };
}

const usage = (sentence: string): CliError => new CliError("PICKAPIC_USAGE_ARGUMENT", `train: ${sentence}`);

interface AfterTraining {
  /** The shares of the curve. Empty without a curve. */
  shares: readonly number[];
  /** Time at which the command began, ms of the context's clock. */
  started: number;
  json: boolean | undefined;
}

/** Trains the curve, measures what training has changed, writes the report, and prints the result with the verdict as its last line. */
async function afterTraining(trained: TrainResult, { shares, started, json }: AfterTraining, context: Context): Promise<void> {
  const [{ readRun }, { measureTrained, reportTrained, trainCurve }, { runFigures, runText }] = await Promise.all([
    import("@pickapic/pickscore"),
    import("../train/afterTraining.ts"),
    import("../train/summary.ts"),
  ]);
  const run = await readRun(trained.folder);
  await trainCurve(run, shares, context, phases);
  const found = await measureTrained(run, context);
  const seconds = (context.now() - started) / 1000;
  const report = await reportTrained(found, context.signal).then(
    (path) => ({ path }),
    (failure: unknown) => ({ failure }),
  );
  if ("path" in report) note(context, `Report: ${report.path}`);
  note(context, `Use it: pickapic evaluate scorer ${trained.settings.dataset} --scorer ${trained.folder}`);
  const tables = () => [text(context, trained, seconds), runText(context.stdout, found)].filter(Boolean).join("\n");
  result(context, json, { ...trained, seconds, ...runFigures(found) }, tables);
  // The report could not be written. The error is thrown only now, after the figures of the trained model were printed.
  if ("failure" in report) throw report.failure;
}

/** Shows the phases of a training one after the other: reading the pairs, running the frozen part of the model if there is one, and the steps. */
export function phases(context: Context, title = "training"): ProgressView {
  let current = "";
  let view: ProgressView | undefined;
  return {
    update(report: ProgressReport) {
      const isSteps = report.unit === "steps";
      const own = report.phase ?? (isSteps ? title : (report.note ?? title));
      const phase = `${report.unit} ${own}`;
      if (phase !== current) {
        view?.stop();
        view = showProgress(context, own);
        current = phase;
      }
      view?.update(isSteps || report.phase !== undefined ? report : { ...report, note: "" });
    },
    stop: () => view?.stop(),
  };
}

function text(context: Context, { folder, steps, best, settings, crossFit, startKept }: TrainResult, seconds: number): string {
  const rows = [
    ["model", startKept ? `${folder} (the starting weights)` : folder],
    ["trained", settings.train],
    ["steps", steps < settings.steps ? `${steps} of ${settings.steps}` : `${steps}`],
    ["chosen", best ? bestText(best) : "the last step: no pair could choose"],
    ["chosen by", crossFit ? `cross-fitting, ${crossFit.folds} folds of prompts` : `the split ${settings.validationSplit}`],
    ["time", duration(seconds)],
  ];
  return table(context.stdout, [{ head: "training" }, { head: "", align: "right" }], rows);
}

const bestText = ({ step }: NonNullable<TrainResult["best"]>): string =>
  step === 0 ? "no step: none was better" : `step ${step}`;
