/** @file The tensors of a CLIP: names and shapes as transformers saves them, and their initial values. */

import { gaussian, type Random } from "@pickapic/chance";
import { type ClipConfig, patchCount, type TowerConfig } from "./config.ts";

/** Lengths of the dimensions of a tensor, outermost first; [] for a scalar. */
export type Shape = readonly number[];

/** Weights by their Hugging Face name. */
export type Parameters = Map<string, Float32Array>;

/** Initial values of a tensor: normal with this standard deviation, or constant. */
type Start = { deviation: number } | { value: number };

interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly start: Start;
}

/** Names and shapes of every tensor of `config`, in the order in which transformers' CLIPModel lists them. */
export function parameterShapes(config: ClipConfig): Map<string, Shape> {
  return new Map(listParameters(config).map(({ name, shape }) => [name, shape]));
}

/**
 * Draws initial weights with the distributions of transformers' CLIPModel. `random` is called twice per pair of normal values.
 */
export function initializeParameters(config: ClipConfig, random: Random): Parameters {
  const normal = gaussian(random);
  return new Map(listParameters(config).map(({ name, shape, start }) => [name, filled(sizeOf(shape), start, normal)]));
}

/** Number of values in a tensor of this shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

function listParameters(config: ClipConfig): Parameter[] {
  const { text, vision, projectionDim, initializerFactor } = config;
  const head = (name: string, width: number): Parameter => ({
    name,
    shape: [projectionDim, width],
    start: { deviation: width ** -0.5 * initializerFactor },
  });
  return [
    { name: "logit_scale", shape: [], start: { value: config.logitScaleInit } },
    ...textParameters(config),
    ...visionParameters(config),
    head("visual_projection.weight", vision.hiddenSize),
    head("text_projection.weight", text.hiddenSize),
  ];
}

function textParameters({ text }: ClipConfig): Parameter[] {
  const deviation = 0.02 * text.initializerFactor;
  return [
    { name: "text_model.embeddings.token_embedding.weight", shape: [text.vocabSize, text.hiddenSize], start: { deviation } },
    {
      name: "text_model.embeddings.position_embedding.weight",
      shape: [text.maxPositions, text.hiddenSize],
      start: { deviation },
    },
    ...layers("text_model", text),
    ...norm("text_model.final_layer_norm", text.hiddenSize),
  ];
}

function visionParameters({ vision }: ClipConfig): Parameter[] {
  const { hiddenSize, patchSize, initializerFactor } = vision;
  const deviation = vision.initializerRange * initializerFactor;
  const embeddings = "vision_model.embeddings";
  return [
    { name: `${embeddings}.class_embedding`, shape: [hiddenSize], start: { deviation: hiddenSize ** -0.5 * initializerFactor } },
    { name: `${embeddings}.patch_embedding.weight`, shape: [hiddenSize, 3, patchSize, patchSize], start: { deviation } },
    { name: `${embeddings}.position_embedding.weight`, shape: [patchCount(vision) + 1, hiddenSize], start: { deviation } },
    // Every published checkpoint of CLIP has this misspelling.
    ...norm("vision_model.pre_layrnorm", hiddenSize),
    ...layers("vision_model", vision),
    ...norm("vision_model.post_layernorm", hiddenSize),
  ];
}

function layers(model: string, tower: TowerConfig): Parameter[] {
  return Array.from({ length: tower.layers }, (_, i) => layer(`${model}.encoder.layers.${i}`, tower)).flat();
}

function layer(prefix: string, { hiddenSize, intermediateSize, layers, initializerFactor }: TowerConfig): Parameter[] {
  const out = hiddenSize ** -0.5 * initializerFactor;
  const into = out * (2 * layers) ** -0.5;
  const expand = (2 * hiddenSize) ** -0.5 * initializerFactor;
  return [
    ...linear(`${prefix}.self_attn.k_proj`, hiddenSize, hiddenSize, into),
    ...linear(`${prefix}.self_attn.v_proj`, hiddenSize, hiddenSize, into),
    ...linear(`${prefix}.self_attn.q_proj`, hiddenSize, hiddenSize, into),
    ...linear(`${prefix}.self_attn.out_proj`, hiddenSize, hiddenSize, out),
    ...norm(`${prefix}.layer_norm1`, hiddenSize),
    ...linear(`${prefix}.mlp.fc1`, intermediateSize, hiddenSize, expand),
    ...linear(`${prefix}.mlp.fc2`, hiddenSize, intermediateSize, into),
    ...norm(`${prefix}.layer_norm2`, hiddenSize),
  ];
}

/** PyTorch stores a linear layer as [out, in]. */
function linear(prefix: string, out: number, into: number, deviation: number): Parameter[] {
  return [
    { name: `${prefix}.weight`, shape: [out, into], start: { deviation } },
    { name: `${prefix}.bias`, shape: [out], start: { value: 0 } },
  ];
}

function norm(prefix: string, width: number): Parameter[] {
  return [
    { name: `${prefix}.weight`, shape: [width], start: { value: 1 } },
    { name: `${prefix}.bias`, shape: [width], start: { value: 0 } },
  ];
}

function filled(size: number, start: Start, normal: () => number): Float32Array {
  const data = new Float32Array(size);
  if ("value" in start) return data.fill(start.value);
  for (let i = 0; i < size; i++) data[i] = start.deviation * normal();
  return data;
}
