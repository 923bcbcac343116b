/** @file The data-size curve: the same training on shares of the prompts, measured on the same pairs. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { compareWinners, type Interval, logLoss, measureWinners } from "@pickapic/evaluation";
import {
  hasRun,
  lockRun,
  readRun,
  removeModel,
  type SavedRun,
  type TrainEffects,
  type TrainSettings,
  trainPickScore,
} from "@pickapic/pickscore";
import { type Measured, type MeasureEffects, measureRun, readMeasured } from "./measured.ts";
import { examplesOf, type JudgedPairs } from "./outcome.ts";

/** A run of the curve with the pairs that all runs are measured on. */
export interface CurveRun {
  folder: string;
  share: number;
  trained: { pairs: number; prompts: number };
  judged: JudgedPairs;
}

/**
 * One training on a share of the prompts: how large it was, and what its model reaches on the pairs that all shares are
 * measured on.
 */
export interface CurvePoint {
  folder: string;
  /** Of the training prompts, 0...1. */
  share: number;
  prompts: number;
  pairs: number;
  /** Without ties, 0...1; null where there are too few examples. */
  accuracy: number | null;
  interval: Interval | null;
  /** nats, ties included */
  logLoss: number;
  /** What all prompts reach minus what these reach, on the same examples; null for all prompts. */
  toAll: { difference: number | null; interval: Interval | null } | null;
}

/** What more data brings: the results of trainings on growing shares of the prompts, on the same examples of one split. */
export interface Curve {
  split: string;
  examples: number;
  protocol: string;
  /** The values without any training. */
  before: { accuracy: number | null; interval: Interval | null; logLoss: number };
  /** The smallest share first, all prompts last. */
  points: CurvePoint[];
  /** Phrases that say why accuracies, differences or intervals are null; empty when all are given. */
  reasons: string[];
}

/** The folder, inside a run folder, of the runs on shares. */
const curveFolder = (out: string): string => join(out, "curve");

/**
 * Trains on each share, the smallest first, with the settings of the whole run. What is finished is not trained again, what was begun goes on.
 * The model of a share is removed when it has been measured, because the models of large shares would fill a disk.
 * @param measure called after each share, before the next one begins; false keeps the model
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY when another process trains the shares of this run, and what `trainPickScore` throws
 */
export async function trainShares(
  settings: TrainSettings,
  shares: readonly number[],
  effectsOf: (share: number) => TrainEffects,
  measure: (run: SavedRun) => Promise<boolean>,
): Promise<void> {
  await using _lock = await lockRun(curveFolder(settings.out));
  for (const share of shares.toSorted((a, b) => a - b)) {
    const out = join(curveFolder(settings.out), `share-${share}`);
    await trainPickScore({ ...settings, share, out }, { ...effectsOf(share), resume: hasRun(out) });
    if (await measure(await readRun(out))) await removeModel(out);
  }
}

/** Measures the runs of the curve that are finished, each once. */
export async function measureShares(main: SavedRun, effects: MeasureEffects, known: Measured["test"]): Promise<void> {
  for (const run of await finishedShares(main)) await measureRun(run, effects, known);
}

/** The curve of a run; null when none was trained. Runs that are not finished or not measured are left out. */
export async function readCurve(main: SavedRun): Promise<Curve | null> {
  const runs = [...(await finishedShares(main)), main];
  const measured = await Promise.all(runs.map(async (run) => ({ run, facts: await readMeasured(run) })));
  const known = measured.flatMap(({ run, facts }) => {
    const judged = facts && (facts.test ?? run.validation);
    return facts && judged ? [{ folder: run.folder, share: shareOf(run), trained: facts.dataset.trained, judged }] : [];
  });
  const whole = known.at(-1);
  if (whole?.folder !== main.folder) return null;
  const comparable = known.filter(({ judged }) => isSame(judged, whole.judged));
  return comparable.length < 2 ? null : curveOf(comparable, main.settings.seed);
}

async function finishedShares(main: SavedRun): Promise<SavedRun[]> {
  const names = await readdir(curveFolder(main.folder)).catch(() => []);
  const folders = names.filter((name) => name.startsWith("share-")).map((name) => join(curveFolder(main.folder), name));
  const runs: SavedRun[] = [];
  for (const folder of folders) if (hasRun(folder)) runs.push(await readRun(folder));
  return runs.filter(({ record }) => record.finished).sort((a, b) => shareOf(a) - shareOf(b));
}

const shareOf = ({ settings }: SavedRun): number => settings.share;

/** Whether both lists are the same examples in the same order. */
function isSame(a: JudgedPairs, b: JudgedPairs): boolean {
  const ids = ({ pairs }: JudgedPairs) => pairs.map(({ rankingId }) => rankingId).join();
  return a.split === b.split && ids(a) === ids(b);
}

/** Accuracy at each share, all on the same pairs. Pure. @param runs the smallest share first, all prompts last; null when all pairs are ties */
export function curveOf(runs: readonly CurveRun[], seed: number): Curve | null {
  const whole = itemAt(runs, runs.length - 1);
  const { split, pairs } = whole.judged;
  if (pairs.every(({ target }) => target[0] === target[1])) return null;
  const measure = (judged: JudgedPairs, moment: "before" | "after") =>
    measureWinners(examplesOf(judged.pairs, moment), randomFor("bootstrap", seed), { name: split });
  const all = measure(whole.judged, "after");
  const lossOf = (judged: JudgedPairs, moment: "before" | "after") => logLoss(examplesOf(judged.pairs, moment));
  const first = measure(whole.judged, "before");
  const reasons = new Set(first.reason === null ? [] : [first.reason]);
  const points = runs.map((run): CurvePoint => {
    const own = measure(run.judged, "after");
    const toAll = run === whole ? null : compareWinners(all, own, randomFor("bootstrap", seed));
    for (const reason of [own.reason, toAll?.reason ?? null]) if (reason !== null) reasons.add(reason);
    return {
      ...{ folder: run.folder, share: run.share, ...run.trained, accuracy: own.accuracy, interval: own.interval },
      logLoss: lossOf(run.judged, "after"),
      toAll: toAll && { difference: toAll.difference, interval: toAll.interval },
    };
  });
  const { accuracy, interval } = first;
  const before = { accuracy, interval, logLoss: lossOf(whole.judged, "before") };
  return { split, examples: all.examples, protocol: all.protocol, before, points, reasons: [...reasons] };
}
