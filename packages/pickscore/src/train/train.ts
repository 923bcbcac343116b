/** @file Trains PickScore on a dataset of preferences, from a CLIP, into a run folder (SPEC 4). */
import { existsSync } from "node:fs";
import { epochOrder, microBatches, type Pair, rememberOrders, stepPairs } from "../data/plan.ts";
import { removeStates } from "../model/frozenStates.ts";
import { pairFeed } from "../model/pairFeed.ts";
import { isOrdinary } from "../resources/place.ts";
import { appendMetrics } from "../run/metrics.ts";
import { finishRun, type RunRecord, readRecord, recordAt, runFiles, saveModel, saveRun } from "../run/runFolder.ts";
import { lockRun } from "../run/runLock.ts";
import { assertSameRun } from "../run/sameRun.ts";
import { type ValidationPair, writeValidation } from "../run/validation.ts";
import { type AskedSettings, resolveSettings, SETTINGS, type TrainSettings } from "../settings/settings.ts";
import { type CrossFit, crossFit } from "./crossFit.ts";
import { saveDiverged } from "./diverged.ts";
import { type Loop, runLoop } from "./loop.ts";
import { closeRun, openRun, type Run, type TrainEffects } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import { fitLogitScale } from "./temperature.ts";
import { type Cosines, cosinesOf, preference, tieFreeAccuracy } from "./validate.ts";

export interface TrainResult {
  /** The run folder: a checkpoint in Hugging Face layout, the best of the run. */
  folder: string;
  /** Optimizer steps that were made: fewer than the settings say when patience ended the run, or an earlier step was chosen. */
  steps: number;
  /** Accuracy 0...1 without ties on the pairs that chose the step, and that step; null where nothing could choose. */
  best: { step: number; accuracy: number } | null;
  /** Whether no step was better than the starting weights, so that the folder holds those; only their temperature may be another. */
  startKept: boolean;
  /** All settings, every choice made. */
  settings: TrainSettings;
  /** The settings that were left to the rule, and its reason; null when all were given. */
  recipe: { chosen: string[]; reason: string } | null;
  /** Where cross-fitting chose the step. */
  crossFit: CrossFit | null;
}

/**
 * Trains until `settings.steps`, until `settings.patience` is at an end, or until the step that cross-fitting chose, and leaves the best checkpoint
 * in `settings.out`, with run.json, metrics.jsonl and validation.json.
 * Stopped by `effects.signal` it saves and throws PICKAPIC_TRAIN_STOPPED; with `effects.resume` it goes on, to the bit, and `out` is all that must be given.
 * @param given `out`, `dataset` (or `effects.examples`), and whatever differs from the defaults in SETTINGS
 * @throws {PickScoreError} codes PICKAPIC_SETTING_*, _RUN_*, _TRAIN_*, _MODEL_*, _IMAGE_*; DatasetError and ClipError for their files
 */
export async function trainPickScore(given: Readonly<Partial<AskedSettings>>, effects: TrainEffects = {}): Promise<TrainResult> {
  const { out = "" } = effects.resume ? given : resolveSettings(withData(given, effects));
  // --resume makes no folder.
  if (effects.resume && !existsSync(out)) await readRecord(out, true);
  const unlock = await lockRun(out);
  try {
    return await trainLocked(out, given, effects);
  } finally {
    await unlock();
  }
}

const withData = (given: Readonly<Partial<AskedSettings>>, { examples }: TrainEffects): Partial<AskedSettings> =>
  examples ? { dataset: "in memory", ...given } : given;

async function trainLocked(out: string, given: Readonly<Partial<AskedSettings>>, effects: TrainEffects): Promise<TrainResult> {
  const found = await readRecord(out, effects.resume ?? false);
  if (found?.finished) {
    await assertSameRun(out, found, given);
    return resultOf(found.settings as unknown as TrainSettings, found);
  }
  const asked = resolveSettings(found ? settingsOf(found, given) : withData(given, effects));
  const run = await openRun(asked, found, given, effects);
  try {
    if (!found) await begin(run, effects);
    await runLoop(loopOf(run), { now: () => performance.now(), ...effects });
    return await finish(run, effects);
  } finally {
    await closeRun(run);
  }
}

/** The settings of a run that goes on: its own, those of today that change no number, and its folder by today's name. */
function settingsOf({ settings }: RunRecord, given: Readonly<Partial<AskedSettings>>): Partial<AskedSettings> {
  const isKnown = ([name, value]: [string, unknown]) => Object.hasOwn(SETTINGS, name) && value !== undefined && value !== "auto";
  const [own, now] = [settings, given].map((list) => Object.fromEntries(Object.entries(list).filter(isKnown)));
  return { ...own, ...now };
}

function loopOf(run: Run): Loop {
  const { settings, training, stepper } = run;
  const { state } = training;
  const pairsOf = pairsOfSteps(run);
  const isMeasured = (step: number) =>
    step % settings.validateEvery === 0 || step === settings.steps || step === run.crossFit?.chosen;
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
      if (isMeasured(state.step)) await validate(run);
    },
    note: () => accuracyNote(run),
    isDone: () => isPatienceAtEnd(run) || (run.crossFit !== null && state.step >= run.crossFit.chosen),
    inspect: async (what) => {
      await stepper.fetch?.();
      const evidence = { ...run, pairs: pairsOf(state.step), logitScale: logitScaleOf(run)[0]! };
      return saveDiverged(settings.out, { step: state.step + 1, ...what }, evidence);
    },
  };
}

/** The last accuracy on the pairs that choose the step; empty while there is none. */
function accuracyNote({ last, crossFit }: Run): string {
  if (last === null) return "";
  return `${(100 * last).toFixed(1)} % right on ${crossFit ? "prompts not trained on" : "validation"}`;
}

