/** @file `pickapic train`: PickScore on a dataset of preferences. */

import type { TrainResult } from "@pickapic/pickscore";
import { SETTINGS, type TrainSettings } from "@pickapic/pickscore/settings";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { duration, type ProgressReport, type ProgressView, showProgress } from "../progress.ts";
import { table } from "../table.ts";

type TrainOptions = Partial<TrainSettings> & { resume?: boolean; json?: boolean };

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
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic train my-dataset --init clip-toy --out runs/mine
  $ pickapic train my-dataset --init clip-toy --out runs/mine --resume`,
    )
    .action((dataset: string, options: TrainOptions) => run(dataset, options, context));
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

async function run(dataset: string, { resume, json, ...settings }: TrainOptions, context: Context): Promise<void> {
  const { trainPickScore } = await import("@pickapic/pickscore");
  const { out } = settings;
  context.goOn = `The run is saved in ${out}: go on with the same command and --resume.`;
  const started = context.now();
  const view = phases(context);
  try {
    const trained = await trainPickScore({ ...settings, dataset }, { resume, onProgress: view.update, signal: context.signal });
    view.stop();
    const seconds = (context.now() - started) / 1000;
    result(context, json, { ...trained, seconds }, () => text(context, trained, seconds));
    note(context, `Use it: pickapic evaluate scorer ${dataset} --scorer ${trained.folder}`);
  } finally {
    view.stop();
  }
}

/** Training reads the pairs first and then makes steps: one bar after the other. */
export function phases(context: Context, title = "training"): ProgressView {
  let unit = "";
  let view: ProgressView | undefined;
  return {
    update(report: ProgressReport) {
      const phase = `${report.unit} ${report.unit === "pairs" ? report.note : ""}`;
      if (phase !== unit) {
        view?.stop();
        view = showProgress(context, report.unit === "pairs" ? (report.note ?? "reading") : title);
        unit = phase;
      }
      view?.update(report.unit === "pairs" ? { ...report, note: "" } : report);
    },
    stop: () => view?.stop(),
  };
}

function text(context: Context, { folder, steps, best }: TrainResult, seconds: number): string {
  const rows = [
    ["model", folder],
    ["steps", `${steps}`],
    [
      "best",
      best ? `${(100 * best.accuracy).toFixed(1)} % after step ${best.step} (validation, without ties)` : "no validation split",
    ],
    ["time", duration(seconds)],
  ];
  return table(context.stdout, [{ head: "training" }, { head: "", align: "right" }], rows);
}
