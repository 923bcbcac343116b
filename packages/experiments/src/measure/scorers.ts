/** @file Measures scorers on a dataset folder by the paper's protocol (sections 5 and 6). */

import { randomFor } from "@pickapic/chance";
import { checkIds, type Dataset, openDataset, type Split } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { chooseThreshold, countTies, type Example, randomAccuracy, shareOf, THRESHOLDS } from "@pickapic/evaluation";
import { closeScorers, type NamedScorer, type NamedScorerOptions, openNamedScorers } from "@pickapic/pickscore/scorers";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { ExperimentError } from "../errors.ts";
import { judgeSplits, type ScorerFailures } from "./failures.ts";
import { type ModelReport, type ModelSettings, rateModels } from "./models.ts";
import type { JudgedPair, JudgeSettings } from "./pairs.ts";

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
  return pairs.map(({ label, probabilities }) => ({ label, probability0: itemAt(probabilities, judge) }));
}

/**
 * As for measuring scorers, with the split whose rankings rate the models. The threshold of each scorer comes from
 * validation_unique.
 */
export interface MeasureModelsSettings extends MeasureScorersSettings {
  split: Split;
  /** Inner edges of the guidance bins. */
  edges: readonly number[];
  /** Constants of Elo that differ from its defaults. */
  elo?: ModelSettings["elo"];
  /** Whether the checks of the first rank are made. */
  checks?: boolean;
  /** Whether answers are weighted by the probability with which their models were drawn. */
  drawWeights?: boolean;
  /** Share of the rankings that may be left out because an image in them has no score, 0...1; default 0.05. */
  mostFailed?: number | undefined;
}

/** Ratings of models, with what had to be left out of them. */
export interface MeasuredModels extends ModelReport {
  /** Sentences about how the scorers' ties were decided, where that is not the usual way. */
  notes: string[];
  /** Rankings without a score for one of their images, of the rated split and of the one that chose the thresholds. */
  leftOut: { validation: number; rated: number };
  failures: ScorerFailures[];
}

/**
 * Rates models and configurations from people and from each scorer. A scorer's ties come from its threshold on validation_unique; where that is empty, only equal scores are ties.
 * @throws ExperimentError PICKAPIC_CLI_NO_DRAWS when answers are to be weighted by their draw and none has a draw probability
 */
export async function measureModels(settings: MeasureModelsSettings, effects: JudgeSettings): Promise<MeasuredModels> {
  const dataset = await openDataset(settings.folder);
  await checkIds(dataset);
  if (settings.drawWeights) await requireDraws(dataset, settings.split);
  const judges = await openNamedScorers(settings.scorers, settings);
  const { edges, elo = {}, checks = false, drawWeights = false, mostFailed, split } = settings;
  try {
    const isChosen = dataset.splits.includes("validation_unique") && dataset.count("validation_unique") > 0;
    const splits: Split[] = isChosen ? ["validation_unique", split] : [split];
    const judged = await judgeSplits(dataset, splits, judges, { ...effects, mostFailed });
    const thresholdOf = (i: number) => (isChosen ? chooseThreshold(examplesOf(judged.of("validation_unique"), i)) : 0);
    const thresholds = settings.scorers.map((name, i) => ({ name, threshold: thresholdOf(i) }));
    const random = randomFor("bootstrap", settings.seed);
    return {
      ...rateModels(judged.of(split), { judges: thresholds, edges, elo, checks, drawWeights, random }),
      leftOut: { validation: isChosen ? judged.leftOutOf("validation_unique") : 0, rated: judged.leftOutOf(split) },
      failures: judged.failures,
      notes: isChosen ? [] : [NO_THRESHOLDS],
    };
  } finally {
    await closeScorers(judges);
  }
}

const NO_THRESHOLDS =
  "No prompt is held out to choose thresholds for ties on (validation_unique is empty), so that only equal scores count as a tie of a scorer.";

/** Refuses a split in which no row says how probable its models were, before anything is scored. */
async function requireDraws(dataset: Dataset, split: Split): Promise<void> {
  if (!dataset.splits.includes(split)) return;
  for await (const { draw_probability } of dataset.read(split, { columns: ["draw_probability"] }))
    if (draw_probability !== null) return;
  throw new ExperimentError("PICKAPIC_CLI_NO_DRAWS", split, dataset.folder);
}

/** Thresholds for ties, with what had to be left out for want of a score. */
export interface ChosenThresholds {
  /** In the order of the scorers. */
  readonly thresholds: number[];
  /** Rankings of validation_unique that were left out. */
  readonly leftOut: number;
  readonly failures: ScorerFailures[];
}

/**
 * Chooses the threshold for ties of each scorer: the first best on validation_unique of a dataset.
 * @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING when more than `mostFailed` of the rankings have an image without a score
 */
export async function thresholdsFrom(
  folder: string,
  scorers: readonly NamedScorer[],
  effects: JudgeSettings & { mostFailed?: number | undefined },
): Promise<ChosenThresholds> {
  const judged = await judgeSplits(await openDataset(folder), ["validation_unique"], scorers, effects);
  const validation = judged.of("validation_unique");
  return {
    thresholds: scorers.map((_, i) => chooseThreshold(examplesOf(validation, i))),
    leftOut: judged.leftOutOf("validation_unique"),
    failures: judged.failures,
  };
}
