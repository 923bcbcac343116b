/** @file Section 5 of the paper: how well chance, formulas, CLIP, experts and PickScore predict people; and the same for further trainings. */
import { join } from "node:path";
import { randomFor } from "@pickapic/chance";
import { openDataset } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { type AccuracyReport, type Example, meanDifferenceOf, measureAccuracy } from "@pickapic/evaluation";
import { readRun, removeModel, type TrainSettings } from "@pickapic/pickscore";
import { COLOUR_SHARPNESS, closeScorers } from "@pickapic/pickscore/scorers";
import { type PlannedRanking, planRankings } from "../../collect.ts";
import { judgeSplit } from "../../measure/pairs.ts";
import { examplesOf, randomPredictor } from "../../measure/scorers.ts";
import { measureExperts } from "../experts.ts";
import type { ReproduceSettings } from "../settings.ts";
import { restored, trainingOf, trainOrResume, uniqueOf } from "./data.ts";
import { type AccuracyFacts, type Difference, type JudgedSplits, SCORERS, type StepContext, type Variant } from "./step.ts";

/** The planned ranking behind each example of test_unique, in their order. */
export function rankingsBehind(judged: JudgedSplits, settings: ReproduceSettings): PlannedRanking[] {
  const all = planRankings({ ...settings, size: settings.pictureSize });
  return uniqueOf(judged).map(({ rankingId }) => itemAt(all, Number(rankingId) - 1));
}

/** Measures the scorers and the experts on test_unique. */
export async function measureAccuracies({ settings, result }: StepContext): Promise<AccuracyFacts> {
  const judged = result("judging");
  const [validation, test] = [judged.validation.map(restored), uniqueOf(judged)];
  const scorers = SCORERS.map((_, i) => accuracyOf(examplesOf(validation, i), examplesOf(test, i), settings.seed));
  const experts = measureExperts(rankingsBehind(judged, settings), settings.expertsPerExample, settings.seed);
  const ours = itemAt(scorers, SCORERS.indexOf("pickscore")).scores;
  const scoresOf = { experts, "clip-toy": itemAt(scorers, 1), [COLOUR_SHARPNESS]: itemAt(scorers, 0) };
  return {
    random: randomPredictor(examplesOf(validation, 0), examplesOf(test, 0)),
    experts,
    scorers,
    differences: (["experts", "clip-toy", COLOUR_SHARPNESS] as const).map((to) => ({
      to,
      ...differenceOf(ours, scoresOf[to].scores, settings.seed),
    })),
  };
}

const accuracyOf = (validation: readonly Example[], test: readonly Example[], seed: number): AccuracyReport =>
  measureAccuracy({ validation, test, random: randomFor("bootstrap", seed) });

function differenceOf(ours: readonly number[], others: readonly number[], seed: number): Difference {
  const differences = ours.map((score, i) => score - itemAt(others, i));
  const { value, interval, reason } = meanDifferenceOf(differences, randomFor("bootstrap", seed));
  return { difference: value, interval, reason };
}

/** Trains on the same dataset with other settings, and measures the result on the same examples. Its model is removed afterwards. */
async function variantOf(name: string, changes: Partial<TrainSettings>, context: StepContext): Promise<Variant> {
  const { settings, folders, result, remember } = context;
  return remember(name, async () => {
    const out = join(folders.trainings, name);
    await trainOrResume({ ...trainingOf(settings, folders, out), ...changes }, context);
    const { record } = await readRun(out);
    const accuracy = await accuracyOfModel(out, context);
    await removeModel(out);
    const main = itemAt(result("accuracy").scorers, SCORERS.indexOf("pickscore"));
    return {
      ...{ name, steps: record.step, accuracy },
      pairs: Math.round((changes.share ?? 1) * (result("dataset").splits.train ?? 0)),
      behind: differenceOf(main.scores, accuracy.scores, settings.seed),
    };
  });
}

async function accuracyOfModel(
  model: string,
  { settings, folders, openScorers, ...effects }: StepContext,
): Promise<AccuracyReport> {
  const dataset = await openDataset(folders.dataset);
  const judges = await openScorers([model], { threads: settings.threads });
  try {
    const validation = await judgeSplit(dataset, "validation_unique", judges, effects);
    const unique = await judgeSplit(dataset, "test_unique", judges, effects);
    // In the order of `uniqueOf`, so that scores can be compared in pairs.
    const byId = new Map(unique.map((pair) => [pair.rankingId, pair]));
    const test = uniqueOf(effects.result("judging")).flatMap(({ rankingId }) => byId.get(rankingId) ?? []);
    return accuracyOf(examplesOf(validation, 0), examplesOf(test, 0), settings.seed);
  } finally {
    await closeScorers(judges);
  }
}

/** PickScore trained with in-batch negatives. */
export const trainWithNegatives = (context: StepContext): Promise<Variant> =>
  variantOf("in-batch-negatives", { negatives: "in-batch" }, context);

/** PickScore trained with other seeds on the same dataset. */
export async function trainSeeds(context: StepContext): Promise<Variant[]> {
  const { seed, trainingSeeds } = context.settings;
  const variants: Variant[] = [];
  for (let i = 1; i < trainingSeeds; i++) variants.push(await variantOf(`seed-${seed + i}`, { seed: seed + i }, context));
  return variants;
}

/** PickScore trained on shares of the prompts, with as many epochs as on all of them. */
export async function trainShares(context: StepContext): Promise<Variant[]> {
  const { shares, training } = context.settings;
  const { steps: all } = context.result("training");
  const variants: Variant[] = [];
  for (const share of shares) {
    const steps = Math.max(1, Math.round(share * (training.steps ?? all)));
    const sized = { share, steps, validateEvery: Math.max(1, Math.round(share * (training.validateEvery ?? all))) };
    const warmupSteps = Math.min(training.warmupSteps ?? 0, Math.ceil(steps / 5));
    variants.push(await variantOf(`share-${Number(share.toFixed(4))}`, { ...sized, warmupSteps }, context));
  }
  return variants;
}
