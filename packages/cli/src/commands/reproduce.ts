/** @file `pickapic reproduce`: repeats the paper in the toy world, and writes a report. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import type { Phase } from "@pickapic/experiments/reproduce";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { FORCE_HELP, freshFolders } from "../freshFolder.ts";
import { seed, whole } from "../options.ts";
import { type ProgressView, showProgress } from "../progress.ts";

interface ReproduceOptions {
  quick?: boolean;
  seed: number;
  out?: string;
  threads: number;
  force?: boolean;
  json?: boolean;
}

/** Adds `pickapic reproduce`, which writes a dataset, a model and report.html into one folder. */
export function registerReproduce(program: Command, context: Context): void {
  program
    .command("reproduce")
    .summary("the paper in the toy world, with a report")
    .description(
      "Repeat the paper in the toy world: simulated people choose between simulated pictures, their choices become a dataset, PickScore is trained on it, measured, and used to pick pictures that fresh simulated people compare with random ones. The figures are printed, and an HTML report is written.",
    )
    .option("--quick", "a smaller reproduction that takes a few minutes, with wider intervals")
    .option("--seed <n>", "decides all that is random: people, prompts, pictures, splits, training and intervals", seed, 1)
    .option("--out <folder>", "where dataset, model and report go (default: reports/reproduce-<seed>)")
    .option("--threads <n>", "number of threads; 0: as many as the machine has cores", whole(0, 1024), 0)
    .option("--force", FORCE_HELP)
    .option("--json", "print the main figures as JSON; ties, accuracies and preferred are shares from 0 to 1")
    .addHelpText("after", "\nExample:\n  $ pickapic reproduce --quick --seed 2 --json")
    .action((options: ReproduceOptions) => run(options, context));
}

async function run(options: ReproduceOptions, context: Context): Promise<void> {
  const [{ reproduce }, { QUICK, PATIENT }, { writeReport }, { mainFigures, summaryText }] = await Promise.all([
    import("@pickapic/experiments/reproduce"),
    import("@pickapic/experiments/reproduce"),
    import("@pickapic/experiments/reproduce"),
    import("../reproduce/summary.ts"),
  ]);
  const { seed, threads, out = join("reports", `reproduce-${seed}`) } = options;
  await freshFolders([out], options.force);
  context.goOn = "Nothing is kept of a reproduction that was stopped: run the command again to start anew.";
  note(context, "People and pictures are simulated (toy world).");
  const view = phaseView(context);
  try {
    const settings = { ...(options.quick ? QUICK : PATIENT), seed, out, threads };
    const made = await reproduce(settings, { ...context, onProgress: view.update });
    view.stop();
    const report = join(out, "report.html");
    await writeWholeFile(report, await writeReport(made));
    result(context, options.json, mainFigures(made), () => summaryText(context.stdout, made));
    note(context, `\nReport: ${report}`);
  } finally {
    view.stop();
  }
}

/** Shows the progress of each phase in turn. */
function phaseView(context: Context): {
  update: (phase: Phase, report: Parameters<ProgressView["update"]>[0]) => void;
  stop: () => void;
} {
  let current = "";
  let view: ProgressView | undefined;
  return {
    update(phase, report) {
      const name = `${phase} (${report.unit})`;
      if (name !== current) {
        view?.stop();
        view = showProgress(context, name);
        current = name;
      }
      view?.update(report);
    },
    stop: () => view?.stop(),
  };
}
