/** @file The two towers of CLIP (Radford et al. 2021) as graphs, numerically equal to transformers' CLIPModel. */

import { itemAt } from "@pickapic/errors";
import type { Graph, Value } from "@pickapic/graph";
import type { ClipConfig, TowerConfig, VisionConfig } from "./config.ts";

/**
 * Gives a parameter by its Hugging Face name: an input in training, an initializer for inference. Shapes are those of
 * `parameterShapes`; a patch embedding may also be flat, [width, 3 patch patch].
 */
export interface ParameterSource {
  (name: string): Value;
  /** Computes x wT + bias when the weight [out, in] is not float32. Default: a Gemm. x [rows, in]. */
  readonly product?: (x: Value, weight: string, bias?: Value) => Value;
  /** Looks up rows of a table. Default: a Gather. */
  readonly rows?: (table: string, ids: Value) => Value;
  /** Gives rows (axis 0) or columns (axis 1) of a float32 parameter; only if parameters are cut before the graph runs. */
  readonly slice?: (name: string, axis: 0 | 1, from: number, to: number) => Value;
}

/**
 * Texts to embeddings [texts, projection], not normalised.
 *
 * A token sees only those before it, so columns after the end of a row change nothing; `ids` may be cut at the longest end.
 * @param ids int64 [texts, columns], columns at most maxPositions
 * @param eos int64 [texts], the column of each text's end token, whose state represents the text (`eosPositions`)
 */
export function textTower(g: Graph, { text }: ClipConfig, ids: Value, eos: Value, p: ParameterSource): Value {
  const [texts, columns] = [itemAt(ids.shape, 0), itemAt(ids.shape, 1)];
  const positions = g.slice(p("text_model.embeddings.position_embedding.weight"), 0, 0, columns);
  const embedded = g.add(rows(g, p, "text_model.embeddings.token_embedding.weight", ids), positions);
  const pick = (every: Value) => g.gatherND(sequences(g, every, texts), g.reshape(eos, [texts, 1]), 1);
  return textEncoder(g, text, p, g.flatten(embedded), { batch: texts, tokens: columns, pick, causal: { last: eos } });
}

/** The tokens of several texts, one after another without padding. Attention arranges them in a grid of texts and columns. */
export interface PackedTexts {
  /** int64 [tokens]; tokens at the end may belong to no text. */
  readonly ids: Value;
  /** int64 [tokens], the column of each token. */
  readonly columns: Value;
  /** int64 [texts], the end token of each text. */
  readonly ends: Value;
  /** int64 [texts, columns], the token in each cell of the grid, -1 for none. */
  readonly grid: Value;
  /** int64 [tokens], the cell of each token in the flat grid, -1 for tokens of no text. */
  readonly cells: Value;
}

/**
 * Like `textTower`, but skips padding everywhere except in attention. Prompts fill about a third of the grid, so this saves most
 * of the work.
 */
export function packedTextTower(g: Graph, { text }: ClipConfig, packed: PackedTexts, p: ParameterSource): Value {
  const { ids, columns, ends, cells } = packed;
  const [texts, width] = [itemAt(packed.grid.shape, 0), itemAt(packed.grid.shape, 1)];
  const grid = g.reshape(packed.grid, [texts * width]);
  const positions = g.gather(p("text_model.embeddings.position_embedding.weight"), columns);
  const embedded = g.add(rows(g, p, "text_model.embeddings.token_embedding.weight", ids), positions);
  return textEncoder(g, text, p, embedded, {
    batch: texts,
    tokens: width,
    pick: (every) => g.gather(every, ends),
    causal: { last: g.gather(columns, ends) },
    grid: { spread: (x) => g.rearrange(x, grid, cells), pack: (x) => g.rearrange(x, cells, grid) },
  });
}

/** x [tokens, width] -> [texts, projection] */
function textEncoder(g: Graph, text: TowerConfig, p: ParameterSource, x: Value, layout: Layout): Value {
  const ends = encoder(g, text, p, "text_model", x, layout);
  const normed = layerNorm(g, text, p, "text_model.final_layer_norm", ends);
  return product(g, p, normed, "text_projection.weight");
}

/**
 * Pictures to embeddings [pictures, projection], not normalised.
 * @param pixels float32 [pictures, 3, imageSize, imageSize], as `preprocess` returns them
 */
export function imageTower(g: Graph, { vision }: ClipConfig, pixels: Value, p: ParameterSource): Value {
  const [batch, width] = [itemAt(pixels.shape, 0), vision.hiddenSize];
  const patches = embedPatches(g, vision, pixels, p);
  // The class embedding is added at the first token, where there is no patch. So no shape contains the batch size.
  const summary = g.pad(g.reshape(p("vision_model.embeddings.class_embedding"), [1, width]), [0, 0, itemAt(patches.shape, 1), 0]);
  const positioned = g.add(summary, p("vision_model.embeddings.position_embedding.weight"));
  const embedded = g.add(g.pad(patches, [0, 1, 0, 0, 0, 0]), positioned);
  const x = layerNorm(g, vision, p, "vision_model.pre_layrnorm", g.flatten(embedded));
  const pick = (every: Value) => g.reshape(g.slice(sequences(g, every, batch), 1, 0, 1), [batch, width]);
  const pooled = encoder(g, vision, p, "vision_model", x, { batch, tokens: itemAt(embedded.shape, 1), pick, causal: null });
  const normed = layerNorm(g, vision, p, "vision_model.post_layernorm", pooled);
  return product(g, p, normed, "visual_projection.weight");
}

