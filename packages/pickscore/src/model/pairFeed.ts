/** @file A micro-batch of pairs as a feed: its training graph and the arrays that the graph reads. */

import { parameterShapes } from "@pickapic/clip";
import { itemAt } from "@pickapic/errors";
import { type Arrays, Graph } from "@pickapic/graph";
import type { PixelSource } from "../data/pixelCache.ts";
import type { MicroBatch } from "../data/plan.ts";
import { roundUp, type TokenCache } from "../data/tokens.ts";
import type { PairGraph } from "../steps/gradients.ts";
import { parameterInputs } from "../steps/state.ts";
import type { Feed } from "../steps/stepper.ts";
import { pairScores, preferenceLoss } from "./lossGraph.ts";
import { embedImagesIn, embedPackedTextsIn, embedTextsIn, type ModelShape } from "./towers.ts";
import { asTrained, STATES, type Training } from "./training.ts";

/** Sizes that a graph is compiled for. */
interface Sizes {
  texts: number;
  columns: number;
  /** Of all texts together where they are packed; else null. */
  tokens: number | null;
  images: number;
  pairs: number;
}

/**
 * How far texts and images are filled up. "few graphs": to multiples of a quarter of the pairs, at least 4, so that a handful of graphs serve all
 * micro-batches. "tight": no small micro-batch is filled up, because every row of a large model costs more than another graph.
 */
export type Filling = "few graphs" | "tight";

const unitOf = (pairs: number, filling: Filling): number => Math.max(filling === "tight" ? 1 : 4, Math.ceil(pairs / 4));

export interface FeedOptions {
  filling?: Filling;
  /** Texts go without padding: less work in more graphs. By default wherever the text tower runs from its beginning. */
  packed?: boolean;
}

/** The arrays of a micro-batch. Rows that fill up the batch belong to no pair, so they change nothing. */
export function pairFeed(
  training: Training,
  batch: MicroBatch,
  tokens: TokenCache,
  pixels: PixelSource,
  { filling = "few graphs", packed = !training.states }: FeedOptions = {},
): Feed {
  const { model, states } = training;
  const pairs = batch.text.length;
  const unit = unitOf(pairs, filling);
  const images = roundUp(batch.images.length, unit);
  const texts = roundUp(batch.texts.length, unit);
  const { inputs, ...grid } = (packed ? packedTexts : paddedTexts)(batch.texts, texts, tokens);
  const sizes = { texts, ...grid, images, pairs };
  const towerInputs: Arrays = states
    ? { [STATES.text]: states.text.batch(batch.texts, sizes.texts), [STATES.vision]: states.vision.batch(batch.images, images) }
    : { pixels: pixelRows(model, batch.images, images, pixels) };
  return {
    key: JSON.stringify(sizes),
    graph: () => pairGraph(training, sizes),
    inputs: { ...inputs, ...towerInputs, ...pairInputs(batch) },
  };
}

function paddedTexts(texts: readonly string[], rows: number, cache: TokenCache) {
  const { columns, ...inputs } = cache.batch(texts, rows);
  return { inputs, columns, tokens: null };
}

function packedTexts(texts: readonly string[], rows: number, cache: TokenCache) {
  const inputs = cache.packed(texts, rows);
  return { inputs, columns: inputs.grid.length / rows, tokens: inputs.ids.length };
}

function pairInputs(batch: MicroBatch) {
  const indices = (list: readonly number[]) => BigInt64Array.from(list, BigInt);
  return {
    text: indices(batch.text),
    image0: indices(batch.image0),
    image1: indices(batch.image1),
    targets: Float32Array.from(batch.targets.flat()),
    weights: Float32Array.from(batch.weights),
  };
}

/** [rows, 3, side, side]; rows without an image repeat the first one, so that no row is degenerate. */
export function pixelRows({ config }: ModelShape, uids: readonly string[], rows: number, pixels: PixelSource): Uint8Array {
  const target = new Uint8Array(rows * 3 * config.vision.imageSize ** 2);
  for (let row = 0; row < rows; row++) pixels.copy(uids[row] ?? itemAt(uids, 0), target, row);
  return target;
}

function pairGraph(training: Training, { texts, columns, tokens, images, pairs }: Sizes): PairGraph {
  const { model } = training;
  const whole = new Graph("pickscore");
  const p = parameterInputs(whole, parameterShapes(model.config));
  const text =
    tokens === null
      ? embedTextsIn(whole, model, texts, columns, p)
      : embedPackedTextsIn(whole, model, { texts, columns, tokens }, p);
  const image = embedImagesIn(whole, model, images, p);
  const indices = (name: string) => whole.input(name, "int64", [pairs]);
  const pairing = { text: indices("text"), image0: indices("image0"), image1: indices("image1") };
  const scores = pairScores(whole, text, image, p("logit_scale"), pairing);
  const targets = whole.input("targets", "float32", [pairs, 2]);
  const weights = whole.input("weights", "float32", [pairs]);
  const loss = preferenceLoss(whole, scores, targets, weights);
  const { graph, results } = asTrained(training, whole, [loss, text, image]);
  return { graph, loss: itemAt(results, 0), text: itemAt(results, 1), image: itemAt(results, 2) };
}
