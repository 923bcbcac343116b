/** @file Trains PickScore on a dataset of preferences, from a CLIP, into a run folder (SPEC 4). */
import { mkdir } from "node:fs/promises";
import { decodePixels, parameterShapes, preprocess } from "@pickapic/clip";
import { fillArena } from "./arena.ts";
import { createEmbedder, type Embedder } from "./embedder.ts";
import { datasetExamples, type ExampleSource, loadExamples } from "./examples.ts";
import { type Loop, type LoopEffects, type Progress, runLoop } from "./loop.ts";
import { appendMetrics, keepMetricsUpTo, NOTHING, readMetrics } from "./metrics.ts";
import { modelOf, type TrainModel } from "./model.ts";
import { openModel } from "./models.ts";
import { pairFeed } from "./pairFeed.ts";
import { createPixelCache, type PixelCache } from "./pixelCache.ts";
import { epochOrder, microBatches, type Pair, rememberOrders, stepPairs } from "./plan.ts";
import { findRun, finishRun, loadRun, type RunRecord, recordAt, runFiles, saveModel, saveRun } from "./runFolder.ts";
import { learningRateAt } from "./schedule.ts";
import { resolveSettings, type TrainSettings } from "./settings.ts";
import { createState, openStepper, type Stepper, type TrainState } from "./stepper.ts";
import { fitLogitScale } from "./temperature.ts";
import { createTokenCache, type TokenCache } from "./tokens.ts";
import { tieFreeAccuracy } from "./validate.ts";

/** What training takes from outside; all have real defaults. */
export interface TrainEffects extends Partial<LoopEffects> {
  /** Go on with the run that is in `out`. */
  resume?: boolean;
  /** Instead of the dataset folder of the settings. */
  examples?: ExampleSource;
}

export interface TrainResult {
  /** The run folder: a checkpoint in Hugging Face layout, the best of the run. */
  folder: string;
  steps: number;
  /** Tie-free accuracy 0...1 on the validation split, and the step that had it; null without a validation split. */
  best: { step: number; accuracy: number } | null;
  settings: TrainSettings;
}

/** A run while it is under way. */
interface Run {
  settings: TrainSettings;
  model: TrainModel;
  state: TrainState;
  stepper: Stepper;
  tokens: TokenCache;
  pixels: PixelCache;
  embedder: Embedder;
  train: readonly Pair[];
  validation: readonly Pair[];
  best: RunRecord["best"];
}

/**
 * Trains until `settings.steps` and leaves the best checkpoint in `settings.out`, with run.json, metrics.jsonl and loss.svg.
 * Stopped by `effects.signal` it saves and throws PICKAPIC_TRAIN_STOPPED; with `effects.resume` it goes on, to the bit.
 * @param given `out`, `dataset` (or `effects.examples`), and whatever differs from the defaults in SETTINGS
 * @throws {PickScoreError} codes PICKAPIC_SETTING_*, _RUN_*, _TRAIN_*, _MODEL_*, _IMAGE_*; DatasetError and ClipError for their files
 */
export async function trainPickScore(given: Readonly<Partial<TrainSettings>>, effects: TrainEffects = {}): Promise<TrainResult> {
  const settings = resolveSettings(effects.examples ? { dataset: "in memory", ...given } : given);
  const found = await findRun(settings.out, settings, effects.resume ?? false);
  if (found?.finished) return resultOf(settings, found.best);
  const run = await openRun(settings, found, effects);
  try {
    if (!found) await begin(run);
    await runLoop(loopOf(run), { now: () => performance.now(), ...effects });
    return await finish(run);
  } finally {
    await closeRun(run);
  }
}

async function openRun(settings: TrainSettings, found: RunRecord | null, effects: TrainEffects): Promise<Run> {
  const checkpoint = await openModel(settings.init);
  const source = effects.examples ?? (await datasetExamples(settings.dataset));
  await mkdir(settings.out, { recursive: true });
  const model = modelOf(checkpoint);
  const state = createState(parameterShapes(model.config));
  if (found) await loadRun(settings.out, found, state);
  else fillArena(state.parameters, await checkpoint.readAll());
  await keepMetricsUpTo(runFiles(settings.out).metrics, found ? state.step : NOTHING);
  const pixels = pixelCacheFor(settings, model);
  try {
    const splits = await loadSplits(settings, source, model, pixels, effects);
    const captions = [...splits.train, ...splits.validation].map(({ caption }) => caption);
    const tokens = createTokenCache(model.tokenizer, model.config, captions);
    const embedder = createEmbedder(model, state, tokens, pixels, settings.threads);
    const stepper = await openStepper(state, parameterShapes(model.config), { ...settings, spin: true });
    return { settings, model, state, stepper, tokens, pixels, embedder, ...splits, best: found?.best ?? null };
  } catch (error) {
    pixels.close();
    throw error;
  }
}

