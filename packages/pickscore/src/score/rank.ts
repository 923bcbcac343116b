/** @file Ranks the images of one prompt by their scores. */
import { itemAt } from "@pickapic/errors";
import type { Scorer } from "../scorers/scorer.ts";
import type { ImageFailure, ImageSource } from "./imageResult.ts";

/** An image with its standing among the images of one call. */
export interface RankedImage<T extends ImageSource = ImageSource> {
  image: T;
  /** Index in the list of images that was given. */
  index: number;
  /** T cos(text, image), about -100...100. Comparable within one prompt only. */
  score: number;
  /** Softmax of the scores over the readable images of this call, 0...1. */
  probability: number;
  /** 1 for the best; images with equal scores share a rank. */
  rank: number;
}

/** An image that could not be read, and its index in the list that was given. */
export interface UnreadableImage<T extends ImageSource = ImageSource> extends ImageFailure {
  image: T;
  index: number;
}

/** The images of one call, best first. */
export interface Ranking<T extends ImageSource = ImageSource> {
  ranked: RankedImage<T>[];
  /** Images that could not be read, with the reason. The others are ranked all the same. */
  unreadable: UnreadableImage<T>[];
}

/** Scores the images under the prompt and sorts them, best first; equal scores keep their order. */
export async function rank<T extends ImageSource>(scorer: Scorer, prompt: string, images: readonly T[]): Promise<Ranking<T>> {
  const results = await scorer.scoreEach(prompt, images);
  const each = results.map((result, index) => ({ image: itemAt(images, index), index, ...result }));
  const scored = each.filter((result) => "score" in result);
  const { order, ranks, probabilities } = standingsOf(scored.map(({ score }) => score));
  const ranked = order.map((i) => ({ ...itemAt(scored, i), probability: itemAt(probabilities, i), rank: itemAt(ranks, i) }));
  return { ranked, unreadable: each.filter((result) => "code" in result) };
}

/** How the scores of one prompt compare. */
export interface Standings {
  /** Indices into the list of scores, best first; equal scores keep their order. */
  order: number[];
  /** The rank of each score: 1 for the best; equal scores share a rank. */
  ranks: number[];
  /** The softmax of the scores, each 0...1. */
  probabilities: number[];
}

/** Order, ranks and probabilities of the scores of one prompt. */
export function standingsOf(scores: readonly number[]): Standings {
  const order = [...scores.keys()].sort((a, b) => itemAt(scores, b) - itemAt(scores, a));
  const ranks: number[] = [];
  let [rank, before] = [0, Number.NaN];
  for (const [above, i] of order.entries()) {
    const score = itemAt(scores, i);
    if (score !== before) rank = above + 1;
    before = score;
    ranks[i] = rank;
  }
  return { order, ranks, probabilities: softmax(scores) };
}

/** e^x_i / sum_j e^x_j, without overflow. */
export function softmax(scores: readonly number[]): number[] {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
