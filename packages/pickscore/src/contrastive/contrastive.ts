/** @file Trains a CLIP from random weights on captioned pictures (Radford 2021). PickScore then starts from this model. */
import { mulberry32 } from "@pickapic/chance";
import { initializeParameters, parameterShapes } from "@pickapic/clip";
import { planEpoch } from "@pickapic/dataset";
import { entryOf, itemAt } from "@pickapic/errors";
import { Graph } from "@pickapic/graph";
import { fillArena } from "../adamw/arena.ts";
import { rememberOrders, stepPairs } from "../data/plan.ts";
import { createTokenCache, type TokenCache } from "../data/tokens.ts";
import { PickScoreError } from "../errors.ts";
import { createEmbedder, type Embedder } from "../model/embedder.ts";
import { contrastiveLoss } from "../model/lossGraph.ts";
import type { TrainModel } from "../model/model.ts";
import { pixelRows } from "../model/pairFeed.ts";
import { embedImagesIn, embedTextsIn } from "../model/towers.ts";
import { type Training, trainAll } from "../model/training.ts";
import { type RunRecord, recordAt } from "../run/record.ts";
import type { RunFolder } from "../run/runFolder.ts";
import { createState, parameterInputs } from "../steps/state.ts";
import { type Feed, openStepper, type Stepper } from "../steps/stepper.ts";
import { type Loop, type LoopEffects, runLoop } from "../train/loop.ts";
import { learningRateAt } from "../train/schedule.ts";
import type { CaptionedPixels } from "./captionedImages.ts";
import { type ContrastiveSettings, resolveContrastive } from "./contrastiveSettings.ts";
import { retrievalAccuracy } from "./retrieval.ts";

/** What contrastive training takes from outside: a clock, an abort signal, a listener to its progress, and the weights to start from. */
export interface ContrastiveEffects extends Partial<LoopEffects> {
  /** The parameters to start from; random ones by default. */
  start?: ReadonlyMap<string, Float32Array>;
}

/** The outcome of a finished contrastive training. */
export interface ContrastiveResult {
  /** The run folder: a checkpoint in Hugging Face layout. */
  folder: string;
  /** Share 0...1 of held-out pictures whose own caption scores higher than those of the other pictures in a group of `among`. */
  retrieval: { accuracy: number; among: number };
  settings: ContrastiveSettings;
}

interface ActiveContrastive {
  folder: RunFolder;
  settings: ContrastiveSettings;
  model: TrainModel;
  data: CaptionedPixels;
  training: Training;
  stepper: Stepper;
  tokens: TokenCache;
  embedder: Embedder;
  retrieval: number;
}

/** log T is clipped to this value, so that T is at most 100, as in Radford 2021. */
const HIGHEST_LOGIT_SCALE = Math.log(100);
/** Held-out pictures compete in groups of this many. */
const AMONG = 100;

/**
 * Trains all parameters of `model` from a random start with the symmetric contrastive loss; T is learned, at most 100.
 * @param folder the run folder, with a run to resume or none; the caller closes it
 * @param data captioned pictures; the last `settings.heldOut` of them are not trained on but measure retrieval
 * @throws {PickScoreError} codes PICKAPIC_TRAIN_*, PICKAPIC_RUN_*
 */
export async function trainContrastive(
  folder: RunFolder,
  given: Readonly<Partial<ContrastiveSettings>>,
  model: TrainModel,
  data: CaptionedPixels,
  effects: ContrastiveEffects,
): Promise<ContrastiveResult> {
  const settings = resolveContrastive({ ...given, out: folder.folder });
  const { found } = folder;
  await folder.assertSame({ ...settings });
  if (found?.finished) return resultOf(settings, found.best?.accuracy ?? 0);
  const start = effects.start ?? initializeParameters(model.config, mulberry32(settings.seed));
  await using opened = new AsyncDisposableStack();
  const run = await openRun(folder, settings, model, data, start, opened);
  await runLoop(loopOf(run), { now: () => performance.now(), ...effects });
  return await finish(run); // Awaited here, because the sessions are closed when this function is left.
}

