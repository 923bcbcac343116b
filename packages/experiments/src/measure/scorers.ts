/** @file Measures scorers on a dataset folder by the paper's protocol (sections 5 and 6). */

import { randomFor } from "@pickapic/chance";
import { type Dataset, openDataset, type Split } from "@pickapic/dataset";
import {
  type AccuracyDifference,
  type AccuracyReport,
  chooseThreshold,
  compareAccuracy,
  countTies,
  type Example,
  FEWEST_EXAMPLES,
  measureAccuracy,
  randomAccuracy,
  shareOf,
  THRESHOLDS,
} from "@pickapic/evaluation";
import { closeScorers, type NamedScorerOptions, openNamedScorers } from "@pickapic/pickscore/scorers";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { type ModelReport, rateModels } from "./models.ts";
import { type JudgedPair, type JudgeSettings, judgeSplit } from "./pairs.ts";

/**
 * Which scorers are measured on which dataset. `threads` is per scorer; 0 divides the cores among the scorers. `seed` is that
 * of the intervals.
 */
export interface MeasureScorersSettings extends NamedScorerOptions {
  /** The dataset folder. */
  folder: string;
  scorers: readonly string[];
  seed: number;
  threads: number;
  /** How image files are read. */
  pixels: PixelPolicy;
}

/**
 * The tie-aware accuracy of each scorer on a dataset, beside that of chance, and the first scorer compared with each of the
 * others.
 */
export interface ScorerReport {
  dataset: string;
  pixels: PixelPolicy;
  /** Where the threshold for ties was chosen, and what was measured. */
  splits: MeasuredSplits;
  examples: number;
  /** 0...1; null when there are too few examples. */
  tieShare: number | null;
  random: RandomPredictor;
  scorers: (AccuracyReport & { scorer: string })[];
  /** The first scorer against each of the others. */
  differences: (AccuracyDifference & { a: string; b: string })[];
}

/** A predictor whose probability is uniform in 0...1, with the threshold that the same rule chooses for it. */
export interface RandomPredictor {
  /** 0...1; null when there are too few examples to know the share of ties. */
  accuracy: number | null;
  threshold: number;
}

/**
 * Expected accuracy of chance: the first best threshold for the ties of the validation examples, applied to the ties of the test
 * examples.
 */
export function randomPredictor(validation: readonly Example[], test: readonly Example[]): RandomPredictor {
  const expected = (threshold: number) => randomAccuracy(countTies(validation) / validation.length, threshold);
  const threshold = THRESHOLDS.reduce((best, each) => (expected(each) > expected(best) ? each : best), 0);
  const { value: ties } = shareOf(countTies(test), test.length);
  return { threshold, accuracy: ties === null ? null : randomAccuracy(ties, threshold) };
}

/** The examples as one judge decides them. */
export function examplesOf(pairs: readonly JudgedPair[], judge: number): Example[] {
  return pairs.map(({ label, probabilities }) => ({ label, probability0: probabilities[judge]! }));
}

/** The split that chooses the threshold for ties, and the split that is measured once with it. */
export interface MeasuredSplits {
  readonly validation: Split;
  readonly test: Split;
}

/**
 * The paper's splits, with one ranking for each held-out prompt; where test_unique is too small to tell a share from, but test is not, all
 * rankings of the same held-out prompts.
 */
function splitsToMeasure({ splits, count }: Dataset): MeasuredSplits {
  const isEnough = (split: Split) => splits.includes(split) && count(split) >= FEWEST_EXAMPLES;
  const useAll = !isEnough("test_unique") && isEnough("test") && splits.includes("validation") && count("validation") > 0;
  return useAll ? { validation: "validation", test: "test" } : { validation: "validation_unique", test: "test_unique" };
}

/** Rankings of one prompt are a cluster; a unique split has only one of each. */
function clustered(examples: readonly Example[], pairs: readonly JudgedPair[], split: Split): Example[] {
  if (split.endsWith("_unique")) return [...examples];
  return examples.map((example, i) => ({ ...example, cluster: pairs[i]?.caption }));
}

/** Measures the tie-aware accuracy of each scorer on the splits that the report names. */
export async function measureScorers(settings: MeasureScorersSettings, effects: JudgeSettings): Promise<ScorerReport> {
  const dataset = await openDataset(settings.folder);
  const judges = await openNamedScorers(settings.scorers, settings);
  try {
    const splits = splitsToMeasure(dataset);
    const validation = await judgeSplit(dataset, splits.validation, judges, effects);
    const test = await judgeSplit(dataset, splits.test, judges, effects);
    const scorers = settings.scorers.map((scorer, i) => ({
      scorer,
      ...measureAccuracy({
        validation: examplesOf(validation, i),
        test: clustered(examplesOf(test, i), test, splits.test),
        names: splits,
        random: randomFor("bootstrap", settings.seed),
      }),
    }));
    const [first, ...others] = scorers;
    const differences = others.map((other) => ({
      a: first!.scorer,
      b: other.scorer,
      ...compareAccuracy(first!, other, randomFor("bootstrap", settings.seed)),
    }));
    const random = randomPredictor(examplesOf(validation, 0), examplesOf(test, 0));
    return {
      dataset: settings.folder,
      pixels: settings.pixels,
      splits,
      examples: test.length,
      tieShare: first!.tieShare,
      random,
      scorers,
      differences,
    };
  } finally {
    await closeScorers(judges);
  }
}

/**
 * As for measuring scorers, with the split whose rankings rate the models. The threshold of each scorer comes from
 * validation_unique.
 */
export interface MeasureModelsSettings extends MeasureScorersSettings {
  split: Split;
  /** Inner edges of the guidance bins. */
  edges: readonly number[];
}

/**
 * Rates models and configurations from people and from each scorer. A scorer's ties come from its threshold on validation_unique.
 */
export async function measureModels(settings: MeasureModelsSettings, effects: JudgeSettings): Promise<ModelReport> {
  const dataset = await openDataset(settings.folder);
  const judges = await openNamedScorers(settings.scorers, settings);
  try {
    const validation = await judgeSplit(dataset, "validation_unique", judges, effects);
    const pairs = await judgeSplit(dataset, settings.split, judges, effects);
    const thresholds = settings.scorers.map((name, i) => ({ name, threshold: chooseThreshold(examplesOf(validation, i)) }));
    return rateModels(pairs, { judges: thresholds, edges: settings.edges, random: randomFor("bootstrap", settings.seed) });
  } finally {
    await closeScorers(judges);
  }
}
