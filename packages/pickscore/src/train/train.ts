/** @file Trains PickScore on a dataset of preferences, from a CLIP, into a run folder, as in section 3 of the paper. */
import { entryOf, itemAt } from "@pickapic/errors";
import { epochOrder, microBatches, type Pair, rememberOrders, stepPairs } from "../data/plan.ts";
import { removeStates } from "../model/frozenStates.ts";
import { pairFeed } from "../model/pairFeed.ts";
import { isOrdinary } from "../resources/execution.ts";
import { type CrossFit, type RunRecord, recordAt, recordedSettings } from "../run/record.ts";
import { openRunFolder, type RunFolder } from "../run/runFolder.ts";
import type { ValidationPair } from "../run/validation.ts";
import { type AskedSettings, resolveSettings, SETTINGS, type TrainSettings } from "../settings/settings.ts";
import { type ActiveRun, openRun, type TrainEffects } from "./activeRun.ts";
import { crossFit } from "./crossFit.ts";
import { saveDiverged } from "./diverged.ts";
import { type Loop, runLoop } from "./loop.ts";
import { learningRateAt } from "./schedule.ts";
import { fitLogitScale } from "./temperature.ts";
import { accuracyText, type Cosines, cosinesOf, preferencesOf, tieFreeAccuracy } from "./validate.ts";

/** The result of a training. */
export interface TrainResult {
  /** The run folder. It holds the best checkpoint of the run in Hugging Face layout. */
  folder: string;
  /** Optimizer steps that were made. They are fewer than the settings say when patience ended the run or cross-fitting chose an earlier step. */
  steps: number;
  /** The best step and its accuracy 0...1, without ties, on the pairs that chose it; null when no pairs could choose a step. */
  best: { step: number; accuracy: number } | null;
  /** Whether no step was better than the starting model. The folder then holds the starting weights; only the temperature may differ. */
  startKept: boolean;
  /** All settings; those that were "auto" have the chosen value. */
  settings: TrainSettings;
  /** Names of the settings that were "auto", and the reason for the choice; null when none was. */
  recipe: { chosen: string[]; reason: string } | null;
  /** How cross-fitting chose the step; null when it did not. */
  crossFit: CrossFit | null;
}

/**
 * Trains PickScore and leaves the best checkpoint in the folder `out`, with run.json, metrics.jsonl and validation.json. Training ends after
 * `settings.steps`, when `settings.patience` is used up, or at the step that cross-fitting chose.
 *
 * When `effects.signal` is aborted, it saves the state and throws PICKAPIC_TRAIN_STOPPED. With `effects.resume` only `out` must be given; the resumed
 * run ends with the same bits as an uninterrupted one.
 * @param given `out`, `dataset` (or `effects.examples`), and every setting that differs from its default in SETTINGS
 * @throws {PickScoreError} codes PICKAPIC_TRAIN_*, _RUN_*, _CHECKPOINT_*, _IMAGE_*; DatasetError and ClipError for their files
 */
export async function trainPickScore(given: Readonly<Partial<AskedSettings>>, effects: TrainEffects = {}): Promise<TrainResult> {
  const { out = "" } = effects.resume ? given : resolveSettings(withData(given, effects));
  await using folder = await openRunFolder(out, effects.resume ? "a run" : "no run");
  const { found } = folder;
  if (found?.finished) {
    await folder.assertSame(given);
    return resultOf(recordedSettings(found, folder.files.record), found);
  }
  const asked = resolveSettings(found ? settingsToGoOn(folder, found, given) : withData(given, effects));
  await using run = await openRun(folder, asked, given, effects);
  if (!found) await begin(run, effects);
  await runLoop(loopOf(run), { now: () => performance.now(), ...effects });
  return await finish(run, effects); // Awaited here, because the run is closed when this function is left.
}

const withData = (given: Readonly<Partial<AskedSettings>>, { examples }: TrainEffects): Partial<AskedSettings> =>
  examples ? { dataset: "in memory", ...given } : given;

/** The settings of a resumed run: the recorded ones, replaced by those that the caller gives now. A check refuses any that would change a number. */
function settingsToGoOn(
  { files }: RunFolder,
  found: RunRecord,
  given: Readonly<Partial<AskedSettings>>,
): Readonly<Partial<AskedSettings>> {
  const isGiven = ([name, value]: [string, unknown]) => Object.hasOwn(SETTINGS, name) && value !== undefined && value !== "auto";
  return { ...recordedSettings(found, files.record), ...Object.fromEntries(Object.entries(given).filter(isGiven)) };
}

