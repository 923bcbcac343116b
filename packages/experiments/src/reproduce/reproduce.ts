/** @file The paper in the toy world: simulated choices, dataset, training, measurement, best of n. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { randomFor } from "@pickapic/chance";
import { type Dataset, openDataset, writeDataset } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { type AccuracyReport, type Interval, meanDifferenceOf, measureAccuracy } from "@pickapic/evaluation";
import { type Metrics, readRun, type TrainResult, type TrainSettings, trainPickScore } from "@pickapic/pickscore";
import { COLOUR_SHARPNESS, closeScorers, type NamedScorer, openNamedScorers } from "@pickapic/pickscore/scorers";
import { type Collected, collect, type PlannedRanking } from "../collect.ts";
import { type BestOfOutcome, measureBestOf, type Picked } from "../measure/best.ts";
import { GUIDANCE_EDGES, type ModelReport, rateModels } from "../measure/models.ts";
import { type Judge, type JudgedPair, judgeSplit } from "../measure/pairs.ts";
import { examplesOf, type RandomPredictor, randomPredictor } from "../measure/scorers.ts";
import type { ProgressReport } from "../progress.ts";
import { type ExpertReport, measureExperts } from "./experts.ts";
import type { ReproduceSettings } from "./settings.ts";

/** The phases of a reproduction, in order. */
export const PHASES = ["collecting", "writing the dataset", "training", "measuring", "picking"] as const;
/** The name of a phase of a reproduction, as its progress tells it. */
export type Phase = (typeof PHASES)[number];

/** What a reproduction needs from its caller. Aborting `signal` ends it with the signal's reason. */
export interface ReproduceEffects {
  signal: AbortSignal;
  /** A clock that never goes back, ms. */
  now: () => number;
  onProgress: (phase: Phase, report: ProgressReport) => void;
}

/** The scorers, in the order of every list below. */
export const SCORERS = [COLOUR_SHARPNESS, "clip-toy", "pickscore"] as const;

/** The item of a list by scorer, in the order of `SCORERS`, that belongs to this scorer. */
export const ofScorer = <T>(list: readonly T[], name: (typeof SCORERS)[number]): T => itemAt(list, SCORERS.indexOf(name));

/** Pickscore against another scorer, or against the experts, on the same examples. */
export interface Difference {
  to: "experts" | Exclude<(typeof SCORERS)[number], "pickscore">;
  /** Accuracy of pickscore minus that of the other, -1...1; null when there are too few examples. */
  difference: number | null;
  /** Null when there is none; see `reason`. */
  interval: Interval | null;
  /** Why difference or interval is null; null when both are given. */
  reason: string | null;
}

/** Everything that a reproduction measured: the content of its report. Lists by scorer are in the order of `SCORERS`. */
export interface Reproduction {
  settings: ReproduceSettings;
  /** Total time. */
  seconds: number;
  phases: { phase: Phase; seconds: number }[];
  collected: { rankings: number; prompts: number; people: number; pictures: number; ties: number };
  splits: Record<string, number>;
  random: RandomPredictor;
  experts: ExpertReport;
  /** One per scorer. */
  accuracy: AccuracyReport[];
  differences: Difference[];
  models: ModelReport;
  /** One per scorer. */
  bestOf: BestOfOutcome[];
  picks: Picked[];
  /** test_unique as every scorer judges it, with the ranking behind each example. */
  test: { pair: JudgedPair; ranking: PlannedRanking }[];
  /** The training: its settings, and which step was best on the pairs that chose it. */
  trained: Pick<TrainResult, "settings" | "steps" | "best" | "startKept">;
  /** Steps of the training run, as in its metrics.jsonl. */
  training: readonly Metrics[];
}

/**
 * Runs everything, from the first simulated choice to the last judgement. The same settings give the same people, images and
 * splits.
 */
export async function reproduce(settings: ReproduceSettings, effects: ReproduceEffects): Promise<Reproduction> {
  const clock = openClock(effects);
  const folders = await freshFolders(settings.out);
  const collected = await clock.run("collecting", (phase) => collect({ ...settings, size: settings.pictureSize }, phase));
  const dataset = await clock.run("writing the dataset", (phase) => publish(collected, folders.dataset, settings, phase));
  const trained = await clock.run("training", (phase) => trainPickScore(trainingOf(settings, folders), phase));
  const scorers = [COLOUR_SHARPNESS, settings.init, folders.model];
  const judges = await clock.run("measuring", () => openNamedScorers(scorers, { threads: settings.threads }));
  try {
    const measured = await clock.run("measuring", (phase) => measure(collected, dataset, judges, settings, phase));
    const picked = await clock.run("picking", (phase) => pickBest(judges, settings, phase));
    const { metrics: training } = await readRun(folders.model);
    return {
      settings,
      ...clock.read(),
      collected: count(collected),
      splits: splitsOf(dataset),
      ...measured,
      ...picked,
      trained,
      training,
    };
  } finally {
    await closeScorers(judges);
  }
}

interface Folders {
  dataset: string;
  model: string;
}

/** Removes what an earlier reproduction left. */
async function freshFolders(out: string): Promise<Folders> {
  const folders = { dataset: join(out, "dataset"), model: join(out, "model") };
  await Promise.all(Object.values(folders).map((folder) => rm(folder, { recursive: true, force: true })));
  return folders;
}