/** A convolution whose stride equals its size, as one product: [batch, 3, side, side] -> [batch, patches, width]. */
function embedPatches(g: Graph, { patchSize: patch, hiddenSize }: VisionConfig, pixels: Value, p: ParameterSource): Value {
  const [batch, channels, side] = [itemAt(pixels.shape, 0), itemAt(pixels.shape, 1), itemAt(pixels.shape, 2)];
  const grid = side / patch;
  const split = g.transpose(g.reshape(pixels, [batch, channels, grid, patch, grid, patch]), [0, 2, 4, 1, 3, 5]);
  const flat = g.reshape(split, [batch * grid * grid, channels * patch * patch]);
  const name = "vision_model.embeddings.patch_embedding.weight";
  const embedded =
    p.product?.(flat, name) ?? g.gemm(flat, g.reshape(p(name), [hiddenSize, channels * patch * patch]), undefined, { transB: 1 });
  return g.reshape(embedded, [batch, grid * grid, hiddenSize]);
}

/** How the rows of [rows, width] form sequences, and which row of each is the result. */
interface Layout {
  readonly batch: number;
  readonly tokens: number;
  /** [rows, width] -> [batch, width], the result rows. */
  readonly pick: (every: Value) => Value;
  /**
   * Causal attention: a token sees itself and those before it; `last` is the column of the result row. Null: each token sees all.
   */
  readonly causal: { readonly last: Value } | null;
  /** Converts rows to [batch tokens, width] and back. Absent when they have that form already. */
  readonly grid?: { readonly spread: (x: Value) => Value; readonly pack: (x: Value) => Value };
}

/** Which rows a layer computes. */
interface Asking {
  /** True for one row of each sequence. */
  readonly isOne: boolean;
  /** [rows, width] -> those rows. */
  readonly pick: (every: Value) => Value;
  /** Converts those rows to equally many per sequence, and back. */
  readonly spread: (x: Value) => Value;
  readonly pack: (x: Value) => Value;
  /** Added to the similarities of the rows. */
  readonly mask: Value | null;
}

const same = (x: Value): Value => x;

/** Runs all layers: x [rows, width] -> the result rows [batch, width]. */
function encoder(g: Graph, tower: TowerConfig, p: ParameterSource, model: string, x: Value, layout: Layout): Value {
  const mask = layout.causal && causalMask(g, layout.tokens);
  const lastMask = mask && layout.causal && g.reshape(g.gather(mask, layout.causal.last), [layout.batch, 1, 1, layout.tokens]);
  const every: Asking = { isOne: false, pick: same, spread: same, pack: same, ...layout.grid, mask };
  for (let i = 0; i < tower.layers - 1; i++) x = layer(g, tower, p, `${model}.encoder.layers.${i}`, x, layout, every);
  // After the last layer only one row of each sequence is used, so the last layer computes only that one. It still sees all
  // others.
  const last: Asking = { isOne: true, pick: layout.pick, spread: same, pack: same, mask: lastMask };
  return layer(g, tower, p, `${model}.encoder.layers.${tower.layers - 1}`, x, layout, last);
}

/** Pre-norm transformer layer. */
function layer(
  g: Graph,
  tower: TowerConfig,
  p: ParameterSource,
  prefix: string,
  x: Value,
  layout: Layout,
  asking: Asking,
): Value {
  const normed = layerNorm(g, tower, p, `${prefix}.layer_norm1`, x);
  const look = asking.isOne && p.slice ? attentionOfOne : attention;
  const middle = g.add(asking.pick(x), look(g, tower, p, `${prefix}.self_attn`, normed, layout, asking));
  return g.add(middle, mlp(g, tower, p, `${prefix}.mlp`, layerNorm(g, tower, p, `${prefix}.layer_norm2`, middle)));
}

/**
 * Rows that are this many bytes apart fall into the same set of a first-level cache, which has room for 8 or 12 lines, while a
 * product reads 12 and more rows at once.
 */
const SAME_SET = 4096;