/** Opens stepper and embedder of a run. Disposing of `opened` closes both. */
async function openRun(
  folder: RunFolder,
  settings: ContrastiveSettings,
  model: TrainModel,
  data: CaptionedPixels,
  start: ReadonlyMap<string, Float32Array>,
  opened: AsyncDisposableStack,
): Promise<ActiveContrastive> {
  const { heldOut, batchPairs, threads } = settings;
  const most = data.captions.length - batchPairs;
  if (heldOut > most) throw new PickScoreError("PICKAPIC_TRAIN_FEW_PICTURES", batchPairs, data.captions.length, heldOut);
  await folder.begin();
  const state = createState(parameterShapes(model.config));
  const training = trainAll(model, state);
  if (folder.found) await folder.loadState(state);
  else fillArena(state.parameters, start);
  const tokens = createTokenCache(model.tokenizer, model.config);
  const embedder = createEmbedder(training, tokens, data, { threads });
  opened.defer(() => embedder.close());
  const stepper = await openStepper(state, parameterShapes(model.config), settings);
  opened.defer(() => stepper.close());
  return { folder, settings, model, data, training, stepper, tokens, embedder, retrieval: 0 };
}

function loopOf(run: ActiveContrastive): Loop {
  const { settings, training, stepper, folder } = run;
  const { state } = training;
  const logitScale = entryOf(state.parameters.views, "logit_scale");
  return {
    state,
    stepper,
    steps: settings.steps,
    examplesPerStep: { count: settings.batchPairs, unit: "images" },
    learningRateAt: (step) => learningRateAt(step, settings),
    feeds: feedsOf(run),
    onMetrics: folder.appendMetrics,
    saveEvery: settings.saveEvery,
    save: () => folder.saveState(recordOf(run), training),
    afterStep: async () => {
      logitScale[0] = Math.min(itemAt(logitScale, 0), HIGHEST_LOGIT_SCALE);
      if (state.step % settings.validateEvery === 0 || state.step === settings.steps) await validate(run);
    },
  };
}

function feedsOf(run: ActiveContrastive): Loop["feeds"] {
  const { settings, data } = run;
  const count = data.captions.length - settings.heldOut;
  const orderOf = rememberOrders((epoch) => planEpoch(count, settings.seed + epoch * 2 ** 32, count).flat());
  return (step) => [batchFeed(run, stepPairs(step, settings.batchPairs, count, orderOf), step)];
}

/** The feed of a batch. Every picture has its caption number `step`, so that only captions of one kind compete when captions are in the order of their kinds. */
function batchFeed({ model, data, tokens }: ActiveContrastive, indices: readonly number[], step: number): Feed {
  const n = indices.length;
  const captions = indices.map((i) => {
    const own = itemAt(data.captions, i);
    return itemAt(own, step % own.length);
  });
  const { ids, eos, columns } = tokens.batch(captions, n);
  const pixels = pixelRows(model, indices.map(String), n, data);
  return {
    key: `${n} of ${columns}`,
    graph: () => contrastiveGraph(model, n, columns),
    inputs: { ids, eos, pixels, targets: shares(captions) },
  };
}

function contrastiveGraph(model: TrainModel, n: number, columns: number) {
  const graph = new Graph("contrastive");
  const p = parameterInputs(graph, parameterShapes(model.config));
  const texts = embedTextsIn(graph, model, n, columns, p);
  const images = embedImagesIn(graph, model, n, p);
  const targets = graph.input("targets", "float32", [n, n]);
  return { graph, loss: contrastiveLoss(graph, texts, images, p("logit_scale"), targets) };
}

/** Targets of the contrastive loss, [n, n]: 1 on the diagonal, or equal shares for the pictures of the batch that have the same caption. */
export function shares(captions: readonly string[]): Float32Array {
  const n = captions.length;
  const targets = new Float32Array(n * n);
  for (const [row, caption] of captions.entries()) {
    const same = captions.flatMap((other, column) => (other === caption ? [column] : []));
    for (const column of same) targets[row * n + column] = 1 / same.length;
  }
  return targets;
}

async function validate(run: ActiveContrastive): Promise<void> {
  const { settings, training, data, embedder, folder } = run;
  const start = data.captions.length - settings.heldOut;
  run.retrieval = await retrievalAccuracy(data.captions.slice(start), start, AMONG, embedder);
  const { step } = training.state;
  await folder.appendMetrics({ step, validationAccuracy: run.retrieval, validationPairs: settings.heldOut });
}

async function finish(run: ActiveContrastive): Promise<ContrastiveResult> {
  const { settings, training, folder } = run;
  await folder.saveModel(training);
  await folder.finish(recordOf(run));
  return resultOf(settings, run.retrieval);
}

function recordOf({ settings, training: { state }, data, retrieval }: ActiveContrastive): RunRecord {
  const best = { step: state.step, accuracy: retrieval };
  return recordAt({ kind: "contrastive", settings, step: state.step, examples: data.captions.length - settings.heldOut, best });
}

const resultOf = (settings: ContrastiveSettings, accuracy: number): ContrastiveResult => ({
  folder: settings.out,
  retrieval: { accuracy, among: Math.min(AMONG, settings.heldOut) },
  settings,
});
