/** @file Which tensors of a CLIP are trained: all, the last layers, the head, or low-rank additions to frozen matrices (LoRA, Hu et al. 2021). */

import { mulberry32, type Random } from "@pickapic/chance";
import { type ClipConfig, parameterShapes } from "@pickapic/clip";
import { entryOf, itemAt } from "@pickapic/errors";
import type { Graph, Node, Value } from "@pickapic/graph";
import type { Shape } from "../adamw/arena.ts";
import { PickScoreError } from "../errors.ts";
import type { TrainedPart } from "../settings/trainedPart.ts";
import type { Shapes } from "../steps/state.ts";

const HEAD = ["logit_scale", "visual_projection.weight", "text_projection.weight"];
const IMAGE_HEAD = ["logit_scale", "visual_projection.weight"];
const FINAL_NORM = /^(vision_model\.post_layernorm|text_model\.final_layer_norm)\./;
const LAYER = /^(text|vision)_model\.encoder\.layers\.(\d+)\./;
/** Names of the matrices that get low-rank additions: those of all linear layers, the two projections included. */
const LINEAR = /(_proj|\.out_proj|\.fc1|\.fc2|_projection)\.weight$/;

/** Tower and layer number of a tensor such as "text_model.encoder.layers.11.mlp.fc1.weight"; null for a tensor outside the layers. */
function layerOf(name: string): { tower: "text" | "vision"; layer: number } | null {
  const match = LAYER.exec(name);
  return match && { tower: match[1] === "text" ? "text" : "vision", layer: Number(match[2]) };
}

const isHead = ({ kind }: TrainedPart): boolean => kind === "head" || kind === "image-head";

/** The first trained layer of a tower; the number of layers when no layer is trained. */
export function firstTrained(trainedPart: TrainedPart, config: ClipConfig, tower: "text" | "vision"): number {
  const { layers } = config[tower];
  if (isHead(trainedPart)) return layers;
  return trainedPart.kind === "last" ? Math.max(0, layers - trainedPart.layers) : 0;
}

/** Names of the two factors of the low-rank addition to a matrix. */
export const loraNames = (weight: string) => ({ a: `${weight}.lora_a`, b: `${weight}.lora_b` });
/** Whether a tensor is a matrix that gets a low-rank addition. */
export const isAdapted = (name: string, shape: Shape): boolean => shape.length === 2 && LINEAR.test(name);

/** Names and shapes of the tensors that the optimizer changes. For lora these are a [rank, in] and b [out, rank] of each linear layer, and log T. */
export function trainedShapes(trainedPart: TrainedPart, config: ClipConfig): Shapes {
  const all = parameterShapes(config);
  if (trainedPart.kind === "lora") return loraShapes(all, trainedPart.rank);
  return new Map([...all].filter(([name]) => isTrained(name, trainedPart, config)));
}

/** @throws {PickScoreError} PICKAPIC_TRAIN_SETTING_INVALID when the rank of lora is above the smaller side of one of the adapted matrices */
export function checkTrainedPart(trainedPart: TrainedPart, config: ClipConfig): void {
  if (trainedPart.kind !== "lora") return;
  const adapted = [...parameterShapes(config)].filter(([name, shape]) => isAdapted(name, shape));
  const [name, shape] = adapted.reduce((least, each) => (rankOf(each[1]) < rankOf(least[1]) ? each : least));
  if (trainedPart.rank <= rankOf(shape)) return;
  throw new PickScoreError(
    "PICKAPIC_TRAIN_SETTING_INVALID",
    "train",
    `auto, all, head, image-head, last:K or, for this model, lora:R with R from 1 to ${rankOf(shape)}, the highest rank of ${name} [${shape.join(", ")}]`,
    `"lora:${trainedPart.rank}"`,
  );
}

const rankOf = (shape: Shape): number => Math.min(...shape);

function isTrained(name: string, trainedPart: TrainedPart, config: ClipConfig): boolean {
  if (trainedPart.kind === "image-head") return IMAGE_HEAD.includes(name);
  if (trainedPart.kind === "all" || HEAD.includes(name)) return true;
  const found = layerOf(name);
  if (trainedPart.kind !== "last") return false;
  return found ? found.layer >= firstTrained(trainedPart, config, found.tower) : FINAL_NORM.test(name);
}

function loraShapes(all: Shapes, rank: number): Shapes {
  const factors = [...all].flatMap(([name, shape]) => {
    if (!isAdapted(name, shape)) return [];
    const [out, into] = [itemAt(shape, 0), itemAt(shape, 1)];
    const { a, b } = loraNames(name);
    return [[a, [rank, into]] as const, [b, [out, rank]] as const];
  });
  return new Map<string, Shape>([["logit_scale", []], ...factors]);
}

/**
 * Fills the factors of low-rank additions as the Python library peft does: b with 0, a uniformly in +-1/sqrt(in). So the first step sees the
 * starting model unchanged. The same seed gives the same numbers.
 */
export function startLora(views: ReadonlyMap<string, Float32Array>, shapes: Shapes, seed: number): void {
  const random: Random = mulberry32(seed);
  for (const [name, view] of views) {
    if (!name.endsWith(".lora_a")) continue;
    const bound = itemAt(entryOf(shapes, name), 1) ** -0.5;
    for (let i = 0; i < view.length; i++) view[i] = bound * (2 * random() - 1);
  }
}

/** Replaces x wT by x wT + (x aT) bT for every adapted w. Computed this way, neither w + b a nor its gradient takes memory. */
export function loraReplacement(shapes: Shapes): (g: Graph, node: Node, inputs: readonly Value[]) => Value | null {
  return (g, node, inputs) => {
    const [x, w, bias] = inputs;
    if (node.op !== "Gemm" || !x || !w || !shapes.has(loraNames(w.name).a)) return null;
    const { a, b } = loraNames(w.name);
    const inputOf = (name: string) =>
      g.inputs.find((each) => each.name === name) ?? g.input(name, "float32", entryOf(shapes, name), "parameter");
    const low = g.gemm(x, inputOf(a), undefined, { transB: 1 });
    return g.add(g.gemm(x, w, bias, node.attributes), g.gemm(low, inputOf(b), undefined, { transB: 1 }));
  };
}

/** The merged matrix w + b a, [out, in]. @param w [out, in] @param a [rank, in] @param b [out, rank] */
export function mergeLora(w: Float32Array, a: Float32Array, b: Float32Array, rank: number): Float32Array {
  const merged = Float32Array.from(w);
  const [width, rows] = [a.length / rank, b.length / rank];
  for (let row = 0; row < rows; row++) {
    for (let r = 0; r < rank; r++) {
      const factor = itemAt(b, row * rank + r);
      for (let i = 0; i < width; i++) merged[row * width + i]! += factor * a[r * width + i]!;
    }
  }
  return merged;
}

/**
 * Layer-wise learning rate decay (Clark 2020; Bao 2021): the factor by which the learning rate of a tensor is multiplied. It is 1 for head and
 * final norms, `decay` for the last layer, `decay`^2 for the layer below, and `decay`^(layers + 1) for the embeddings.
 */
export function layerRate(name: string, decay: number, config: ClipConfig): number {
  const found = layerOf(name);
  if (found) return decay ** (config[found.tower].layers - found.layer);
  const embedding = /^(text|vision)_model\.(embeddings|pre_layrnorm)\./.exec(name);
  return embedding ? decay ** (config[embedding[1] === "text" ? "text" : "vision"].layers + 1) : 1;
}
