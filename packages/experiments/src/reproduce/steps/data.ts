/** @file The first steps: simulated people choose, their choices become a dataset, PickScore is trained on it, and every scorer judges the held-out pairs. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, openDataset, writeDataset } from "@pickapic/dataset";
import { hasRun, readRun, type TrainSettings, trainPickScore } from "@pickapic/pickscore";
import { COLOUR_SHARPNESS, closeScorers } from "@pickapic/pickscore/scorers";
import { type Collected, collect } from "../../collect.ts";
import { type JudgedPair, judgeSplit } from "../../measure/pairs.ts";
import type { ReproduceSettings } from "../settings.ts";
import type { DatasetFacts, Folders, JudgedSplits, StepContext, StoredPair, TrainingFacts } from "./step.ts";

/** Collects the choices and writes them as a dataset. */
export async function makeDataset({ settings, folders, ...effects }: StepContext): Promise<DatasetFacts> {
  const collected = await collect({ ...settings, size: settings.pictureSize }, effects);
  const { seed, heldOutPrompts, heldOutShare } = settings;
  const publication = { images: true, replace: true, seed, name: "Toy choices (simulated)", license: "cc0-1.0" } as const;
  await writeDataset(collected.source, folders.dataset, { ...publication, heldOutPrompts, heldOutShare, ...effects });
  const dataset = await openDataset(folders.dataset);
  return { collected: count(collected), splits: splitsOf(dataset) };
}

function count({ rankings, images }: Collected): DatasetFacts["collected"] {
  return {
    rankings: rankings.length,
    prompts: new Set(rankings.map(({ prompt }) => prompt)).size,
    people: new Set(rankings.map(({ author }) => author)).size,
    pictures: images.size,
    ties: rankings.filter(({ label }) => label === "tie").length,
  };
}

const splitsOf = (dataset: Dataset): Record<string, number> =>
  Object.fromEntries(dataset.splits.map((split) => [split, dataset.count(split)]));

/** The settings of a training on the dataset of the reproduction, into this folder. */
export function trainingOf(
  { training, threads, seed, init }: ReproduceSettings,
  { dataset }: Folders,
  out: string,
): Partial<TrainSettings> {
  return { threads, ...training, seed, init, dataset, out };
}

/**
 * Trains, or goes on with a training that was stopped. A folder with a training of another reproduction is emptied first. When there are several trainings,
 * the images are prepared for the first of them only, which takes a minute or two of each at full size.
 */
export async function trainOrResume(
  training: Partial<TrainSettings>,
  {
    settings,
    folders,
    wasBegun,
    signal,
    onProgress,
  }: Pick<StepContext, "settings" | "folders" | "signal" | "onProgress" | "wasBegun">,
) {
  const { out = "" } = training;
  const resume = wasBegun && hasRun(out);
  if (!resume) await rm(out, { recursive: true, force: true });
  const sharedPixels = hasFurtherTrainings(settings) ? join(folders.pixels, "pixels.bin") : undefined;
  return trainPickScore(training, { signal, onProgress, resume, ...(sharedPixels !== undefined && { sharedPixels }) });
}

const hasFurtherTrainings = ({ ablation, trainingSeeds, shares }: ReproduceSettings): boolean =>
  ablation || trainingSeeds > 1 || shares.length > 0;

/** Trains the PickScore that is measured everywhere. */
export async function trainMain(context: StepContext): Promise<TrainingFacts> {
  const { settings, folders } = context;
  const trained = await trainOrResume(trainingOf(settings, folders, folders.model), context);
  const { metrics } = await readRun(folders.model);
  const { steps, best, startKept } = trained;
  return { settings: trained.settings, steps, best, startKept, metrics };
}

/** The scorers of a reproduction, in the order of SCORERS. */
export const openJudges = ({ settings, folders, openScorers }: Pick<StepContext, "settings" | "folders" | "openScorers">) =>
  openScorers([COLOUR_SHARPNESS, settings.init, folders.model], { threads: settings.threads });

/** Lets every scorer judge validation_unique and test. */
export async function judgeAll(context: StepContext): Promise<JudgedSplits> {
  const { folders, ...effects } = context;
  const dataset = await openDataset(folders.dataset);
  const judges = await openJudges(context);
  try {
    const validation = await judgeSplit(dataset, "validation_unique", judges, effects);
    const test = await judgeSplit(dataset, "test", judges, effects);
    const unique: string[] = [];
    for await (const row of dataset.read("test_unique", { columns: ["ranking_id"] })) unique.push(`${row.ranking_id}`);
    return { validation: validation.map(stored), test: test.map(stored), unique };
  } finally {
    await closeScorers(judges);
  }
}

const stored = (pair: JudgedPair): StoredPair => ({ ...pair, rankingId: `${pair.rankingId}` });

/** The pair as it was before it was stored. */
export const restored = (pair: StoredPair): JudgedPair => ({ ...pair, rankingId: BigInt(pair.rankingId) });

/** The pairs of test_unique, which are among those of test, so that they are not scored twice. */
export function uniqueOf({ test, unique }: JudgedSplits): JudgedPair[] {
  const ids = new Set(unique);
  return test.filter(({ rankingId }) => ids.has(rankingId)).map(restored);
}
