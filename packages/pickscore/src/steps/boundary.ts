/** @file Finds the value in a graph of the towers at which a layer begins. */

import type { ClipConfig } from "@pickapic/clip";
import { itemAt } from "@pickapic/errors";
import type { Graph, Value } from "@pickapic/graph";

const MODEL = { text: "text_model", vision: "vision_model" } as const;
const PROJECTION = { text: "text_projection.weight", vision: "visual_projection.weight" } as const;

/** One of the two towers of a CLIP. */
export type TowerName = keyof typeof MODEL;

/** The input of layer `layer` of a tower, counted from 0; null when the graph does not have that layer. */
export function layerInput({ nodes }: Graph, tower: TowerName, layer: number): Value | null {
  const scale = `${MODEL[tower]}.encoder.layers.${layer}.layer_norm1.weight`;
  return nodes.find(({ op, inputs }) => op === "LayerNormalization" && itemAt(inputs, 1).name === scale)?.inputs[0] ?? null;
}

/** The input of layer `layer`, or, when `layer` is the number of layers, the input of the projection; null when the graph has neither. */
export function boundary(graph: Graph, config: ClipConfig, tower: TowerName, layer: number): Value | null {
  if (layer < config[tower].layers) return layerInput(graph, tower, layer);
  return graph.nodes.find(({ op, inputs }) => op === "Gemm" && inputs[1]?.name === PROJECTION[tower])?.inputs[0] ?? null;
}
