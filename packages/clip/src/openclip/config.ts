/**
 * @file Reads open_clip_config.json of a ViT CLIP as our config and processor. Settings that would make it another model are
 * refused by name.
 */

import { expectedOf, firstFault } from "@pickapic/errors";
import { z } from "zod";
import { ClipError } from "../errors.ts";
import type { ClipConfig, TowerConfig } from "../model/config.ts";
import { OPENAI_COLOURS, type Processor } from "../pixels/processor.ts";

/** Settings without effect here: they matter in training only, or do not concern the weights. */
const WITHOUT_EFFECT = [
  "patch_dropout",
  "output_tokens",
  "attn_pooler_queries",
  "attn_pooler_heads",
  "timm_model_pretrained",
  "timm_pool",
  "timm_proj",
  "timm_proj_bias",
  "timm_drop",
  "timm_drop_path",
  "hf_model_pretrained",
  "hf_proj_type",
  "hf_pooler_type",
  "eos_id",
  "pad_id",
];

/** A setting that may only have the value of a ViT CLIP. */
const only = (...values: readonly unknown[]) =>
  z
    .unknown()
    .refine((value) => value === undefined || value === null || values.includes(value), {
      error:
        values.length === 0 ? "not supported" : `only ${values.map((value) => JSON.stringify(value)).join(" or ")} is supported`,
    })
    .optional();
const anything = z.unknown().optional();
const count = (fallback: number) => z.int().positive().default(fallback);
const empty = z
  .unknown()
  .refine(
    (value) => value == null || (typeof value === "object" && Object.keys(value).length === 0),
    "only the defaults are supported",
  )
  .optional();
const square = z
  .union([
    z.int().positive(),
    z.tuple([z.int().positive(), z.int().positive()]).refine(([a, b]) => a === b, "only squares are supported"),
  ])
  .transform((value) => (typeof value === "number" ? value : value[0]));

const blocks = {
  mlp_ratio: z.number().positive().default(4),
  ls_init_value: only(),
  final_ln_after_pool: only(false),
  act_kwargs: empty,
  norm_kwargs: empty,
  block_type: only("default"),
  qk_norm: only(false),
  scaled_cosine_attn: only(false),
  scale_heads: only(false),
  scale_attn_inner: only(false),
  scale_attn: only(false),
  scale_fc: only(false),
  ...Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, anything])),
};

const visionSchema = z.strictObject({
  ...blocks,
  timm_model_name: only(),
  layers: z.int("expected the number of layers of a ViT (four numbers are a ResNet)").positive().default(12),
  width: count(768),
  head_width: count(64),
  patch_size: square.default(16),
  image_size: square.default(224),
  attentional_pool: only(false),
  no_ln_pre: only(false),
  pos_embed_type: only("learnable"),
  pool_type: only("tok"),
});

const textSchema = z.strictObject({
  ...blocks,
  hf_model_name: only(),
  hf_tokenizer_name: only(),
  tokenizer_mode: only(),
  tokenizer_kwargs: empty,
  context_length: count(77),
  vocab_size: count(49408),
  width: count(512),
  heads: count(8),
  layers: count(12),
  embed_cls: only(false),
  no_causal_mask: only(false),
  pool_type: only("argmax"),
  proj_bias: only(false),
  proj_type: only("linear"),
});

const triple = z.tuple([z.number(), z.number(), z.number()]);
const schema = z.object({
  model_cfg: z.strictObject({
    multimodal_cfg: only(),
    init_logit_bias: only(),
    embed_dim: z.int().positive(),
    quick_gelu: z.boolean().default(false),
    custom_text: z.boolean().nullish(),
    cast_dtype: anything,
    init_logit_scale: anything,
    nonscalar_logit_scale: only(false),
    output_dict: anything,
    vision_cfg: visionSchema,
    text_cfg: textSchema,
  }),
  preprocess_cfg: z
    .strictObject({
      size: anything,
      mode: only("RGB"),
      mean: triple.default([...OPENAI_COLOURS.mean]),
      std: triple.default([...OPENAI_COLOURS.deviation]),
      interpolation: only("bicubic", "random"),
      resize_mode: z.enum(["shortest", "squash"], "only shortest and squash are supported").nullish(),
      fill_color: anything,
    })
    .prefault({}),
});

/** What an open_clip_config.json says, in the terms of a Hugging Face checkpoint. */
export interface OpenClipConfig {
  readonly config: ClipConfig;
  readonly processor: Processor;
}

/**
 * Reads an open_clip_config.json.
 * @throws ClipError PICKAPIC_CLIP_CONFIG_UNSUPPORTED for CoCa, SigLIP, ResNet and every other model that is not a ViT CLIP; it names
 * the setting that is different
 */
export function parseOpenClip(json: unknown, source: string): OpenClipConfig {
  const parsed = schema.safeParse(json, { error: expectedOf });
  if (!parsed.success) {
    const { path, sentence } = firstFault(parsed.error.issues, json);
    throw new ClipError(
      "PICKAPIC_CLIP_CONFIG_UNSUPPORTED",
      source,
      "only open_clip's ViT CLIPs can be converted, not its CoCa, SigLIP, ResNet and others",
      path || "the file",
      sentence,
    );
  }
  const { model_cfg, preprocess_cfg } = parsed.data;
  const { vision_cfg: vision, text_cfg: text, embed_dim, quick_gelu } = model_cfg;
  const act = quick_gelu ? "quick_gelu" : "gelu";
  const tower = (cfg: { width: number; layers: number; mlp_ratio: number }, heads: number): TowerConfig => ({
    hiddenSize: cfg.width,
    intermediateSize: Math.trunc(cfg.width * cfg.mlp_ratio),
    layers: cfg.layers,
    heads,
    act,
    layerNormEps: 1e-5,
    initializerFactor: 1,
  });
  const config: ClipConfig = {
    // Convention 2: a text ends at its highest id, which is open_clip's argmax.
    text: {
      ...tower(text, text.heads),
      vocabSize: text.vocab_size,
      maxPositions: text.context_length,
      eosTokenId: 2,
      bosTokenId: null,
      padTokenId: null,
    },
    vision: {
      ...tower(vision, Math.floor(vision.width / vision.head_width)),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      initializerRange: 0.02,
    },
    projectionDim: embed_dim,
    logitScaleInit: 2.6592,
    initializerFactor: 1,
  };
  const size = { height: vision.image_size, width: vision.image_size };
  const squash = preprocess_cfg.resize_mode === "squash";
  const processor: Processor = {
    resize: squash ? size : { shortestEdge: vision.image_size },
    crop: size,
    rescale: 1 / 255,
    normalize: { mean: preprocess_cfg.mean, deviation: preprocess_cfg.std },
  };
  return { config, processor };
}
