/** @file What follows a training on the command line: the runs of its curve, and the measurement behind its report. */
import type { TrainResult } from "@pickapic/pickscore";
import { type Context, note } from "../context.ts";
import { type ProgressView, showProgress } from "../progress.ts";
import { roundPercent } from "../report/figures.ts";
import { trainShares } from "./curve.ts";
import { freeMemory } from "./freeMemory.ts";
import { type Findings, findings } from "./report.ts";

/** Progress of a training under a title. */
type ViewOf = (context: Context, title: string) => ProgressView;

/** Trains the shares of a curve that are not finished yet, with the settings of the whole run. */
export async function trainCurve(
  { settings }: TrainResult,
  shares: readonly number[],
  context: Context,
  viewOf: ViewOf,
): Promise<void> {
  const views: ProgressView[] = [];
  try {
    await trainShares(settings, shares, (share) => {
      views.at(-1)?.stop();
      freeMemory();
      const view = viewOf(context, `training on ${roundPercent(share)} of the prompts`);
      views.push(view);
      return { signal: context.signal, onProgress: view.update, onNote: (line) => note(context, line) };
    });
  } finally {
    views.at(-1)?.stop();
  }
}

/** Measures a finished run, and its curve where it has one; what could not be measured is said on stderr. */
export async function measureTrained(folder: string, context: Context): Promise<Findings> {
  freeMemory();
  const view = showProgress(context, "measuring");
  try {
    const found = await findings(folder, { signal: context.signal, onProgress: view.update });
    view.stop();
    for (const gap of found.gaps) note(context, gap);
    return found;
  } finally {
    view.stop();
  }
}