const pairsOfSteps = ({ settings, train }: Run): ((step: number) => Pair[]) => batchesOf(train, settings);

/** The pairs of each step of a training on `train`. */
function batchesOf(train: readonly Pair[], settings: TrainSettings): (step: number) => Pair[] {
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

async function begin(run: Run, effects: TrainEffects): Promise<void> {
  const { settings, train, validation, embedder, stepper } = run;
  if (settings.validationSplit === "cross-fitted") await chooseByCrossFitting(run, effects);
  const own = logitScaleOf(run)[0]!;
  await fitTemperature(run, train);
  stepper.reload?.();
  const cosines = await cosinesOf(validation, embedder);
  run.before = cosines.map((each) => preference(each, own));
  await keepIfBest(run, cosines);
}

async function fitTemperature(run: Run, pairs: readonly Pair[]): Promise<void> {
  if (run.settings.temperature === "fit") logitScaleOf(run)[0] = await fitLogitScale(pairs.slice(0, FITTED_PAIRS), run.embedder);
}

/** Chooses the step of the run, and leaves what the pairs say of it in validation.json. */
async function chooseByCrossFitting(run: Run, effects: TrainEffects): Promise<void> {
  const { settings, train, training, stepper, embedder } = run;
  const found = await crossFit(
    train,
    {
      ...{
        state: training.state,
        stepper,
        embedder,
        steps: settings.steps,
        validateEvery: settings.validateEvery,
        seed: settings.seed,
      },
      feedsOf: (pairs) => {
        const pairsOf = batchesOf(pairs, settings);
        return (step) => feedsOf(run, pairsOf(step));
      },
      learningRateAt: (step) => learningRateAt(step, settings),
      begin: async (pairs) => {
        await fitTemperature(run, pairs);
        stepper.reload?.();
      },
    },
    effects,
  );
  if (!found) return;
  const { before, after, ...crossFitted } = found;
  run.crossFit = crossFitted;
  const { step, accuracy } = crossFitted.steps.find((each) => each.step === crossFitted.chosen)!;
  run.best = { step, accuracy };
  const pairs = judgedPairs(train, before, after);
  await writeValidation(settings.out, { format: 1, split: "train", folds: found.folds, step, pairs });
}

/** Measures the model as it is and keeps it when it is the best so far; where cross-fitting has chosen, its figure for this step is noted. */
async function validate(run: Run): Promise<void> {
  const { settings, training, crossFit } = run;
  if (!crossFit) return keepIfBest(run, await cosinesOf(run.validation, run.embedder));
  const figure = crossFit.steps.find(({ step }) => step === training.state.step);
  if (figure) await noteAccuracy(run, figure.accuracy, winnersOf(run.train), runFiles(settings.out).metrics);
}

const winnersOf = (pairs: readonly Pair[]): number => pairs.filter(({ target }) => target[0] !== target[1]).length;

async function noteAccuracy(run: Run, accuracy: number, pairs: number, file: string): Promise<void> {
  run.last = accuracy;
  await appendMetrics(file, { step: run.training.state.step, validationAccuracy: accuracy, validationPairs: pairs });
}

async function keepIfBest(run: Run, cosines: readonly Cosines[]): Promise<void> {
  const { settings, training, validation, crossFit } = run;
  if (crossFit) return validate(run);
  const { accuracy, pairs } = tieFreeAccuracy(validation, cosines);
  const { step } = training.state;
  if (pairs === 0) return;
  await noteAccuracy(run, accuracy, pairs, runFiles(settings.out).metrics);
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
  const after = cosines.map((each) => preference(each, logitScale));
  const split = settings.validationSplit === "cross-fitted" ? "train" : settings.validationSplit;
  const pairs = judgedPairs(validation, before, after);
  await writeValidation(settings.out, { format: 1, split, step: training.state.step, pairs });
}

/** Pairs with the probabilities that image 0 is preferred, before training and after. */
function judgedPairs(pairs: readonly Pair[], before: readonly number[], after: readonly number[]): ValidationPair[] {
  return pairs.map(({ id, caption, image0, image1, target }, i) => ({
    rankingId: id ?? null,
    ...{ caption, image0, image1, target },
    before: before[i]!,
    after: after[i]!,
  }));
}

/** Without a validation split, and where cross-fitting chose the step, the last parameters are the result. */
async function finish(run: Run, { onNote }: TrainEffects): Promise<TrainResult> {
  const { settings, training, best, crossFit } = run;
  const { step } = training.state;
  await run.stepper.fetch?.();
  if (!best || crossFit) await saveModel(settings.out, training);
  else if (step < settings.steps)
    onNote?.(`Ended after step ${step} of ${settings.steps}: no validation was better than that of step ${best.step}.`);
  const files = runFiles(settings.out);
  await finishRun(settings.out, recordOf(run));
  for (const tower of ["text", "vision"]) removeStates(files.states(tower));
  return resultOf(settings, recordOf(run));
}

function recordOf({ settings, files, plan, place, training, train, best, recipe, crossFit }: Run): RunRecord {
  const { step, lossScale } = training.state;
  const choices = { ...(recipe && { recipe }), ...(crossFit && { crossFit }) };
  const parts = { kind: "pickscore", settings, ...files, plan, place, lossScale, step, examples: train.length, best } as const;
  return recordAt({ ...parts, ...choices });
}

const resultOf = (settings: TrainSettings, { step, best, recipe, crossFit }: RunRecord): TrainResult => ({
  folder: settings.out,
  steps: step,
  best,
  startKept: best?.step === 0,
  settings,
  recipe: recipe ?? null,
  crossFit: crossFit ?? null,
});
