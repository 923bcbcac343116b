/** @file What `pickapic train` does after the training: the runs of the curve, the measurements and the report. */
import { isDiskFull } from "@pickapic/disk";
import { codeOf, messageOf } from "@pickapic/errors";
import {
  type Findings,
  findings,
  freeMemory,
  type Measured,
  measureRun,
  orGap,
  trainShares,
  writeRunReport,
} from "@pickapic/experiments/trained";
import { PickScoreError, type SavedRun } from "@pickapic/pickscore";
import { roundPercent } from "@pickapic/report/figures";
import { type Context, note } from "../context.ts";
import { type ProgressView, showProgress } from "../progress.ts";

/** Shows the progress of a training under a title. */
type ViewOf = (context: Context, title: string) => ProgressView;

/**
 * Trains the shares of a curve that are not finished yet, with the settings of the whole run. Each share is measured as soon as it is trained. Then its model is
 * deleted, because the models of all shares could fill the disk. A share that could not be measured keeps its model, and `measureTrained` says why.
 * @throws PickScoreError PICKAPIC_RUN_BUSY if another process trains the same share, and what `trainPickScore` throws
 */
export async function trainCurve(run: SavedRun, shares: readonly number[], context: Context, viewOf: ViewOf): Promise<void> {
  if (shares.length === 0) return;
  let view: ProgressView | undefined;
  const next = (started: ProgressView): ProgressView => {
    view?.stop();
    view = started;
    freeMemory();
    return started;
  };
  const measured = (of: SavedRun, known: Measured["test"]) => {
    const { update } = next(showProgress(context, "measuring"));
    const effects = { signal: context.signal, onProgress: update };
    return orGap([], "", context.signal, () => measureRun(of, effects, known));
  };
  try {
    const whole = await measured(run, null);
    const effectsOf = (share: number) => {
      const { update } = next(viewOf(context, `training on ${roundPercent(share)} of the prompts`));
      return { signal: context.signal, onProgress: update, onNote: (line: string) => note(context, line) };
    };
    const isMeasured = async (share: SavedRun) => (await measured(share, whole?.test ?? null)) !== null;
    await trainShares(run.settings, shares, effectsOf, isMeasured);
  } finally {
    view?.stop();
  }
}

/** Measures a finished run, and its curve if it has one. What could not be measured is noted on stderr. */
export async function measureTrained(run: SavedRun, context: Context): Promise<Findings> {
  freeMemory();
  const view = showProgress(context, "measuring");
  try {
    const found = await findings(run, { signal: context.signal, onProgress: view.update });
    view.stop();
    for (const gap of found.gaps) note(context, gap);
    return found;
  } finally {
    view.stop();
  }
}

/**
 * Writes the report of a trained run and returns its path. If the disk is full, the model stays whole, and the error says how to make the report later.
 * @throws PickScoreError PICKAPIC_RUN_NOT_SAVED
 */
export async function reportTrained(found: Findings, signal: AbortSignal): Promise<string> {
  try {
    return await writeRunReport(found, signal);
  } catch (error) {
    if (!codeOf(error)?.startsWith("E")) throw error;
    const { folder } = found.run;
    const [reason, mend] = isDiskFull(error) ? ["the disk is full", "make room"] : [messageOf(error), "mend that"];
    const remedy = `the trained model is saved there and whole; ${mend} and run \`pickapic evaluate run ${folder}\``;
    throw new PickScoreError("PICKAPIC_RUN_NOT_SAVED", folder, "the report", reason, remedy).because(error);
  }
}
