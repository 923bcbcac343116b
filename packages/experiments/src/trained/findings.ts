/** @file Makes the report of a run from its folder: measures what is missing, collects it, writes one file. */
import { openDataset, type Split } from "@pickapic/dataset";
import { writeWholeFile } from "@pickapic/disk";
import { failureOf } from "@pickapic/errors";
import type { SavedRun, ValidationRecord } from "@pickapic/pickscore";
import { type Curve, measureShares, readCurve } from "./curve.ts";
import { writeLossCurves } from "./lossCurves.ts";
import { type Measured, type MeasureEffects, measureRun } from "./measured.ts";
import { type Mistake, worstMistakes } from "./mistakes.ts";
import { type JudgedPairs, measureOutcome, type Outcome } from "./outcome.ts";
import type { PairPictures } from "./pictures.ts";
import { type RunVerdict, verdictOf } from "./verdict.ts";

/** Largest number of mistakes on the page, which keeps it small. */
const SHOWN_MISTAKES = 12;
const NO_PICTURES: PairPictures = [null, null];

/** A run and everything measured about it. */
export interface Findings {
  run: SavedRun;
  measured: Measured | null;
  outcome: Outcome;
  verdict: RunVerdict;
  curve: Curve | null;
  /** Sentences about what could not be measured, and why. */
  gaps: string[];
}

/**
 * Measures a run before and after training, and the runs of its curve. What was measured before is not measured again. Where the dataset or a
 * model is gone the findings say so: a run can be looked at without them.
 */
export async function findings(run: SavedRun, effects: MeasureEffects): Promise<Findings> {
  const gaps: string[] = [];
  const measured = await orGap(gaps, "The test pairs were not measured", effects.signal, () => measureRun(run, effects));
  if (measured) await orGap(gaps, "The curve is not complete", effects.signal, () => measureShares(run, effects, measured.test));
  const chosenOn = run.validation && { ...run.validation, split: chosenOnName(run.validation) };
  const outcome = measureOutcome(chosenOn, measured?.test ?? null, run.settings.seed);
  return { run, measured, outcome, verdict: verdictOf(run, measured), curve: await readCurve(run), gaps };
}

/** Name of the pairs that chose the step. */
const chosenOnName = ({ split, folds }: ValidationRecord): string => (folds === undefined ? split : `${split}, cross-fitted`);

/** Runs an optional step. A failure that is meant for the user is added to `gaps`; bugs and interruptions are rethrown. */
export async function orGap<T>(gaps: string[], what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const { message, bug } = failureOf(error);
    if (bug) throw error;
    gaps.push(`${what}: ${message}`);
    return null;
  }
}

/** Writes report.html and loss.svg into the run folder, each whole or not at all, and gives the path of the report. */
export async function writeRunReport(
  { run, measured, outcome, verdict, curve, gaps }: Findings,
  signal: AbortSignal,
): Promise<string> {
  const { runPage } = await import("./page.ts"); // Loaded here only, because plots are slow to load.
  const shown: JudgedPairs | null = measured?.test ?? run.validation;
  const mistakes = worstMistakes(shown?.pairs ?? [], SHOWN_MISTAKES);
  const notes = [...gaps];
  const pictures = await orGap(notes, "The pictures are missing", signal, () => picturesOf(run, shown, mistakes));
  const illustrated = mistakes.map((mistake) => ({
    ...mistake,
    pictures: pictures?.get(mistake.pair.rankingId ?? "") ?? NO_PICTURES,
  }));
  const path = run.files.report;
  await writeWholeFile(
    path,
    runPage({ run, outcome, verdict, facts: measured?.dataset ?? null, mistakes: illustrated, curve, gaps: notes }),
  );
  await writeLossCurves(run.files);
  return path;
}

async function picturesOf(run: SavedRun, judged: JudgedPairs | null, mistakes: readonly Mistake[]) {
  if (!judged || mistakes.length === 0) return new Map<string, PairPictures>();
  const { pairPictures } = await import("./pictures.ts");
  const ids = mistakes.flatMap(({ pair }) => pair.rankingId ?? []);
  return pairPictures(await openDataset(run.settings.dataset), judged.split as Split, ids);
}
