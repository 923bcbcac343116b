/** @file Trains PickScore on a dataset of preferences, from a CLIP, into a run folder (SPEC 4). */
import { existsSync } from "node:fs";
import { epochOrder, microBatches, type Pair, rememberOrders, stepPairs } from "../data/plan.ts";
import { removeStates } from "../model/frozenStates.ts";
import { pairFeed } from "../model/pairFeed.ts";
import { isOrdinary } from "../resources/place.ts";
import { appendMetrics } from "../run/metrics.ts";
import { findRun, finishRun, type RunRecord, recordAt, runFiles, saveModel, saveRun } from "../run/runFolder.ts";
import { lockRun } from "../run/runLock.ts";
import { writeValidation } from "../run/validation.ts";
import { resolveSettings, type TrainSettings } from "../settings/settings.ts";
import { saveDiverged } from "./diverged.ts";
import { type Loop, runLoop } from "./loop.ts";
import { closeRun, openRun, type Run, type TrainEffects } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import { fitLogitScale } from "./temperature.ts";
import { type Cosines, cosinesOf, preference, tieFreeAccuracy } from "./validate.ts";

export interface TrainResult {
  /** The run folder: a checkpoint in Hugging Face layout, the best of the run. */
  folder: string;
  /** Optimizer steps that were made: fewer than the settings say when patience ended the run. */
  steps: number;
  /** Tie-free accuracy 0...1 on the validation split, and the step that had it; null without a validation split. */
  best: { step: number; accuracy: number } | null;
  settings: TrainSettings;
}

/**
 * Trains until `settings.steps`, or until `settings.patience` is at an end, and leaves the best checkpoint in `settings.out`, with run.json,
 * metrics.jsonl and validation.json.
 * Stopped by `effects.signal` it saves and throws PICKAPIC_TRAIN_STOPPED; with `effects.resume` it goes on, to the bit.
 * @param given `out`, `dataset` (or `effects.examples`), and whatever differs from the defaults in SETTINGS
 * @throws {PickScoreError} codes PICKAPIC_SETTING_*, _RUN_*, _TRAIN_*, _MODEL_*, _IMAGE_*; DatasetError and ClipError for their files
 */
export async function trainPickScore(given: Readonly<Partial<TrainSettings>>, effects: TrainEffects = {}): Promise<TrainResult> {
  const settings = resolveSettings(effects.examples ? { dataset: "in memory", ...given } : given);
  // --resume makes no folder.
  if (effects.resume && !existsSync(settings.out)) await findRun(settings.out, settings, true);
  const unlock = await lockRun(settings.out);
  try {
    return await trainLocked(settings, effects);
  } finally {
    await unlock();
  }
}

async function trainLocked(settings: TrainSettings, effects: TrainEffects): Promise<TrainResult> {
  const found = await findRun(settings.out, settings, effects.resume ?? false);
  if (found?.finished) return resultOf(settings, found);
  const run = await openRun(settings, found, effects);
  try {
    if (!found) await begin(run);
    await runLoop(loopOf(run), { now: () => performance.now(), ...effects });
    return await finish(run, effects);
  } finally {
    await closeRun(run);
  }
}

function loopOf(run: Run): Loop {
  const { settings, training, stepper } = run;
  const { state } = training;
  const pairsOf = pairsOfSteps(run);
  return {
    state,
    stepper,
    steps: settings.steps,
    examplesPerStep: { count: settings.batchPairs, unit: "pairs" },
    learningRateAt: (step) => learningRateAt(step, settings),
    feeds: (step) => feedsOf(run, pairsOf(step)),
    metricsFile: runFiles(settings.out).metrics,
    saveEvery: settings.saveEvery,
    save: async () => {
      await stepper.fetch?.();
      await saveRun(settings.out, recordOf(run), training);
    },
    afterStep: async () => {
      if (state.step % settings.validateEvery === 0 || state.step === settings.steps) await validate(run);
    },
    isDone: () => isPatienceAtEnd(run),
    inspect: async (what) => {
      await stepper.fetch?.();
      const evidence = { ...run, pairs: pairsOf(state.step), logitScale: logitScaleOf(run)[0]! };
      return saveDiverged(settings.out, { step: state.step + 1, ...what }, evidence);
    },
  };
}

