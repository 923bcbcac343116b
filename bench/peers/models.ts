/** @file Makes models of real sizes with random weights, once, in a cache folder. transformers can load them as well. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mulberry32 } from "../../packages/chance/src/index.ts";
import {
  type ClipConfig,
  clipProcessor,
  initializeParameters,
  learnTokenizer,
  parseClipConfig,
  saveCheckpoint,
} from "../../packages/clip/src/index.ts";
import { entryOf } from "../../packages/errors/src/index.ts";
import { sampleCaption } from "../../packages/toyworld/src/index.ts";

/** The cache folder for models of up to 4 GB, and for pictures. */
export const CACHE = process.env.PICKAPIC_BENCH_CACHE ?? join(tmpdir(), "pickapic-bench");

const SEED = 20231105;
/** The number of captions that the tokenizer learns from, and of tokens that it learns. These are fewer than CLIP's, but the embedding table has CLIP's size. */
const CAPTIONS = 4000;
const TOKENS = 2000;
const VOCABULARY = 49408;

export type ModelName = keyof typeof SIZES;

/** Sizes of the published checkpoints: openai/clip-vit-base-patch32 and laion/CLIP-ViT-H-14-laion2B-s32B-b79K. */
const SIZES = {
  "vit-b-32": {
    projection_dim: 512,
    text_config: tower(512, 2048, 12, 8, "quick_gelu"),
    vision_config: { ...tower(768, 3072, 12, 12, "quick_gelu"), image_size: 224, patch_size: 32 },
  },
  "vit-h-14": {
    projection_dim: 1024,
    text_config: tower(1024, 4096, 24, 16, "gelu"),
    vision_config: { ...tower(1280, 5120, 32, 16, "gelu"), image_size: 224, patch_size: 14 },
  },
};

function tower(width: number, inner: number, layers: number, heads: number, act: string) {
  return {
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: act,
  };
}

/** The folder of a model in Hugging Face layout. The model is made when it is missing. */
export async function modelOf(name: ModelName, say: (what: string) => void): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(join(folder, "config.json"))) return folder;
  say(`making ${name} with random weights in ${folder}`);
  const random = mulberry32(SEED);
  const tokenizerFiles = learnTokenizer(
    Array.from({ length: CAPTIONS }, () => sampleCaption(random)),
    TOKENS,
  );
  const config = configOf(name, Object.keys(JSON.parse(entryOf(tokenizerFiles, "vocab.json")) as object).length);
  const beside = `${folder}.part`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  const parameters = initializeParameters(config, random);
  await saveCheckpoint(beside, { config, parameters, tokenizerFiles, processor: clipProcessor(config.vision.imageSize) });
  await rename(beside, folder);
  return folder;
}

/** The config of a model. The last two learned tokens mark the beginning and the end of a text. */
function configOf(name: ModelName, tokens: number): ClipConfig {
  const special = { bos_token_id: tokens - 2, eos_token_id: tokens - 1, pad_token_id: tokens - 1 };
  const { projection_dim, text_config, vision_config } = SIZES[name];
  const text = { ...text_config, ...special, vocab_size: VOCABULARY, max_position_embeddings: 77 };
  return parseClipConfig({ model_type: "clip", projection_dim, text_config: text, vision_config });
}
