/** @file The images of one prompt, best first. */
import type { ImageFailure, ImageSource, Scorer } from "./scorer.ts";

export interface RankedImage<T extends ImageSource = ImageSource> {
  image: T;
  /** Place in the list that was given. */
  index: number;
  /** T cos(text, image): about -100 ... 100. Comparable within one prompt only. */
  score: number;
  /** 0 ... 1 over the readable images of this call: the softmax of the scores. */
  probability: number;
  /** 1 is best; equal scores share a rank. */
  rank: number;
}

export interface UnreadableImage<T extends ImageSource = ImageSource> extends ImageFailure {
  image: T;
  index: number;
}

export interface Ranking<T extends ImageSource = ImageSource> {
  ranked: RankedImage<T>[];
  /** Images that could not be scored, and why; they do not stop the rest. */
  unreadable: UnreadableImage<T>[];
}

/** Scores the images under the prompt and sorts them, best first; equal scores keep their order. */
export async function rank<T extends ImageSource>(scorer: Scorer, prompt: string, images: readonly T[]): Promise<Ranking<T>> {
  const results = await scorer.scoreEach(prompt, images);
  const scored = results.flatMap((result, index) =>
    "score" in result ? [{ image: images[index]!, index, score: result.score }] : [],
  );
  const unreadable = results.flatMap((result, index) => ("score" in result ? [] : [{ image: images[index]!, index, ...result }]));
  return { ranked: rankScores(scored), unreadable };
}

function rankScores<S extends { score: number }>(scored: readonly S[]): (S & { probability: number; rank: number })[] {
  const probabilities = softmax(scored.map(({ score }) => score));
  return scored
    .map((each, i) => ({
      ...each,
      probability: probabilities[i]!,
      rank: 1 + scored.filter(({ score }) => score > each.score).length,
    }))
    .sort((a, b) => a.rank - b.rank);
}

/** e^x_i / sum_j e^x_j, without overflow. */
export function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
