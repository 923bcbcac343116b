/** @file Adds the towers of a CLIP to a training graph: tokens or pixel bytes go in, embeddings of length 1 come out. */
import { type ClipConfig, imageTower, type PackedTexts, type Processor, packedTextTower, textTower } from "@pickapic/clip";
import type { Graph, Value } from "@pickapic/graph";
import type { ParameterOf } from "../steps/state.ts";
import { normalizeRows } from "./lossGraph.ts";

/** The settings of a model that decide the graphs of its towers. */
export interface ModelShape {
  config: ClipConfig;
  processor: Processor;
}

/** Adds inputs `ids` [texts, columns] and `eos` [texts], int64. @returns unit rows [texts, projection] */
export function embedTextsIn(g: Graph, { config }: ModelShape, texts: number, columns: number, p: ParameterOf): Value {
  const ids = g.input("ids", "int64", [texts, columns]);
  const eos = g.input("eos", "int64", [texts]);
  return normalizeRows(g, textTower(g, config, ids, eos, p));
}

/** Adds the inputs of `packedTextTower` by their names. @returns unit rows [texts, projection] */
export function embedPackedTextsIn(
  g: Graph,
  { config }: ModelShape,
  { texts, columns, tokens }: { texts: number; columns: number; tokens: number },
  p: ParameterOf,
): Value {
  const input = (name: keyof PackedTexts, ...shape: number[]) => g.input(name, "int64", shape);
  const perToken = { ids: input("ids", tokens), columns: input("columns", tokens), cells: input("cells", tokens) };
  const packed = { ...perToken, ends: input("ends", texts), grid: input("grid", texts, columns) };
  return normalizeRows(g, packedTextTower(g, config, packed, p));
}

/** Adds input `pixels` [images, 3, side, side], uint8. @returns unit rows [images, projection] */
export function embedImagesIn(g: Graph, { config, processor }: ModelShape, images: number, p: ParameterOf): Value {
  const side = config.vision.imageSize;
  const pixels = g.input("pixels", "uint8", [images, 3, side, side]);
  return normalizeRows(g, imageTower(g, config, normalizePixels(g, pixels, processor), p));
}

/** The last two steps of preprocessing, inside the graph: rescale the bytes, then (x - mean) / deviation per channel. */
function normalizePixels(g: Graph, pixels: Value, { rescale, normalize }: Processor): Value {
  const scaled = g.mul(g.cast(pixels, "float32"), rescale ?? 1);
  if (!normalize) return scaled;
  const perChannel = (values: readonly number[]) => g.constant(values, [1, 3, 1, 1], "float32");
  return g.div(g.sub(scaled, perChannel(normalize.mean)), perChannel(normalize.deviation));
}
