/** @file Makes clip-toy: a small CLIP trained from nothing on captioned pictures of the toy world. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
import { type CaptionedImage, type CaptionedPixels, collectImages } from "./captionedImages.ts";
import { type ContrastiveResult, trainContrastive } from "./contrastive.ts";
import { CONTRASTIVE_SETTINGS, type ContrastiveSettings } from "./contrastiveSettings.ts";
import type { LoopEffects } from "./loop.ts";
import { modelOf, type TrainModel } from "./model.ts";
import { modelFolder } from "./models.ts";
import { patchFilters } from "./patchFilters.ts";
import { type Random, seededRandom } from "./random.ts";

/** Side of the pictures in pixels. */
export const CLIP_TOY_SIDE = 96;
const VOCABULARY = 2048;
const POSITIONS = 32;
/** The two towers: width, layers, heads, as in `config.json`. */
const TEXT = { hidden_size: 128, intermediate_size: 512, num_hidden_layers: 3, num_attention_heads: 4 };
const VISION = { hidden_size: 128, intermediate_size: 512, num_hidden_layers: 4, num_attention_heads: 4, patch_size: 12 };
const PROJECTION = 128;

export interface PretrainOptions extends Partial<LoopEffects>, Partial<Omit<ContrastiveSettings, "out">> {
  /** The run folder, which becomes the checkpoint. */
  out: string;
  /** Pictures with captions; read to the end once, before training. */
  pairs: AsyncIterable<CaptionedImage>;
  /** How many pictures `pairs` has, for the progress only. */
  expected?: number;
  resume?: boolean;
  /** A clip-toy to train on, with its tokenizer; by default everything is new. */
  init?: string;
}

/**
 * Trains clip-toy: tokenizer from the captions, weights from nothing. Stopped, it goes on with `resume`.
 * @throws {PickScoreError} codes PICKAPIC_SETTING_*, _RUN_*, _TRAIN_*
 */
export async function pretrainClipToy(options: PretrainOptions): Promise<ContrastiveResult> {
  const { pairs, expected, resume, init, signal, onProgress, now, ...settings } = options;
  const folder = join(settings.out, "pictures");
  await mkdir(folder, { recursive: true });
  const data = await collectImages(pairs, clipProcessor(CLIP_TOY_SIDE), folder, { expected, signal, onProgress });
  try {
    const from = init === undefined ? null : await openCheckpoint(modelFolder(init));
    const model = from ? modelOf(from) : clipToyModel(data);
    const start = from
      ? await from.readAll()
      : firstParameters(model, data, seededRandom(settings.seed ?? CONTRASTIVE_SETTINGS.seed.default));
    const result = await trainContrastive(settings, model, data, { resume, start, signal, onProgress, ...(now && { now }) });
    await writeCard(result, model, data);
    await rm(folder, { recursive: true });
    return result;
  } finally {
    data.close();
  }
}

/** Pictures whose patches the first filters are fitted to. */
const FILTER_PICTURES = 100;

/** As transformers draws them, but patch filters that see fine detail. */
function firstParameters({ config, processor }: TrainModel, data: CaptionedPixels, random: Random): Parameters {
  const { patchSize, hiddenSize } = config.vision;
  const parameters = initializeParameters(config, random);
  const filters = patchFilters(patchesOf(data, processor, patchSize), patchSize, hiddenSize, random);
  return parameters.set("vision_model.embeddings.patch_embedding.weight", filters);
}

/** [n, 3 × patch × patch]: all patches of the first pictures, as the image tower sees them. */
function patchesOf(data: CaptionedPixels, { normalize }: Processor, patch: number): Float32Array {
  const side = CLIP_TOY_SIDE;
  const across = side / patch;
  const { mean, deviation } = normalize!;
  const pictures = Math.min(FILTER_PICTURES, data.captions.length);
  const pixels = new Uint8Array(3 * side * side);
  const patches = new Float32Array(pictures * pixels.length);
  let at = 0;
  for (let i = 0; i < pictures; i++) {
    data.copy(String(i), pixels, 0);
    for (let p = 0; p < across ** 2; p++)
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < patch; y++)
          for (let x = 0; x < patch; x++) {
            const row = Math.floor(p / across) * patch + y;
            const value = pixels[(c * side + row) * side + (p % across) * patch + x]! / 255;
            patches[at++] = (value - mean[c]!) / deviation[c]!;
          }
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

/** At most 6 million parameters. */
function clipToyConfig(tokenizerFiles: TokenizerFiles): ClipConfig {
  const tokens = Object.keys(JSON.parse(tokenizerFiles.get("vocab.json")!) as object).length;
  const special = { bos_token_id: tokens - 2, eos_token_id: tokens - 1, pad_token_id: tokens - 1 };
  const shared = { hidden_act: "quick_gelu", layer_norm_eps: 1e-5 };
  return parseClipConfig({
    model_type: "clip",
    projection_dim: PROJECTION,
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
): Promise<void> {
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
- Retrieval on ${settings.heldOut} held-out pictures: the picture's own caption is the likeliest of ${retrieval.among} in ${(100 * retrieval.accuracy).toFixed(1)} % (chance: ${(100 / retrieval.among).toFixed(1)} %).
`;
  await writeFile(join(folder, "README.md.part"), card);
  await rename(join(folder, "README.md.part"), join(folder, "README.md"));
}
