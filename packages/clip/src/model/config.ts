/** @file A CLIP's config.json, read as Python's transformers reads it: sparse configs get the defaults of CLIPConfig. */

import { expectedOf, firstFault } from "@pickapic/errors";
import { z } from "zod";
import { ClipError } from "../errors.ts";
import { LARGEST_SIDE } from "../pixels/processor.ts";

/** `gelu` is x Phi(x) by the error function; `quick_gelu` is x sigmoid(1.702 x), as OpenAI trained. */
export type Activation = "gelu" | "quick_gelu";

/** Settings of both towers. */
export interface TowerConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly act: Activation;
  readonly layerNormEps: number;
  readonly initializerFactor: number;
}

/** Settings of the text tower: the size of its vocabulary, the tokens of a row, and the ids of its special tokens. */
export interface TextConfig extends TowerConfig {
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** 2 is a convention, not an id: see `eosPositions`. */
  readonly eosTokenId: number;
  readonly bosTokenId: number | null;
  readonly padTokenId: number | null;
}

/** Settings of the vision tower: the size of its picture and patches, px, and the standard deviation of its initial weights. */
export interface VisionConfig extends TowerConfig {
  /** Side of the square picture, px. */
  readonly imageSize: number;
  /** Side of a square patch, px; divides the picture. */
  readonly patchSize: number;
  readonly initializerRange: number;
}

/** Settings of a CLIP. `projectionDim` is the length of an embedding, `logitScaleInit` the natural logarithm of the initial T. */
export interface ClipConfig {
  readonly text: TextConfig;
  readonly vision: VisionConfig;
  readonly projectionDim: number;
  readonly logitScaleInit: number;
  readonly initializerFactor: number;
  /** "toy world" when the model was trained on simulated pictures only; absent otherwise. Training and conversion preserve it. */
  readonly pictures?: "toy world";
}

/** Far above any CLIP, so that a damaged file cannot cause endless work. */
const MOST_LAYERS = 1000;
const MOST_POSITIONS = 8192;

const count = (fallback: number, most = 2 ** 31 - 1) =>
  z
    .int()
    .positive()
    .max(most)
    .nullish()
    .transform((v) => v ?? fallback);
const real = (fallback: number) =>
  z
    .number()
    .nullish()
    .transform((v) => v ?? fallback);
const tokenId = (fallback: number) => z.int().nonnegative().nullable().default(fallback);
const pixels = z.int().positive().max(LARGEST_SIDE);
const side = (fallback: number) =>
  z
    .union([pixels, z.tuple([pixels, pixels])])
    .nullish()
    .refine((v) => !Array.isArray(v) || v[0] === v[1], "only square sizes are supported")
    .transform((v) => (Array.isArray(v) ? v[0] : (v ?? fallback)));

const tower = {
  hidden_act: z.enum(["gelu", "quick_gelu"]).default("quick_gelu"),
  layer_norm_eps: real(1e-5),
  num_hidden_layers: count(12, MOST_LAYERS),
  initializer_factor: real(1),
};

/** Defaults of transformers' CLIPTextConfig. */
const textSchema = z.object({
  ...tower,
  hidden_size: count(512),
  intermediate_size: count(2048),
  num_attention_heads: count(8),
  vocab_size: count(49408),
  max_position_embeddings: count(77, MOST_POSITIONS),
  eos_token_id: z.int().nonnegative().default(49407),
  bos_token_id: tokenId(49406),
  pad_token_id: tokenId(1),
});

/** Defaults of transformers' CLIPVisionConfig. */
const visionSchema = z.object({
  ...tower,
  hidden_size: count(768),
  intermediate_size: count(3072),
  num_attention_heads: count(12),
  num_channels: z.literal(3).default(3),
  image_size: side(224),
  patch_size: side(32),
  initializer_range: real(0.02),
});

const section = z.record(z.string(), z.unknown()).nullish();

const schema = z.object({
  model_type: z.literal("clip").optional(),
  text_config: section,
  vision_config: section,
  text_config_dict: section,
  vision_config_dict: section,
  projection_dim: count(512),
  logit_scale_init_value: real(2.6592),
  initializer_factor: real(1),
  pickapic_pictures: z.literal("toy world").optional().catch(undefined),
});

/**
 * Reads a config.json of a CLIPModel.
 * @param json the parsed file; unknown keys are ignored, missing ones get transformers' defaults.
 * @param source what to call it in an error, for example its path.
 * @throws ClipError PICKAPIC_CLIP_CONFIG_UNSUPPORTED for any other kind of model.
 */
