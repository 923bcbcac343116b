/** @file In-batch negatives, the paper's ablation: each pair also has to be told apart from the images and texts of the other prompts in its micro-batch. */
import type { Arrays, Graph, Value } from "@pickapic/graph";
import type { MicroBatch } from "../data/plan.ts";
import { type PairIndices, preferenceLoss } from "./lossGraph.ts";

/** Added to the score of a row that is no candidate. e^-10000 is 0 in float32, so that the row takes no share and gets no gradient. */
const NO_CANDIDATE = -1e4;

/** Sizes of a micro-batch: rows of texts and images with their padding, and pairs. */
interface Rows {
  texts: number;
  images: number;
  pairs: number;
}

/**
 * The loss with in-batch negatives, as in the authors' trainer: the mean of two weighted cross entropies. In the first, the text of a pair has
 * to find its preferred image among all images; in the second, the preferred image has to find its text among all texts. Other images of
 * the same prompt are no candidates, because the answer says nothing about them.
 * @param texts [texts, width] and images [images, width], unit rows
 * @param targets [pairs, 2], 1/0, 0/1 or 0.5/0.5
 * @param weights [pairs], sum 1 over the step
 * @returns []
 */
export function inBatchLoss(
  g: Graph,
  { texts, images }: { texts: Value; images: Value },
  logitScale: Value,
  pairing: PairIndices,
  { targets, weights }: { targets: Value; weights: Value },
  rows: Rows,
): Value {
  const scores = (own: Value, others: Value) => g.mul(g.exp(logitScale), g.fusedMatmul(own, others, { transB: 1 }));
  const imageTargets = g.input("image_targets", "float32", [rows.pairs, rows.images]);
  const imageMask = g.input("image_mask", "float32", [rows.pairs, rows.images]);
  const textTargets = g.input("text_targets", "float32", [rows.pairs, rows.texts]);
  const textMask = g.input("text_mask", "float32", [rows.pairs, rows.texts]);
  const ofTexts = preferenceLoss(g, g.add(scores(g.gather(texts, pairing.text), images), imageMask), imageTargets, weights);
  const ofSide = (side: Value, target: Value) =>
    preferenceLoss(g, g.add(scores(g.gather(images, side), texts), textMask), textTargets, g.mul(weights, target));
  const column = (index: number) => g.reshape(g.slice(targets, 1, index, index + 1), [rows.pairs]);
  const ofImages = g.add(ofSide(pairing.image0, column(0)), ofSide(pairing.image1, column(1)));
  return g.mul(g.add(ofTexts, ofImages), 0.5);
}

/** What `inBatchLoss` reads: which image and which text each pair should find, and which rows are no candidates. */
export function negativeInputs(batch: MicroBatch, { texts, images, pairs }: Rows): Arrays {
  const imageTargets = new Float32Array(pairs * images);
  const imageMask = new Float32Array(pairs * images).fill(NO_CANDIDATE);
  const textTargets = new Float32Array(pairs * texts);
  const textMask = new Float32Array(pairs * texts).fill(NO_CANDIDATE);
  const textsOf = textsOfImages(batch);
  for (const [pair, text] of batch.text.entries()) {
    const own = [batch.image0[pair], batch.image1[pair]];
    for (const [image, under] of textsOf.entries())
      if (own.includes(image) || !under.has(text)) imageMask[pair * images + image] = 0;
    textMask.fill(0, pair * texts, pair * texts + batch.texts.length);
    textTargets[pair * texts + text] = 1;
    for (const [side, image] of own.entries()) imageTargets[pair * images + (image ?? 0)] = batch.targets[pair]?.[side] ?? 0;
  }
  return { image_targets: imageTargets, image_mask: imageMask, text_targets: textTargets, text_mask: textMask };
}

/** The texts under which each image of the micro-batch was shown, in the order of its images. */
function textsOfImages({ images, text, image0, image1 }: MicroBatch): Set<number>[] {
  const found = images.map(() => new Set<number>());
  for (const [pair, index] of text.entries()) for (const image of [image0[pair], image1[pair]]) found[image ?? 0]?.add(index);
  return found;
}