function loopOf(run: ActiveRun): Loop {
  const { settings, training, stepper, folder } = run;
  const { state } = training;
  const pairsOf = batchesOf(run.train, settings);
  const isMeasured = (step: number) =>
    step % settings.validateEvery === 0 || step === settings.steps || step === run.crossFit?.chosen;
  return {
    state,
    stepper,
    steps: settings.steps,
    examplesPerStep: { count: settings.batchPairs, unit: "pairs" },
    learningRateAt: (step) => learningRateAt(step, settings),
    feeds: (step) => feedsOf(run, pairsOf(step)),
    onMetrics: folder.appendMetrics,
    saveEvery: settings.saveEvery,
    save: async () => {
      await stepper.fetch?.();
      await folder.saveState(recordOf(run), training);
    },
    afterStep: async () => {
      if (isMeasured(state.step)) await validate(run);
    },
    note: () => accuracyNote(run),
    isDone: () => isPatienceAtEnd(run) || (run.crossFit !== null && state.step >= run.crossFit.chosen),
    inspect: async (what) => {
      await stepper.fetch?.();
      const evidence = { ...run, pairs: pairsOf(state.step), logitScale: logitScaleOf(run) };
      return saveDiverged(folder.files.diverged, { step: state.step + 1, ...what }, evidence);
    },
  };
}

/** The latest accuracy on the pairs that choose the step, as text; empty before the first. */
function accuracyNote({ last, crossFit }: ActiveRun): string {
  return last === null ? "" : accuracyText(last, crossFit ? "prompts not trained on" : "validation");
}

/** The pairs of each step of a training on `train`. */
function batchesOf(train: readonly Pair[], settings: TrainSettings): (step: number) => Pair[] {
  const captions = train.map(({ caption }) => caption);
  const orderOf = rememberOrders((epoch) => epochOrder(captions, settings.order, settings.seed, epoch));
  return (step) => stepPairs(step, settings.batchPairs, train.length, orderOf).map((i) => itemAt(train, i));
}

/** Yields the feeds of the micro-batches of a step, each made only when it is needed. */
function* feedsOf({ settings, plan, training, tokens, pixels, execution }: ActiveRun, pairs: readonly Pair[]) {
  // A graphics card takes seconds to compile programs for a graph. Padded texts have one graph for all batches, packed texts have many.
  const options = {
    filling: plan.lean ? "tight" : "few graphs",
    negatives: settings.negatives === "in-batch",
    ...(!isOrdinary(execution) && { packed: false }),
  } as const;
  for (const batch of microBatches(pairs, plan.microBatchPairs)) yield pairFeed(training, batch, tokens, pixels, options);
}

/** The current log T. */
const logitScaleOf = ({ training }: ActiveRun): number => itemAt(entryOf(training.state.parameters.views, "logit_scale"), 0);

/** Whether as many validations as `patience` have passed since the best one. */
function isPatienceAtEnd({ settings, training, best }: ActiveRun): boolean {
  const { patience, validateEvery } = settings;
  return patience > 0 && best !== null && training.state.step - best.step >= patience * validateEvery;
}

/** Most pairs that the temperature is fitted on. It is a single number, so these are enough. */
const FITTED_PAIRS = 500;

async function begin(run: ActiveRun, effects: TrainEffects): Promise<void> {
  const { settings, train, validation, embedder, stepper } = run;
  if (settings.validationSplit === "cross-fitted") await chooseByCrossFitting(run, effects);
  const own = logitScaleOf(run);
  await fitTemperature(run, train);
  stepper.reload?.();
  const cosines = await cosinesOf(validation, embedder);
  run.before = preferencesOf(cosines, own);
  await keepIfBest(run, cosines);
}

async function fitTemperature(run: ActiveRun, pairs: readonly Pair[]): Promise<void> {
  if (run.settings.temperature !== "fit") return;
  const logitScale = entryOf(run.training.state.parameters.views, "logit_scale");
  logitScale[0] = await fitLogitScale(pairs.slice(0, FITTED_PAIRS), run.embedder);
}