async function closeRun({ stepper, embedder, pixels }: Run): Promise<void> {
  await stepper.close();
  await embedder.close();
  pixels.close();
}

function pixelCacheFor({ pixelCacheMiB, out }: TrainSettings, { config }: TrainModel): PixelCache {
  return createPixelCache(3 * config.vision.imageSize ** 2, pixelCacheMiB * 2 ** 20, runFiles(out).pixels);
}

async function loadSplits(
  settings: TrainSettings,
  source: ExampleSource,
  { processor }: TrainModel,
  pixels: PixelCache,
  effects: TrainEffects,
) {
  const bytesOnly = { ...processor, rescale: null, normalize: null };
  const prepare = async (bytes: Uint8Array) => Uint8Array.from(preprocess(await decodePixels(bytes), bytesOnly));
  const report = (note: string) => (done: number, total: number) =>
    effects.onProgress?.({ done, total, unit: "pairs", note } satisfies Progress);
  const load = (split: "train" | TrainSettings["validationSplit"], limit: number) =>
    loadExamples(source, split, limit, pixels, prepare, report(`reading ${split}`), effects.signal);
  const train = await load("train", Number.POSITIVE_INFINITY);
  const hasValidation = source.count(settings.validationSplit) > 0;
  return { train, validation: hasValidation ? await load(settings.validationSplit, settings.validationPairs) : [] };
}

function loopOf(run: Run): Loop {
  const { settings, state, stepper } = run;
  return {
    state,
    stepper,
    steps: settings.steps,
    examplesPerStep: { count: settings.batchPairs, unit: "pairs" },
    learningRateAt: (step) => learningRateAt(step, settings),
    feeds: feedsOf(run),
    metricsFile: runFiles(settings.out).metrics,
    saveEvery: settings.saveEvery,
    save: () => saveRun(settings.out, recordOf(run), state, run.model),
    afterStep: async () => {
      if (state.step % settings.validateEvery === 0 || state.step === settings.steps) await validate(run);
    },
  };
}

/** The micro-batches of a step, each made when it is needed. */
function feedsOf({ settings, train, model, tokens, pixels }: Run): Loop["feeds"] {
  const captions = train.map(({ caption }) => caption);
  const orderOf = rememberOrders((epoch) => epochOrder(captions, settings.order, settings.seed, epoch));
  return function* (step) {
    const pairs = stepPairs(step, settings.batchPairs, train.length, orderOf).map((i) => train[i]!);
    for (const batch of microBatches(pairs, settings.microBatchPairs)) yield pairFeed(model, batch, tokens, pixels);
  };
}

/** Pairs that the temperature is fitted on: it is one number. */
const FITTED_PAIRS = 500;

async function begin(run: Run): Promise<void> {
  const { settings, state, train, embedder } = run;
  const logitScale = state.parameters.views.get("logit_scale")!;
  if (settings.temperature === "fit") logitScale[0] = await fitLogitScale(train.slice(0, FITTED_PAIRS), embedder);
  await validate(run);
}

/** Measures the model as it is and keeps it when it is the best so far. */
async function validate(run: Run): Promise<void> {
  const { settings, state, embedder, validation } = run;
  const { accuracy, pairs } = await tieFreeAccuracy(validation, embedder);
  if (pairs === 0) return;
  await appendMetrics(runFiles(settings.out).metrics, { step: state.step, validationAccuracy: accuracy, validationPairs: pairs });
  if (run.best && run.best.accuracy >= accuracy) return;
  await saveModel(settings.out, state.parameters, run.model);
  run.best = { step: state.step, accuracy };
}

/** Without a validation split the last parameters are the result. */
async function finish(run: Run): Promise<TrainResult> {
  const { settings, state, best } = run;
  if (!best) await saveModel(settings.out, state.parameters, run.model);
  const files = runFiles(settings.out);
  const { writePlot } = await import("./plot.ts"); // Heavy, and only wanted here.
  await writePlot(files.plot, await readMetrics(files.metrics));
  await finishRun(settings.out, recordOf(run));
  return resultOf(settings, best);
}

const recordOf = ({ settings, state, train, best }: Run): RunRecord =>
  recordAt({ kind: "pickscore", settings, step: state.step, examples: train.length, best });

const resultOf = (settings: TrainSettings, best: RunRecord["best"]): TrainResult => ({
  folder: settings.out,
  steps: settings.steps,
  best,
  settings,
});
