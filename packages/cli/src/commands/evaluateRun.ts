/** @file `pickapic evaluate run`: measures what a training run has changed, and writes its report. */
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";

/** Adds `run` to `pickapic evaluate`. It measures a run folder once, and writes report.html into it each time. */
export function registerEvaluateRun(evaluate: Command, context: Context): void {
  evaluate
    .command("run")
    .summary("what a training run has changed, with its report")
    .description(
      "Show what a training run has changed: the same pairs before and after, with intervals, calibration, and the data-size curve where there is one. Also writes report.html into the run folder, as `pickapic train` does at its end; what was measured then is not measured again.",
    )
    .argument("<run>", "run folder of `pickapic train`")
    .option("--json", "print the figures as JSON (shares are 0...1)")
    .addHelpText("after", "\nExample:\n  $ pickapic evaluate run runs/mine")
    .action((folder: string, options: { json?: boolean }) => evaluateRun(folder, options, context));
}

async function evaluateRun(folder: string, { json }: { json?: boolean }, context: Context): Promise<void> {
  const [{ readRun }, { measureTrained }, { writeRunReport }, { runFigures, runText }] = await Promise.all([
    import("@pickapic/pickscore"),
    import("../train/afterTraining.ts"),
    import("@pickapic/experiments/trained"),
    import("../train/summary.ts"),
  ]);
  const found = await measureTrained(await readRun(folder), context);
  result(context, json, { run: folder, ...runFigures(found) }, () => runText(context.stdout, found));
  note(context, `Report: ${await writeRunReport(found, context.signal)}`);
}