/** Chooses the step of the run by cross-fitting, and writes the probabilities of all training pairs into validation.json. */
async function chooseByCrossFitting(run: ActiveRun, effects: TrainEffects): Promise<void> {
  const { settings, train, training, stepper, embedder, folder } = run;
  const { steps, validateEvery, seed } = settings;
  const fitted = await crossFit(
    train,
    {
      ...{ state: training.state, stepper, embedder, steps, validateEvery, seed },
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
  if (!fitted) return;
  const { before, after, best, ...found } = fitted;
  run.crossFit = found;
  run.best = best;
  const pairs = judgedPairs(train, before, after);
  await folder.writeValidation({ format: 1, split: "train", folds: found.folds, step: best.step, pairs });
}

/** Measures the current model and saves it when it is the best so far. When cross-fitting chose the step, its accuracy for this step is recorded instead. */
async function validate(run: ActiveRun): Promise<void> {
  const { training, crossFit } = run;
  if (!crossFit) return keepIfBest(run, await cosinesOf(run.validation, run.embedder));
  const figure = crossFit.steps.find(({ step }) => step === training.state.step);
  if (figure) await noteAccuracy(run, figure.accuracy, winnersOf(run.train));
}

const winnersOf = (pairs: readonly Pair[]): number => pairs.filter(({ target }) => target[0] !== target[1]).length;

async function noteAccuracy(run: ActiveRun, accuracy: number, pairs: number): Promise<void> {
  run.last = { accuracy, pairs };
  await run.folder.appendMetrics({ step: run.training.state.step, validationAccuracy: accuracy, validationPairs: pairs });
}

async function keepIfBest(run: ActiveRun, cosines: readonly Cosines[]): Promise<void> {
  const { folder, training, validation, crossFit } = run;
  if (crossFit) return validate(run);
  const { accuracy, pairs } = tieFreeAccuracy(validation, cosines);
  const { step } = training.state;
  if (pairs === 0) return;
  await noteAccuracy(run, accuracy, pairs);
  if (run.best && run.best.accuracy >= accuracy) return;
  await run.stepper.fetch?.();
  await folder.saveModel(training);
  await writePreferences(run, cosines);
  run.best = { step, accuracy };
}

/** Writes validation.json: every validation pair as judged before training and by the current model. */
async function writePreferences(run: ActiveRun, cosines: readonly Cosines[]): Promise<void> {
  const { settings, training, validation, before, folder } = run;
  if (!before) return;
  const logitScale = logitScaleOf(run);
  const after = preferencesOf(cosines, logitScale);
  const split = settings.validationSplit === "cross-fitted" ? "train" : settings.validationSplit;
  await folder.writeValidation({ format: 1, split, step: training.state.step, pairs: judgedPairs(validation, before, after) });
}

/** Pairs with the probability that image 0 is preferred, before training and after it. */
function judgedPairs(pairs: readonly Pair[], before: readonly number[], after: readonly number[]): ValidationPair[] {
  return pairs.map(({ id, caption, image0, image1, target }, i) => ({
    rankingId: id ?? null,
    ...{ caption, image0, image1, target },
    before: itemAt(before, i),
    after: itemAt(after, i),
  }));
}

/** Finishes the run. The best model is saved already, unless cross-fitting or no pair chose the step: then the current parameters are saved. */
async function finish(run: ActiveRun, { onNote }: TrainEffects): Promise<TrainResult> {
  const { settings, training, best, crossFit, folder } = run;
  const { step } = training.state;
  await run.stepper.fetch?.();
  if (!best || crossFit) await folder.saveModel(training);
  else if (step < settings.steps)
    onNote?.(`Ended after step ${step} of ${settings.steps}: no validation was better than that of step ${best.step}.`);
  await folder.finish(recordOf(run));
  for (const tower of ["text", "vision"] as const) removeStates(folder.files.frozenStates(tower));
  return resultOf(settings, recordOf(run));
}

function recordOf({ settings, checksums, plan, execution, training, train, best, recipe, crossFit }: ActiveRun): RunRecord {
  const { step, lossScale } = training.state;
  const choices = { ...(recipe && { recipe }), ...(crossFit && { crossFit }) };
  const facts = {
    kind: "pickscore",
    settings,
    ...checksums,
    plan,
    execution,
    lossScale,
    step,
    examples: train.length,
    best,
  } as const;
  return recordAt({ ...facts, ...choices });
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
