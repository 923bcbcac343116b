/** @file Makes clip-toy: a small CLIP trained from scratch on captioned images of the toy world. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { mulberry32, type Random } from "@pickapic/chance";
import {
  type ClipConfig,
  clipProcessor,
  initializeParameters,
  learnTokenizer,
  openCheckpoint,
  openTokenizer,
  type Parameters,
  type Processor,
  parameterShapes,
  parseClipConfig,
  type TokenizerFiles,
} from "@pickapic/clip";
import { makeFolder, writeWholeFile } from "@pickapic/disk";
import { entryOf, itemAt } from "@pickapic/errors";
import {
  type CaptionedImage,
  type CaptionedPixels,
  type ContrastiveEffects,
  type ContrastiveResult,
  type ContrastiveSettings,
  collectImages,
  hasRun,
  type LoopEffects,
  modelFolder,
  modelOf,
  openRunFolder,
  type RunFolder,
  resolveContrastive,
  type TrainModel,
  trainContrastive,
} from "@pickapic/pickscore";
import { z } from "zod";
import { writeLossCurves } from "../trained/lossCurves.ts";
import { patchFilters } from "./patchFilters.ts";

/** Side of the images, px. */
export const CLIP_TOY_SIDE = 96;
const VOCABULARY = 2048;
const POSITIONS = 32;
/** Sizes of the two towers, named as in `config.json`. */
const TEXT = { hidden_size: 128, intermediate_size: 512, num_hidden_layers: 3, num_attention_heads: 4 };
const VISION = { hidden_size: 128, intermediate_size: 512, num_hidden_layers: 4, num_attention_heads: 4, patch_size: 12 };
const PROJECTION = 128;

/**
 * What clip-toy learns from, and how. Contrastive settings that are not given have their defaults; `resume` continues the run
 * in `out`.
 */
export interface PretrainOptions extends Partial<LoopEffects>, Partial<Omit<ContrastiveSettings, "out">> {
  /** The run folder, which becomes the checkpoint. */
  out: string;
  /** Images with captions; read to the end once, before training. */
  pairs: AsyncIterable<CaptionedImage>;
  /** Number of images in `pairs`, for the progress only. */
  expected?: number;
  resume?: boolean;
  /** A clip-toy to continue from, with its tokenizer. Default: start from scratch. */
  init?: string;
  /** Stages, one after the other. Default: one stage with all captions. */
  stages?: readonly PretrainStage[];
}

/**
 * A stage of training with its own captions. Each stage is a run with warm-up and decay, because a new kind of caption at the
 * full learning rate ruins the model.
 */
export interface PretrainStage {
  /** Also the name of its folder inside the run folder; the last stage uses the run folder itself. */
  name: string;
  /** Number of captions per image, after those of the earlier stages. */
  captions: number;
  /** Share of the steps, 0...1. */
  share: number;
}

const ONE_STAGE: readonly PretrainStage[] = [{ name: "everything", captions: Number.POSITIVE_INFINITY, share: 1 }];

/**
 * Trains clip-toy: the tokenizer from the captions, the weights from scratch. With `resume` it continues a stopped training.
 * @throws {PickScoreError} codes PICKAPIC_TRAIN_*, PICKAPIC_RUN_*
 */
export async function pretrainClipToy(options: PretrainOptions): Promise<ContrastiveResult> {
  const { pairs, expected, init, stages = ONE_STAGE, signal, onProgress, ...rest } = options;
  const { resume, now, ...settings } = rest;
  // The run of the last stage is in the folder itself, and begins when those of the others are done.
  await using run = await openRunFolder(settings.out, resume ? (stages.length > 1 ? "either" : "a run") : "no run");
  const folder = join(settings.out, "pictures");
  await makeFolder(folder);
  const data = await collectImages(pairs, clipProcessor(CLIP_TOY_SIDE), folder, { expected, signal, onProgress });
  try {
    const from = init === undefined ? null : await openCheckpoint(modelFolder(init));
    const model = from ? modelOf(from) : clipToyModel(data);
    const start = from ? await from.readAll() : initialParameters(model, data, mulberry32(resolveContrastive(settings).seed));
    const effects = { signal, onProgress, ...(now && { now }) };
    const task = { stages, run, resume: resume ?? false, settings: resolveContrastive(settings), model, data };
    const result = await trainStages(task, start, effects);
    await writeCard(result, model, data, stages);
    await writeLossCurves(run.files);
    await rm(folder, { recursive: true });
    return result;
  } finally {
    data.close();
  }
}

/** What the stages of a training have in common. `run` is the folder of the last stage, and `resume` whether a stopped training goes on. */
interface StagedTraining {
  readonly stages: readonly PretrainStage[];
  readonly run: RunFolder;
  readonly resume: boolean;
  readonly settings: ContrastiveSettings;
  readonly model: TrainModel;
  readonly data: CaptionedPixels;
}

/** Trains the stages; the first one starts from `start`, each further one from the result of the one before. */
async function trainStages(task: StagedTraining, start: Parameters, effects: ContrastiveEffects): Promise<ContrastiveResult> {
  const { stages, run, resume, settings, model, data } = task;
  let parameters = start;
  let captions = 0;
  for (const [i, stage] of stages.entries()) {
    const from = captions;
    captions += stage.captions;
    const own = { ...data, captions: data.captions.map((all) => all.slice(from, captions)) };
    const steps = Math.max(1, Math.round(stage.share * settings.steps));
    const train = (folder: RunFolder) =>
      trainContrastive(folder, { ...settings, steps }, model, own, { ...effects, start: parameters });
    if (i === stages.length - 1) return { ...(await train(run)), settings };
    const out = join(run.folder, stage.name);
    await using folder = await openRunFolder(out, resume && (i === 0 || hasRun(out)) ? "a run" : "no run");
    await train(folder);
    parameters = await (await openCheckpoint(out)).readAll();
  }
  throw new Error("pretrain: expected at least one stage; got none");
}