function trainingOf({ training, threads, seed, init }: ReproduceSettings, { dataset, model }: Folders): Partial<TrainSettings> {
  return { threads, ...training, seed, init, dataset, out: model };
}

interface PhaseEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
}

interface Clock {
  run<T>(phase: Phase, work: (effects: PhaseEffects) => Promise<T>): Promise<T>;
  read(): Pick<Reproduction, "seconds" | "phases">;
}

/** Runs phases and records how long each took. */
function openClock({ now, signal, onProgress }: ReproduceEffects): Clock {
  const spent = new Map<Phase, number>();
  const started = now();
  return {
    async run(phase, work) {
      const from = now();
      const made = await work({ signal, onProgress: (report) => onProgress(phase, report) });
      spent.set(phase, (spent.get(phase) ?? 0) + (now() - from) / 1000);
      return made;
    },
    read: () => ({
      phases: [...spent].map(([phase, seconds]) => ({ phase, seconds })),
      seconds: (now() - started) / 1000,
    }),
  };
}

/** Writes the dataset and reads it back, so that what is measured is what would be published. */
async function publish(
  { source }: Collected,
  folder: string,
  settings: ReproduceSettings,
  effects: PhaseEffects,
): Promise<Dataset> {
  const { seed, heldOutPrompts, heldOutShare } = settings;
  const name = "Toy choices (simulated)";
  const publication = { images: true, replace: true, seed, name, license: "cc0-1.0", heldOutPrompts, heldOutShare };
  await writeDataset(source, folder, { ...publication, ...effects });
  return openDataset(folder);
}

async function measure(
  collected: Collected,
  dataset: Dataset,
  judges: readonly Judge[],
  settings: ReproduceSettings,
  effects: PhaseEffects,
) {
  const random = () => randomFor("bootstrap", settings.seed);
  const validation = await judgeSplit(dataset, "validation_unique", judges, effects);
  const all = await judgeSplit(dataset, "test", judges, effects);
  const test = await onlyUnique(dataset, all);
  const rankings = test.map(({ rankingId }) => itemAt(collected.rankings, Number(rankingId) - 1));
  const accuracy = judges.map((_, i) =>
    measureAccuracy({ validation: examplesOf(validation, i), test: examplesOf(test, i), random: random() }),
  );
  const experts = measureExperts(rankings, settings.expertsPerExample, settings.seed);
  const thresholds = accuracy.map(({ threshold }, i) => ({ name: itemAt(SCORERS, i), threshold }));
  return {
    random: randomPredictor(examplesOf(validation, 0), examplesOf(test, 0)),
    experts,
    accuracy,
    differences: differencesOf(accuracy, experts, settings.seed),
    models: rateModels(all, { judges: thresholds, edges: GUIDANCE_EDGES, random: random() }),
    test: test.map((pair, i) => ({ pair, ranking: itemAt(rankings, i) })),
  };
}

/** Selects the pairs of test_unique from those of test, which contain them, so that they are not scored twice. */
async function onlyUnique(dataset: Dataset, all: readonly JudgedPair[]): Promise<JudgedPair[]> {
  const unique = new Set<bigint>();
  for await (const row of dataset.read("test_unique", { columns: ["ranking_id"] })) unique.add(row.ranking_id);
  return all.filter(({ rankingId }) => unique.has(rankingId));
}

function differencesOf(accuracy: readonly AccuracyReport[], experts: ExpertReport, seed: number): Difference[] {
  const ours = ofScorer(accuracy, "pickscore");
  const scoresOf = (name: Difference["to"]) => (name === "experts" ? experts : ofScorer(accuracy, name)).scores;
  return (["experts", "clip-toy", COLOUR_SHARPNESS] as const).map((to) => {
    const others = scoresOf(to);
    const differences = ours.scores.map((score, i) => score - itemAt(others, i));
    const { value, interval, reason } = meanDifferenceOf(differences, randomFor("bootstrap", seed));
    return { to, difference: value, interval, reason };
  });
}

/** Measures the best of n by each scorer, for prompts and people that are not in the dataset. */
async function pickBest(
  judges: readonly NamedScorer[],
  settings: ReproduceSettings,
  effects: PhaseEffects,
): Promise<Pick<Reproduction, "bestOf" | "picks">> {
  const { seed, bestOfPrompts: prompts, bestOfN: n, pictureSize: size } = settings;
  const picks: Picked[] = [];
  const outcomes = await measureBestOf({ seed, prompts, n, guidance: 7.5, size }, judges, {
    ...effects,
    onPick: (pick) => picks.push(pick),
  });
  return { bestOf: outcomes.map((outcome, i) => ({ ...outcome, scorer: itemAt(SCORERS, i) })), picks };
}

function splitsOf(dataset: Dataset): Record<string, number> {
  return Object.fromEntries(dataset.splits.map((split) => [split, dataset.count(split)]));
}

function count({ rankings, images }: Collected): Reproduction["collected"] {
  return {
    rankings: rankings.length,
    prompts: new Set(rankings.map(({ prompt }) => prompt)).size,
    people: new Set(rankings.map(({ author }) => author)).size,
    pictures: images.size,
    ties: rankings.filter(({ label }) => label === "tie").length,
  };
}