export function parseClipConfig(json: unknown, source = "config.json"): ClipConfig {
  checkTowers(json, source);
  const top = checked(schema, json, source);
  if (!isClip(json)) unsupported(source, "model_type", 'expected "clip", or a text_config and a vision_config; got neither');
  // A *_config_dict replaces the section of the same name, including its defaults (an old rule of transformers).
  const text = checked(textSchema, top.text_config_dict ?? top.text_config ?? {}, source, "text_config");
  const vision = checked(visionSchema, top.vision_config_dict ?? top.vision_config ?? {}, source, "vision_config");
  const config: ClipConfig = {
    text: {
      ...towerOf(text),
      vocabSize: text.vocab_size,
      maxPositions: text.max_position_embeddings,
      eosTokenId: text.eos_token_id,
      bosTokenId: text.bos_token_id,
      padTokenId: text.pad_token_id,
    },
    vision: {
      ...towerOf(vision),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      initializerRange: vision.initializer_range,
    },
    projectionDim: top.projection_dim,
    logitScaleInit: top.logit_scale_init_value,
    initializerFactor: top.initializer_factor,
    ...(top.pickapic_pictures && { pictures: top.pickapic_pictures }),
  };
  checkDivisions(config, source);
  return config;
}

/** Returns the config.json from which transformers' CLIPModel.from_pretrained reads the same model. */
export function clipConfigJson(config: ClipConfig): Record<string, unknown> {
  const { text, vision } = config;
  return {
    architectures: ["CLIPModel"],
    dtype: "float32",
    model_type: "clip",
    projection_dim: config.projectionDim,
    logit_scale_init_value: config.logitScaleInit,
    initializer_factor: config.initializerFactor,
    ...(config.pictures && { pickapic_pictures: config.pictures }),
    text_config: {
      model_type: "clip_text_model",
      ...towerJson(text),
      vocab_size: text.vocabSize,
      max_position_embeddings: text.maxPositions,
      eos_token_id: text.eosTokenId,
      bos_token_id: text.bosTokenId,
      pad_token_id: text.padTokenId,
      projection_dim: config.projectionDim,
    },
    vision_config: {
      model_type: "clip_vision_model",
      ...towerJson(vision),
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      num_channels: 3,
      initializer_range: vision.initializerRange,
      projection_dim: config.projectionDim,
    },
  };
}

/** Patches of a picture: (imageSize / patchSize)^2. */
export function patchCount(vision: VisionConfig): number {
  return (vision.imageSize / vision.patchSize) ** 2;
}

function towerOf(json: z.output<typeof textSchema> | z.output<typeof visionSchema>): TowerConfig {
  return {
    hiddenSize: json.hidden_size,
    intermediateSize: json.intermediate_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    act: json.hidden_act,
    layerNormEps: json.layer_norm_eps,
    initializerFactor: json.initializer_factor,
  };
}

function towerJson(tower: TowerConfig): Record<string, unknown> {
  return {
    hidden_size: tower.hiddenSize,
    intermediate_size: tower.intermediateSize,
    num_hidden_layers: tower.layers,
    num_attention_heads: tower.heads,
    hidden_act: tower.act,
    layer_norm_eps: tower.layerNormEps,
    initializer_factor: tower.initializerFactor,
    attention_dropout: 0,
  };
}

const alone = z.object({ model_type: z.enum(["clip_text_model", "clip_vision_model"]) });

/** Refuses a tower that was saved alone, which has another kind of config. */
function checkTowers(json: unknown, source: string): void {
  const { data } = alone.safeParse(json);
  if (!data) return;
  const tower = data.model_type === "clip_text_model" ? "text" : "image";
  unsupported(source, "model_type", `it is the ${tower} tower of a CLIP alone, and scoring needs both: take the whole CLIPModel`);
}

function isClip(json: unknown): boolean {
  const keys = typeof json === "object" && json !== null ? Object.keys(json) : [];
  return (
    keys.includes("model_type") ||
    keys.some((k) => k.startsWith("text_config")) ||
    keys.some((k) => k.startsWith("vision_config"))
  );
}

function checkDivisions({ text, vision }: ClipConfig, source: string): void {
  for (const [name, tower] of [["text_config", text] as const, ["vision_config", vision] as const]) {
    if (tower.hiddenSize % tower.heads !== 0)
      unsupported(
        source,
        `${name}.hidden_size`,
        `expected a multiple of its ${tower.heads} attention heads; got ${tower.hiddenSize}`,
      );
  }
  if (vision.imageSize % vision.patchSize !== 0)
    unsupported(
      source,
      "vision_config.image_size",
      `expected a multiple of patch_size ${vision.patchSize}; got ${vision.imageSize}`,
    );
}

function checked<T extends z.ZodType>(type: T, json: unknown, source: string, path = ""): z.output<T> {
  const parsed = type.safeParse(json, { error: expectedOf });
  if (parsed.success) return parsed.data;
  const fault = firstFault(parsed.error.issues, json);
  const where = [path, fault.path].filter((name) => name !== "").join(".");
  return unsupported(source, where || "the file", fault.sentence);
}

function unsupported(source: string, where: string, what: string): never {
  throw new ClipError(
    "PICKAPIC_CLIP_CONFIG_UNSUPPORTED",
    source,
    "this is not a CLIP model that Pick-a-Pic can run",
    where,
    what,
  );
}
