/** @file A micro-batch of pairs as a feed: its training graph and the arrays that the graph reads. */
import { parameterShapes } from "@pickapic/clip";
import { type Arrays, Graph, type Value } from "@pickapic/graph";
import { pairScores, preferenceLoss } from "./lossGraph.ts";
import type { PixelSource } from "./pixelCache.ts";
import type { MicroBatch } from "./plan.ts";
import type { PairGraph } from "./segments.ts";
import { type Feed, parameterInputs } from "./stepper.ts";
import { roundUp, type TokenCache } from "./tokens.ts";
import { embedImagesIn, embedTextsIn, type ModelShape } from "./towers.ts";
import { asTrained, STATES, type Training } from "./training.ts";

/** Sizes that a graph is compiled for. */
interface Sizes {
  texts: number;
  columns: number;
  images: number;
  pairs: number;
}

/**
 * How far texts and images are filled up. "few graphs": to multiples of a quarter of the pairs, at least 4, so that a handful of graphs serve all
 * micro-batches. "tight": no small micro-batch is filled up, because every row of a large model costs more than another graph.
 */
export type Filling = "few graphs" | "tight";

const unitOf = (pairs: number, filling: Filling): number => Math.max(filling === "tight" ? 1 : 4, Math.ceil(pairs / 4));

/** The arrays of a micro-batch. Rows that fill up the batch belong to no pair, so they change nothing. */
export function pairFeed(
  training: Training,
  batch: MicroBatch,
  tokens: TokenCache,
  pixels: PixelSource,
  filling: Filling = "few graphs",
): Feed {
  const { model, states } = training;
  const pairs = batch.text.length;
  const unit = unitOf(pairs, filling);
  const images = roundUp(batch.images.length, unit);
  const { ids, eos, columns } = tokens.batch(batch.texts, roundUp(batch.texts.length, unit));
  const sizes = { texts: eos.length, columns, images, pairs };
  const towerInputs: Arrays = states
    ? { [STATES.text]: states.text.batch(batch.texts, sizes.texts), [STATES.vision]: states.vision.batch(batch.images, images) }
    : { pixels: pixelRows(model, batch.images, images, pixels) };
  return {
    key: `${sizes.texts} texts of ${columns}, ${images} images, ${pairs} pairs`,
    graph: () => pairGraph(training, sizes),
    inputs: { ids, eos, ...towerInputs, ...pairInputs(batch) },
  };
}

function pairInputs(batch: MicroBatch) {
  const places = (list: readonly number[]) => BigInt64Array.from(list, BigInt);
  return {
    text: places(batch.text),
    first: places(batch.first),
    second: places(batch.second),
    targets: Float32Array.from(batch.targets.flat()),
    weights: Float32Array.from(batch.weights),
  };
}

/** [rows, 3, side, side]; rows without an image repeat the first one, so that no row is degenerate. */
export function pixelRows({ config }: ModelShape, uids: readonly string[], rows: number, pixels: PixelSource): Uint8Array {
  const target = new Uint8Array(rows * 3 * config.vision.imageSize ** 2);
  for (let row = 0; row < rows; row++) pixels.copy(uids[row] ?? uids[0]!, target, row);
  return target;
}

function pairGraph(training: Training, { texts, columns, images, pairs }: Sizes): PairGraph {
  const { model } = training;
  const whole = new Graph("pickscore");
  const p = parameterInputs(whole, parameterShapes(model.config));
  const text = embedTextsIn(whole, model, texts, columns, p);
  const image = embedImagesIn(whole, model, images, p);
  const place = (name: string) => whole.input(name, "int64", [pairs]);
  const places = { text: place("text"), first: place("first"), second: place("second") };
  const scores = pairScores(whole, text, image, p("logit_scale"), places);
  const targets = whole.input("targets", "float32", [pairs, 2]);
  const weights = whole.input("weights", "float32", [pairs]);
  const loss = preferenceLoss(whole, scores, targets, weights);
  const { graph, results } = asTrained(training, whole, [loss, text, image]);
  const [partLoss, partText, partImage] = results as [Value, Value, Value];
  return { graph, loss: partLoss, text: partText, image: partImage };
}