function pairsOfSteps({ settings, train }: Run): (step: number) => Pair[] {
  const captions = train.map(({ caption }) => caption);
  const orderOf = rememberOrders((epoch) => epochOrder(captions, settings.order, settings.seed, epoch));
  return (step) => stepPairs(step, settings.batchPairs, train.length, orderOf).map((i) => train[i]!);
}

/** The micro-batches of a step, each made when it is needed. */
function* feedsOf({ plan, training, tokens, pixels, place }: Run, pairs: readonly Pair[]) {
  // A card compiles programs for each graph, which takes seconds: there all batches have one graph.
  const options = { filling: plan.lean ? "tight" : "few graphs", ...(!isOrdinary(place) && { packed: false }) } as const;
  for (const batch of microBatches(pairs, plan.microBatchPairs)) yield pairFeed(training, batch, tokens, pixels, options);
}

const logitScaleOf = ({ training }: Run): Float32Array => training.state.parameters.views.get("logit_scale")!;

/** Whether as many validations as `patience` have passed since the best one. */
function isPatienceAtEnd({ settings, training, best }: Run): boolean {
  const { patience, validateEvery } = settings;
  return patience > 0 && best !== null && training.state.step - best.step >= patience * validateEvery;
}

/** Pairs that the temperature is fitted on: it is one number. */
const FITTED_PAIRS = 500;

async function begin(run: Run): Promise<void> {
  const { settings, train, validation, embedder, stepper } = run;
  const logitScale = logitScaleOf(run);
  const own = logitScale[0]!;
  if (settings.temperature === "fit") logitScale[0] = await fitLogitScale(train.slice(0, FITTED_PAIRS), embedder);
  stepper.reload?.();
  const cosines = await cosinesOf(validation, embedder);
  run.before = cosines.map((each) => preference(each, own));
  await keepIfBest(run, cosines);
}

/** Measures the model as it is and keeps it when it is the best so far. */
const validate = async (run: Run): Promise<void> => keepIfBest(run, await cosinesOf(run.validation, run.embedder));

async function keepIfBest(run: Run, cosines: readonly Cosines[]): Promise<void> {
  const { settings, training, validation } = run;
  const { accuracy, pairs } = tieFreeAccuracy(validation, cosines);
  const { step } = training.state;
  if (pairs === 0) return;
  await appendMetrics(runFiles(settings.out).metrics, { step, validationAccuracy: accuracy, validationPairs: pairs });
  if (run.best && run.best.accuracy >= accuracy) return;
  await run.stepper.fetch?.();
  await saveModel(settings.out, training);
  await writePreferences(run, cosines);
  run.best = { step, accuracy };
}

/** Every validation pair before training and now. */
async function writePreferences(run: Run, cosines: readonly Cosines[]): Promise<void> {
  const { settings, training, validation, before } = run;
  if (!before) return;
  const logitScale = logitScaleOf(run)[0]!;
  const pairs = validation.map(({ id, caption, image0, image1, target }, i) => ({
    rankingId: id ?? null,
    ...{ caption, image0, image1, target },
    before: before[i]!,
    after: preference(cosines[i]!, logitScale),
  }));
  await writeValidation(settings.out, { format: 1, split: settings.validationSplit, step: training.state.step, pairs });
}

/** Without a validation split the last parameters are the result. */
async function finish(run: Run, { onNote }: TrainEffects): Promise<TrainResult> {
  const { settings, training, best } = run;
  const { step } = training.state;
  await run.stepper.fetch?.();
  if (!best) await saveModel(settings.out, training);
  else if (step < settings.steps)
    onNote?.(`Ended after step ${step} of ${settings.steps}: no validation was better than that of step ${best.step}.`);
  const files = runFiles(settings.out);
  await finishRun(settings.out, recordOf(run));
  for (const tower of ["text", "vision"]) removeStates(files.states(tower));
  return resultOf(settings, { step, best });
}

function recordOf({ settings, files, plan, place, training, train, best }: Run): RunRecord {
  const { step, lossScale } = training.state;
  return recordAt({ kind: "pickscore", settings, ...files, plan, place, lossScale, step, examples: train.length, best });
}

const resultOf = (settings: TrainSettings, { step, best }: Pick<RunRecord, "step" | "best">): TrainResult => ({
  folder: settings.out,
  steps: step,
  best,
  settings,
});
