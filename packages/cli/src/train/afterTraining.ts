/** @file What follows a training on the command line: the runs of its curve, and the measurement behind its report. */
import { isDiskFull } from "@pickapic/disk";
import {
  curveFolder,
  type Findings,
  findings,
  freeMemory,
  keepFigures,
  type Measured,
  measureRun,
  orGap,
  readRun,
  trainShares,
  writeRunReport,
} from "@pickapic/experiments/trained";
import { lockRun, PickScoreError, type TrainResult } from "@pickapic/pickscore";
import { roundPercent } from "@pickapic/report/figures";
import { type Context, note } from "../context.ts";
import { type ProgressView, showProgress } from "../progress.ts";

/** Progress of a training under a title. */
type ViewOf = (context: Context, title: string) => ProgressView;

/**
 * Trains the shares of a curve that are not finished yet, with the settings of the whole run. A share is measured as soon as it is trained, and
 * then its model goes: the models of large shares would fill a disk. One that could not be measured keeps it; `measureTrained` says why.
 * @throws PickScoreError PICKAPIC_RUN_BUSY when another process is at it, and what `trainPickScore` throws
 */
export async function trainCurve(
  { settings, folder }: TrainResult,
  shares: readonly number[],
  context: Context,
  viewOf: ViewOf,
): Promise<void> {
  if (shares.length === 0) return;
  const unlock = await lockRun(curveFolder(folder));
  let view: ProgressView | undefined;
  const next = (started: ProgressView): ProgressView => {
    view?.stop();
    view = started;
    freeMemory();
    return started;
  };
  const measured = async (of: string, known: Measured["test"]) => {
    const { update } = next(showProgress(context, "measuring"));
    const effects = { signal: context.signal, onProgress: update };
    return orGap([], "", context.signal, async () => measureRun(await readRun(of), effects, known));
  };
  try {
    const whole = await measured(folder, null);
    const effectsOf = (share: number) => {
      const { update } = next(viewOf(context, `training on ${roundPercent(share)} of the prompts`));
      return { signal: context.signal, onProgress: update, onNote: (line: string) => note(context, line) };
    };
    await trainShares(settings, shares, effectsOf, async (trained) => {
      if (await measured(trained.folder, whole?.test ?? null)) await keepFigures(trained.folder);
    });
  } finally {
    view?.stop();
    await unlock();
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

/**
 * Writes the report of a run that is trained. A disk that has no room for it takes nothing from the model, and the report can be made later.
 * @throws PickScoreError PICKAPIC_RUN_NOT_SAVED
 */
export async function reportTrained(found: Findings, signal: AbortSignal): Promise<string> {
  try {
    return await writeRunReport(found, signal);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("E")) throw error;
    const { folder } = found.run;
    const isFull = isDiskFull(error);
    throw new PickScoreError(
      "PICKAPIC_RUN_NOT_SAVED",
      `${folder}: the report could not be written (${isFull ? "the disk is full" : message}); the trained model is saved there and whole: ${isFull ? "make room" : "mend that"} and run \`pickapic evaluate run ${folder}\`.`,
      { cause: error },
    );
  }
}
