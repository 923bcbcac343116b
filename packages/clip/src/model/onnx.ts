/** @file A checkpoint as one ONNX model with both towers, for ONNX Runtime in any language. The weights stay in their file. */

import { encodeDynamic, Graph, type Value } from "@pickapic/graph";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { ClipConfig } from "./config.ts";
import { imageTower, textTower } from "./towers.ts";
import { initializers } from "./weights.ts";

/** Names of the open axes. */
const AXES = ["texts", "images"] as const;

/**
 * Returns the bytes of a model.onnx that points into the safetensors beside it. The weights must be float32, float16 (widened on
 * loading) or int8.
 *
 * Inputs: input_ids int64 [texts, maxPositions], pixel_values float32 [images, 3, side, side]. Outputs, named as by transformers'
 * CLIPModel: logits_per_image [images, texts], logits_per_text, text_embeds and image_embeds (rows of length 1). There is no
 * attention_mask: a token of CLIP sees only those before it, so padding after the end of a text changes nothing.
 */
export function encodeClip(checkpoint: Pick<Checkpoint, "config" | "tensors">): Uint8Array {
  return encodeDynamic(AXES, (sizes) => clipGraph(checkpoint, sizes));
}

type Sizes = Readonly<Record<(typeof AXES)[number], number>>;

function clipGraph({ config, tensors }: Pick<Checkpoint, "config" | "tensors">, sizes: Sizes): Graph {
  const g = new Graph("clip");
  const p = initializers(g, { tensors });
  const side = config.vision.imageSize;
  const ids = g.input("input_ids", "int64", [sizes.texts, config.text.maxPositions]);
  const pixels = g.input("pixel_values", "float32", [sizes.images, 3, side, side]);
  const texts = unitRows(g, textTower(g, config, ids, ends(g, ids, config), p));
  const images = unitRows(g, imageTower(g, config, pixels, p));
  const perText = g.mul(g.fusedMatmul(texts, images, { transB: 1 }), g.exp(p("logit_scale")));
  g.output("logits_per_image", g.transpose(perText, [1, 0]));
  g.output("logits_per_text", perText);
  g.output("text_embeds", texts);
  g.output("image_embeds", images);
  return g;
}

/** `eosPositions` in the graph: the first position of the highest id, or of the id that the config names. [texts] */
function ends(g: Graph, ids: Value, { text: { eosTokenId } }: ClipConfig): Value {
  const marked = eosTokenId === 2 ? ids : g.equal(ids, eosTokenId);
  return g.argMax(g.cast(marked, "int32"), 1, false);
}

/** x / |x|, for each row */
const unitRows = (g: Graph, x: Value): Value => g.div(x, g.sqrt(g.sumSquare(x, 1)));
