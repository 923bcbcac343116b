/** @file A micro-batch of pairs as a feed: its training graph and the arrays that the graph reads. */
import { parameterShapes } from "@pickapic/clip";
import { Graph, type Value } from "@pickapic/graph";
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

/** Texts and images are filled up to multiples of a quarter of the pairs, at least 4: a handful of graphs serve all micro-batches. */
const fillOf = (pairs: number): number => Math.max(4, Math.ceil(pairs / 4));

/** How a feed differs when not everything is trained, or memory is short. */
export interface FeedOptions {
  /** Texts and images are filled up to multiples of this. */
  unit?: number;
  training?: Training;
}

/** The arrays of a micro-batch. Rows that fill up the batch belong to no pair, so they change nothing. */
export function pairFeed(
  model: ModelShape,
  batch: MicroBatch,
  tokens: TokenCache,
  pixels: PixelSource,
  { unit = fillOf(batch.text.length), training }: FeedOptions = {},
): Feed {
  const pairs = batch.text.length;
  const images = roundUp(batch.images.length, unit);
  const { ids, eos, columns } = tokens.batch(batch.texts, roundUp(batch.texts.length, unit));
  const sizes = { texts: eos.length, columns, images, pairs };
  return {
    key: `${sizes.texts} texts of ${columns}, ${images} images, ${pairs} pairs`,
    graph: () => pairGraph(model, sizes, training),
    inputs: { ids, eos, ...towerInputs(), ...pairInputs(batch) },
  };
  function towerInputs(): Record<string, Float32Array | Uint8Array> {
    const states = training?.states;
    if (!states) return { pixels: pixelRows(model, batch.images, images, pixels) };
    return {
      [STATES.text]: states.text.batch(batch.texts, sizes.texts),
      [STATES.vision]: states.vision.batch(batch.images, images),
    };
  }
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

function pairGraph(model: ModelShape, { texts, columns, images, pairs }: Sizes, training?: Training): PairGraph {
  const graph = new Graph("pickscore");
  const p = parameterInputs(graph, parameterShapes(model.config));
  const text = embedTextsIn(graph, model, texts, columns, p);
  const image = embedImagesIn(graph, model, images, p);
  const place = (name: string) => graph.input(name, "int64", [pairs]);
  const places = { text: place("text"), first: place("first"), second: place("second") };
  const scores = pairScores(graph, text, image, p("logit_scale"), places);
  const targets = graph.input("targets", "float32", [pairs, 2]);
  const weights = graph.input("weights", "float32", [pairs]);
  const loss = preferenceLoss(graph, scores, targets, weights);
  if (!training) return { graph, loss, text, image };
  const part = asTrained(training, graph, [loss, text, image]);
  const [partLoss, partText, partImage] = part.results as [Value, Value, Value];
  return { graph: part.graph, loss: partLoss, text: partText, image: partImage };
}