/** Images to whose patches the initial filters are fitted. */
const FILTER_PICTURES = 100;

/** Initial parameters as in transformers, except that the patch filters see fine detail. */
function initialParameters({ config, processor }: TrainModel, data: CaptionedPixels, random: Random): Parameters {
  const { patchSize, hiddenSize } = config.vision;
  const parameters = initializeParameters(config, random);
  const filters = patchFilters(patchesOf(data, processor, patchSize), patchSize, hiddenSize, random);
  return parameters.set("vision_model.embeddings.patch_embedding.weight", filters);
}

/** All patches of the first images as the image tower sees them, [n, 3 × patch × patch]. */
function patchesOf(data: CaptionedPixels, { normalize }: Processor, patch: number): Float32Array {
  const side = CLIP_TOY_SIDE;
  const across = side / patch;
  if (!normalize) throw new Error("patchesOf: expected a processor that normalises pixels");
  const { mean, deviation } = normalize;
  const pictures = Math.min(FILTER_PICTURES, data.captions.length);
  const pixels = new Uint8Array(3 * side * side);
  const patches = new Float32Array(pictures * pixels.length);
  /** Where each value of the patches of one picture comes from: its channel, and its index in the pixels. */
  const origins = Array.from({ length: pixels.length }, (_, i) => {
    const [x, y, c, p] = [
      i % patch,
      Math.floor(i / patch) % patch,
      Math.floor(i / patch ** 2) % 3,
      Math.floor(i / (3 * patch ** 2)),
    ];
    const row = Math.floor(p / across) * patch + y;
    return { c, at: (c * side + row) * side + (p % across) * patch + x };
  });
  for (let i = 0; i < pictures; i++) {
    data.copy(String(i), pixels, 0);
    for (const [k, { c, at }] of origins.entries())
      patches[i * pixels.length + k] = (itemAt(pixels, at) / 255 - itemAt(mean, c)) / itemAt(deviation, c);
  }
  return patches;
}

function clipToyModel({ captions }: CaptionedPixels): TrainModel {
  const tokenizerFiles = learnTokenizer(captions.flat(), VOCABULARY, POSITIONS);
  return {
    config: clipToyConfig(tokenizerFiles),
    processor: clipProcessor(CLIP_TOY_SIDE),
    tokenizerFiles,
    tokenizer: openTokenizer(tokenizerFiles, POSITIONS),
  };
}

/** vocab.json of a tokenizer: token -> id. */
const VOCABULARY_FILE = z.record(z.string(), z.int());

/** At most 6 million parameters. */
function clipToyConfig(tokenizerFiles: TokenizerFiles): ClipConfig {
  const tokens = Object.keys(VOCABULARY_FILE.parse(JSON.parse(entryOf(tokenizerFiles, "vocab.json")))).length;
  const special = { bos_token_id: tokens - 2, eos_token_id: tokens - 1, pad_token_id: tokens - 1 };
  const shared = { hidden_act: "quick_gelu", layer_norm_eps: 1e-5 };
  return parseClipConfig({
    model_type: "clip",
    projection_dim: PROJECTION,
    pickapic_pictures: "toy world",
    text_config: {
      ...TEXT,
      ...shared,
      ...special,
      vocab_size: tokens,
      max_position_embeddings: POSITIONS,
      projection_dim: PROJECTION,
    },
    vision_config: { ...VISION, ...shared, image_size: CLIP_TOY_SIDE, projection_dim: PROJECTION },
  });
}

async function writeCard(
  { folder, retrieval, settings }: ContrastiveResult,
  { config }: TrainModel,
  { captions }: CaptionedPixels,
  stages: readonly PretrainStage[],
): Promise<void> {
  const parts = stages.map(({ name, share }) => `${name} (${(100 * share).toFixed(0)} %)`).join(", then ");
  const parameters = [...parameterShapes(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((n, axis) => n * axis, 1),
    0,
  );
  const card = `---
license: mit
pipeline_tag: zero-shot-image-classification
tags: [clip, simulated]
---
# clip-toy

A CLIP of ${(parameters / 1e6).toFixed(2)} million parameters (${config.vision.imageSize} px pictures, patches of ${config.vision.patchSize} px), trained from nothing on
${captions.length} simulated pictures of Pick-a-Pic's toy world with captions that describe them. It knows roughly which
objects, colours, numbers and backgrounds a toy picture shows, and the words for how it was made that captions often say (sharp,
grainy, glitchy, pale). It was never told what people prefer, and it knows nothing of real photographs.
It is the zero-shot baseline of \`pickapic reproduce\` and the start of pickscore-toy.

- Training: contrastive loss, ${settings.steps} steps of ${settings.batchPairs} pairs, AdamW, learning rate ${settings.learningRate}, seed ${settings.seed}. Made by \`pickapic toy pretrain\`.
- What the captions told: ${parts}.
- Retrieval on ${settings.heldOut} held-out pictures: the picture's own caption is the likeliest of ${retrieval.among} in ${(100 * retrieval.accuracy).toFixed(1)} % (chance: ${(100 / retrieval.among).toFixed(1)} %).
`;
  await writeWholeFile(join(folder, "README.md"), card);
}
