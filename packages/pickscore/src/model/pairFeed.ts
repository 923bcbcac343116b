/** @file Turns a micro-batch of pairs into a feed: the training graph, and the arrays that the graph reads. */

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
import { inBatchLoss, negativeInputs } from "./negatives.ts";
import { embedImagesIn, embedPackedTextsIn, embedTextsIn, type ModelShape } from "./towers.ts";
import { asTrained, STATES, type Training } from "./training.ts";

/** The sizes that a training graph is compiled for. */
interface Sizes {
  texts: number;
  columns: number;
  /** Tokens of all texts together when texts are packed; null when they are padded. */
  tokens: number | null;
  images: number;
  pairs: number;
  /** Whether the images and texts of other prompts are negatives. */
  negatives: boolean;
}

/**
 * How far the rows of texts and images are padded. "few graphs" pads to multiples of a quarter of the pairs, at least 4, so that a handful of
 * graphs serve all micro-batches. "tight" pads micro-batches of up to 4 pairs not at all: with a large model another row costs more than another graph.
 */
export type Filling = "few graphs" | "tight";

const unitOf = (pairs: number, filling: Filling): number => Math.max(filling === "tight" ? 1 : 4, Math.ceil(pairs / 4));

/** How the rows of a micro-batch are padded: more graphs compute less, but each takes time to compile. */
export interface FeedOptions {
  filling?: Filling;
  /** Whether texts are packed without padding, which computes less but compiles more graphs. By default true unless the text tower has frozen layers. */
  packed?: boolean;
  /** Whether the images and texts of the other prompts in the micro-batch are negatives; default false. */
  negatives?: boolean;
}

/** The feed of a micro-batch. Padding rows belong to no pair, so they change neither loss nor gradients. */
export function pairFeed(
  training: Training,
  batch: MicroBatch,
  tokens: TokenCache,
  pixels: PixelSource,
  { filling = "few graphs", packed = !training.states, negatives = false }: FeedOptions = {},
): Feed {
  const { model, states } = training;
  const pairs = batch.text.length;
  const unit = unitOf(pairs, filling);
  const images = roundUp(batch.images.length, unit);
  const texts = roundUp(batch.texts.length, unit);
  const { inputs, ...grid } = (packed ? packedTexts : paddedTexts)(batch.texts, texts, tokens);
  const sizes = { texts, ...grid, images, pairs, negatives };
  const towerInputs: Arrays = states
    ? { [STATES.text]: states.text.batch(batch.texts, sizes.texts), [STATES.vision]: states.vision.batch(batch.images, images) }
    : { pixels: pixelRows(model, batch.images, images, pixels) };
  return {
    key: JSON.stringify(sizes),
    graph: () => pairGraph(training, sizes),
    inputs: { ...inputs, ...towerInputs, ...pairInputs(batch), ...(negatives && negativeInputs(batch, sizes)) },
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

/** Pixels of the images `uids`, [rows, 3, side, side]. Rows beyond the images repeat the first one, so that every row is a real image. */
export function pixelRows({ config }: ModelShape, uids: readonly string[], rows: number, pixels: PixelSource): Uint8Array {
  const target = new Uint8Array(rows * 3 * config.vision.imageSize ** 2);
  for (let row = 0; row < rows; row++) pixels.copy(uids[row] ?? itemAt(uids, 0), target, row);
  return target;
}

function pairGraph(training: Training, { texts, columns, tokens, images, pairs, negatives }: Sizes): PairGraph {
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
  const targets = whole.input("targets", "float32", [pairs, 2]);
  const weights = whole.input("weights", "float32", [pairs]);
  const loss = negatives
    ? inBatchLoss(
        whole,
        { texts: text, images: image },
        p("logit_scale"),
        pairing,
        { targets, weights },
        { texts, images, pairs },
      )
    : preferenceLoss(whole, pairScores(whole, text, image, p("logit_scale"), pairing), targets, weights);
  const { graph, results } = asTrained(training, whole, [loss, text, image]);
  return { graph, loss: itemAt(results, 0), text: itemAt(results, 1), image: itemAt(results, 2) };
}
