/** @file `pickapic reproduce`: repeats the paper in the toy world, step by step, and writes a report. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeWholeFile } from "@pickapic/disk";
import type { ReproduceSettings, StepName, StepProgress } from "@pickapic/experiments/reproduce";
import { duration } from "@pickapic/report/figures";
import { type Command, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { FORCE_HELP, freshFolders } from "../freshFolder.ts";
import { seed, threadsOption } from "../options.ts";
import { type ProgressView, showProgress } from "../progress.ts";

interface ReproduceOptions {
  quick?: boolean;
  only?: StepName[];
  seed: number;
  out?: string;
  threads: number;
  force?: boolean;
  json?: boolean;
}

/** The names of the steps for --only, in order. A test compares them with STEP_NAMES, which loads too much for a help text. */
export const STEP_CHOICES = [
  "dataset",
  "training",
  "judging",
  "accuracy",
  "models",
  "best-of",
  "ranking",
  "prompts",
  "negatives",
  "seeds",
  "data-size",
] as const satisfies readonly StepName[];

/** Adds `pickapic reproduce`, which writes a dataset, models, its finished steps and report.html into one folder. */
export function registerReproduce(program: Command, context: Context): void {
  program
    .command("reproduce")
    .summary("the paper in the toy world, with a report")
    .description(
      "Repeat the paper in the toy world: simulated people choose between simulated pictures, their choices become a dataset, PickScore is trained on it, measured, and used to rate generators and to pick pictures. For each claim of the paper the report says whether it holds here, with its interval. A command that was stopped goes on where it was.",
    )
    .option(
      "--quick",
      "a smaller reproduction that takes about six minutes, with wider intervals and without the further trainings",
    )
    .addOption(
      new Option("--only <steps...>", "make only these steps and those that they need (default: all)").choices(STEP_CHOICES),
    )
    .option("--seed <n>", "decides all that is random: people, prompts, pictures, splits, training and intervals", seed, 1)
    .option("--out <folder>", "where dataset, models and report go (default: reports/reproduce-<seed>)")
    .addOption(threadsOption())
    .option("--force", FORCE_HELP)
    .option("--json", "print the main figures as JSON; ties, accuracies and preferred are shares from 0 to 1")
    .addHelpText(
      "after",
      "\nExamples:\n  $ pickapic reproduce --quick --seed 2 --json\n  $ pickapic reproduce --only prompts models --out reports/first",
    )
    .action((options: ReproduceOptions) => run(options, context));
}

async function run(options: ReproduceOptions, context: Context): Promise<void> {
  const [{ reproduce, QUICK, FULL, writeReport }, { mainFigures, summaryText }] = await Promise.all([
    import("@pickapic/experiments/reproduce"),
    import("../reproduce/summary.ts"),
  ]);
  const { seed, threads, out = join("reports", `reproduce-${seed}`) } = options;
  const settings = { ...(options.quick ? QUICK : FULL), seed, out, threads };
  await openFolder(settings, options.force);
  context.goOn = "Finished steps are stored: the same command goes on where this one was stopped.";
  note(context, "People and pictures are simulated (toy world).");
  const view = stepView(context);
  try {
    const made = await reproduce(settings, { ...context, onProgress: view.update }, options.only);
    view.stop();
    const figures = mainFigures(made);
    const report = join(out, "report.html");
    await writeWholeFile(
      join(out, "reproduction.json"),
      `${JSON.stringify({ ...figures, settings, results: made.results }, null, 1)}\n`,
    );
    await writeWholeFile(report, await writeReport(made));
    result(context, options.json, figures, () => summaryText(context.stdout, made));
    note(context, `\nReport: ${report}`);
  } finally {
    view.stop();
  }
}

/** The file that says which reproduction a folder holds. */
const SETTINGS_FILE = "settings.json";

/**
 * Takes a folder that is new, or that holds a reproduction of the same settings; how many threads worked on it does not matter.
 * @throws CliError PICKAPIC_CLI_FOLDER_FULL, PICKAPIC_CLI_OTHER_REPRODUCTION
 */
async function openFolder(settings: ReproduceSettings, force: boolean | undefined): Promise<void> {
  const { out, threads: _threads, ...decisive } = settings;
  const file = join(out, SETTINGS_FILE);
  const text = `${JSON.stringify(decisive, null, 1)}\n`;
  if (force || !existsSync(file)) await freshFolders([out], force);
  else if ((await readFile(file, "utf8")) !== text) throw new CliError("PICKAPIC_CLI_OTHER_REPRODUCTION", out);
  await makeFolder(out);
  await writeWholeFile(file, text);
}

/** Shows the progress of each step in turn, with the remaining time of all. */
function stepView(context: Context): { update: (progress: StepProgress) => void; stop: () => void } {
  let current = "";
  let view: ProgressView | undefined;
  return {
    update({ title, number, of, report, leftSeconds }) {
      const name = `${number}/${of} ${title} (${report.unit})`;
      if (name !== current) {
        view?.stop();
        view = showProgress(context, name);
        current = name;
      }
      const note = [report.note ?? "", `all steps: about ${duration(leftSeconds)} left`].filter((each) => each !== "").join(", ");
      view?.update({ ...report, note });
    },
    stop: () => view?.stop(),
  };
}
