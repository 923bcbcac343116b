/** @file `pickapic train`: PickScore on a dataset of preferences. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ProgressReport } from "@pickapic/experiments/progress";
import type { TrainResult } from "@pickapic/pickscore";
import { SETTINGS, type TrainSettings } from "@pickapic/pickscore/settings";
import { duration } from "@pickapic/report/figures";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import { table } from "../table.ts";

interface TrainOptions extends Partial<TrainSettings> {
  resume?: boolean;
  curve?: boolean;
  curveShares?: number[];
  json?: boolean;
}

export function registerTrain(program: Command, context: Context): void {
  const train = program
    .command("train")
    .summary("train PickScore on a dataset")
    .description(
      "Trains PickScore on a dataset of preferences, starting from a CLIP. The best checkpoint on the validation split is kept. Every setting of the run is an option; the defaults suit a few thousand pairs and a small model.",
    )
    .argument("<dataset>", "dataset folder, as `pickapic dataset export` writes it");
  for (const name of Object.keys(SETTINGS) as (keyof TrainSettings)[]) if (name !== "dataset") train.addOption(optionOf(name));
  train
    .option("--resume", "go on with the run in --out")
    .option("--curve", "train on shares of the prompts, too, and report the accuracy over the amount of data")
    .option("--curve-shares <shares>", "the shares of the curve besides all prompts (default: 0.125,0.25,0.5)", shares)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic train my-dataset --init clip-toy --out runs/mine
  $ pickapic train my-dataset --init clip-toy --out runs/mine --resume
  $ pickapic train my-dataset --init clip-toy --out runs/mine --curve
  $ pickapic train my-dataset --init ./finetuned --processor openai/clip-vit-base-patch32 --out runs/onwards
  $ pickapic train my-dataset --init openai/clip-vit-large-patch14 --train lora:8 --learning-rate 1e-4 --memory 12GiB --out runs/large`,
    )
    .action((dataset: string, options: TrainOptions) => run(dataset, options, context));
}

/** "0.1,0.5" as the shares of a curve. */
function shares(text: string): number[] {
  const values = text.split(",").map((each) => Number(each.trim() || Number.NaN));
  if (values.every((value) => SETTINGS.share.allows(value) && value < 1)) return values;
  throw new InvalidArgumentError(
    "Expected shares between 0 and 1, separated by commas, such as 0.125,0.25,0.5; the least is 0.001.",
  );
}

/** A line of the table of settings as an option. */
function optionOf(name: keyof TrainSettings): Option {
  const setting = SETTINGS[name];
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const isText = typeof setting.default === "string";
  const option = new Option(`--${flag} <${isText ? "name" : "n"}>`, `${setting.unit} (${setting.reason})`);
  if (setting.default === "") return option.makeOptionMandatory();
  return option.default(setting.default).argParser((text) => {
    const value: unknown = isText ? text : Number(text.trim() || Number.NaN);
    if (setting.allows(value)) return value;
    throw new InvalidArgumentError(`Expected ${setting.expected}.`);
  });
}

async function run(
  dataset: string,
  { resume, json, curve, curveShares, ...settings }: TrainOptions,
  context: Context,
): Promise<void> {
  const shares = curveShares ?? (curve ? [0.125, 0.25, 0.5] : []);
  if (shares.length > 0 && settings.share !== 1)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      "--curve trains on shares of all prompts: leave --share out, or leave the curve out.",
    );
  await fetchModels([settings.init ?? SETTINGS.init.default], context, settings.processor);
  const { trainPickScore } = await import("@pickapic/pickscore");
  const started = context.now();
  const view = phases(context);
  const effects = { resume, onProgress: view.update, onNote: (line: string) => note(context, line), signal: context.signal };
  try {
    const trained = await trainPickScore({ ...settings, dataset }, effects);
    view.stop();
    await afterTraining(trained, { shares, started, json }, context);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    const saved = existsSync(join(settings.out ?? "", "run.json"))
      ? `The run is saved in ${settings.out}: go on with the same command and --resume.`
      : "No step was made yet: start the same command again.";
    // Stopped, too, but what it had made could not be written.
    context.goOn = code === "PICKAPIC_RUN_NOT_SAVED" ? message : saved;
    // An option that only the model shows to be wrong.
    throw code === "PICKAPIC_SETTING_INVALID" ? new CliError("PICKAPIC_USAGE_ARGUMENT", message, { cause: error }) : error;
  } finally {
    view.stop();
  }
}

interface AfterTraining {
  /** Of the curve; none without one. */
  shares: readonly number[];
  /** ms, when the command began */
  started: number;
  json: boolean | undefined;
}

/** The curve, what training has changed, and the report of it. */
async function afterTraining(trained: TrainResult, { shares, started, json }: AfterTraining, context: Context): Promise<void> {
  const [{ measureTrained, reportTrained, trainCurve }, { runFigures, runText }] = await Promise.all([
    import("../train/afterTraining.ts"),
    import("../train/summary.ts"),
  ]);
  await trainCurve(trained, shares, context, phases);
  const found = await measureTrained(trained.folder, context);
  const seconds = (context.now() - started) / 1000;
  const tables = () => [text(context, trained, seconds), runText(context.stdout, found)].filter(Boolean).join("\n");
  result(context, json, { ...trained, seconds, ...runFigures(found) }, tables);
  note(context, `Report: ${await reportTrained(found, context.signal)}`);
  note(context, `Use it: pickapic evaluate scorer ${trained.settings.dataset} --scorer ${trained.folder}`);
}

/** Training reads the pairs, perhaps runs what is frozen, and then makes steps: one bar after the other. */
export function phases(context: Context, title = "training"): ProgressView {
  let current = "";
  let view: ProgressView | undefined;
  return {
    update(report: ProgressReport) {
      const isSteps = report.unit === "steps";
      const own = isSteps ? title : (report.note ?? title);
      const phase = `${report.unit} ${own}`;
      if (phase !== current) {
        view?.stop();
        view = showProgress(context, own);
        current = phase;
      }
      view?.update(isSteps ? report : { ...report, note: "" });
    },
    stop: () => view?.stop(),
  };
}

function text(context: Context, { folder, steps, best, settings }: TrainResult, seconds: number): string {
  const rows = [
    ["model", folder],
    ["trained", settings.train],
    ["steps", steps < settings.steps ? `${steps} of ${settings.steps}` : `${steps}`],
    ["best", best ? bestText(best) : "no validation pair with a winner"],
    ["time", duration(seconds)],
  ];
  return table(context.stdout, [{ head: "training" }, { head: "", align: "right" }], rows);
}

function bestText({ step, accuracy }: NonNullable<TrainResult["best"]>): string {
  const when = step === 0 ? "before any step; none made it better" : `after step ${step}`;
  return `${(100 * accuracy).toFixed(1)} % ${when} (validation, without ties)`;
}
