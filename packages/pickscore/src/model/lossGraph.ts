/** @file Both losses as values of a graph: PickScore's preference loss over pairs (the paper, section 3) and CLIP's contrastive loss. */
import { itemAt } from "@pickapic/errors";
import type { Graph, Value } from "@pickapic/graph";

/** Divides every row by its L2 norm: x / |x|. */
export function normalizeRows(g: Graph, x: Value): Value {
  return g.div(x, g.sqrt(g.sumSquare(x, -1)));
}

/** Which text and which two images each pair consists of: indices into the rows of embeddings, each [pairs] int64. */
export interface PairIndices {
  text: Value;
  image0: Value;
  image1: Value;
}

/**
 * The two scores of each pair: T <text, image>.
 * @param texts [texts, width], unit rows
 * @param images [images, width], unit rows
 * @param logitScale [], log T
 * @returns [pairs, 2], the score of image 0 and of image 1
 */
export function pairScores(g: Graph, texts: Value, images: Value, logitScale: Value, pairing: PairIndices): Value {
  const text = g.gather(texts, pairing.text);
  const cosine = (image: Value) => g.sum(g.mul(text, g.gather(images, image)), -1);
  return g.mul(g.exp(logitScale), g.concat([cosine(pairing.image0), cosine(pairing.image1)], 1));
}

/**
 * The weighted KL divergence of PickScore: sum over pairs of weight * sum_i p_i (log p_i - log p^_i), with p^ the softmax of the scores.
 * @param scores [pairs, n], n = 2 unless there are in-batch negatives
 * @param targets [pairs, n]
 * @param weights [pairs]
 * @returns []
 */
export function preferenceLoss(g: Graph, scores: Value, targets: Value, weights: Value): Value {
  const logTargets = g.log(g.max(targets, 1e-30)); // 0 log 0 = 0
  const divergence = g.sum(g.mul(targets, g.sub(logTargets, g.logSoftmax(scores, -1))), -1, false);
  return g.sum(g.mul(weights, divergence));
}

/**
 * The symmetric contrastive loss of CLIP (Radford 2021, figure 3): the mean of the cross entropies over texts and over images.
 * @param texts [n, width] and images [n, width], unit rows, row i of both belong together
 * @param targets [n, n], symmetric, rows sum to 1: the identity, or equal shares for rows with the same caption
 * @returns []
 */
export function contrastiveLoss(g: Graph, texts: Value, images: Value, logitScale: Value, targets: Value): Value {
  const logits = g.mul(g.exp(logitScale), g.fusedMatmul(images, texts, { transB: 1 }));
  const crossEntropy = (axis: number) => g.sum(g.mul(targets, g.logSoftmax(logits, axis)));
  return g.mul(g.add(crossEntropy(0), crossEntropy(1)), -0.5 / itemAt(texts.shape, 0));
}