/** fc2(act(fc1 x)), [rows, width]. It is split in two halves when the intermediate rows would collide in the cache. */
function mlp(g: Graph, { act, intermediateSize }: TowerConfig, p: ParameterSource, prefix: string, x: Value): Value {
  const activate = (hidden: Value) => (act === "gelu" ? g.gelu(hidden) : g.quickGelu(hidden));
  const { slice } = p;
  if (!slice || (intermediateSize * Float32Array.BYTES_PER_ELEMENT) % SAME_SET !== 0) {
    return linear(g, p, `${prefix}.fc2`, activate(linear(g, p, `${prefix}.fc1`, x)));
  }
  const half = intermediateSize / 2;
  let sum = p(`${prefix}.fc2.bias`);
  for (const [from, to] of [
    [0, half],
    [half, intermediateSize],
  ] as const) {
    const [into, bias] = [slice(`${prefix}.fc1.weight`, 0, from, to), slice(`${prefix}.fc1.bias`, 0, from, to)];
    const hidden = activate(g.gemm(x, into, bias, { transB: 1 }));
    sum = g.gemm(hidden, slice(`${prefix}.fc2.weight`, 1, from, to), sum, { transB: 1 });
  }
  return sum;
}

/** softmax(q kT / sqrt(d) + mask) v, where each computed row attends to the rows `seen` [rows, width] of its sequence. */
function attention(
  g: Graph,
  { heads, hiddenSize }: TowerConfig,
  p: ParameterSource,
  prefix: string,
  seen: Value,
  { batch, grid }: Layout,
  { pick, spread, pack, mask }: Asking,
): Value {
  const size = hiddenSize / heads;
  const split = (x: Value) => g.transpose(g.reshape(x, [batch, -1, heads, size]), [0, 2, 1, 3]);
  const every = grid?.spread ?? same;
  const q = split(spread(linear(g, p, `${prefix}.q_proj`, pick(seen))));
  const k = split(every(linear(g, p, `${prefix}.k_proj`, seen)));
  const v = split(every(linear(g, p, `${prefix}.v_proj`, seen)));
  const similarity = g.fusedMatmul(q, k, { transB: 1, alpha: size ** -0.5 });
  const weights = g.softmax(mask ? g.add(similarity, mask) : similarity);
  const mixed = g.reshape(g.transpose(g.matmul(weights, v), [0, 2, 1, 3]), [-1, hiddenSize]);
  return linear(g, p, `${prefix}.out_proj`, pack(mixed));
}

/**
 * Like `attention`, for one row per sequence, but computes no key and no value for any row: q (Wk x) = (q Wk) x, and a weighted
 * sum of values is Wv of the weighted sum. The bias of the keys shifts all similarities of a row equally, which softmax ignores.
 */
function attentionOfOne(
  g: Graph,
  { heads, hiddenSize }: TowerConfig,
  p: ParameterSource,
  prefix: string,
  seen: Value,
  { batch }: Layout,
  { pick, mask }: Asking,
): Value {
  const size = hiddenSize / heads;
  const weight = (name: string) => g.reshape(p(`${prefix}.${name}.weight`), [heads, size, hiddenSize]);
  /** [batch, heads, n] to [heads, batch, n], and back. */
  const turned = (x: Value) => g.transpose(x, [1, 0, 2]);
  const every = sequences(g, seen, batch);
  const q = turned(g.reshape(linear(g, p, `${prefix}.q_proj`, pick(seen)), [batch, heads, size]));
  const asked = turned(g.matmul(q, weight("k_proj")));
  const similarity = g.fusedMatmul(asked, every, { transB: 1, alpha: size ** -0.5 });
  const weights = g.softmax(mask ? g.add(similarity, g.reshape(mask, [batch, 1, -1])) : similarity);
  const mixed = turned(g.matmul(weights, every));
  const values = g.reshape(turned(g.fusedMatmul(mixed, weight("v_proj"), { transB: 1 })), [batch, hiddenSize]);
  return linear(g, p, `${prefix}.out_proj`, g.add(values, p(`${prefix}.v_proj.bias`)));
}

function linear(g: Graph, p: ParameterSource, prefix: string, x: Value): Value {
  return product(g, p, x, `${prefix}.weight`, p(`${prefix}.bias`));
}

function product(g: Graph, p: ParameterSource, x: Value, weight: string, bias?: Value): Value {
  return p.product?.(x, weight, bias) ?? g.gemm(x, p(weight), bias, { transB: 1 });
}

function rows(g: Graph, p: ParameterSource, table: string, ids: Value): Value {
  return p.rows?.(table, ids) ?? g.gather(p(table), ids);
}

function layerNorm(g: Graph, tower: TowerConfig, p: ParameterSource, prefix: string, x: Value): Value {
  return g.layerNorm(x, p(`${prefix}.weight`), p(`${prefix}.bias`), tower.layerNormEps);
}

/** [batch tokens, width] -> [batch, tokens, width] */
function sequences(g: Graph, x: Value, batch: number): Value {
  return g.reshape(x, [batch, -1, itemAt(x.shape, 1)]);
}

/** [tokens, tokens]: 0 where the column is not after the row, else so low that softmax gives 0. */
function causalMask(g: Graph, tokens: number): Value {
  const mask = Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0));
  return g.constant(mask, [tokens, tokens], "float32");
}
