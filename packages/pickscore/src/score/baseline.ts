/** @file Compares the score of an image with the scores of other images under the same prompt, because a score alone has no meaning. */
import { itemAt } from "@pickapic/errors";
import type { Scorer } from "../scorers/scorer.ts";
import type { ImageSource } from "./imageResult.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import type { ClipScorer } from "./scorer.ts";
import { dot } from "./vectors.ts";

/** How an image compares with the images of the set under the same prompt. */
export interface Standing {
  /** Per cent of the set that scores lower, 0...100; equal scores count half. */
  percentile: number;
  /** Probability, 0...1, that a person prefers the image to a random one of the set: the mean of 1 / (1 + e^(other - score)). */
  preferred: number;
}

/** A set of images that tells how high a score is under its prompt, because scores of different prompts cannot be compared. */
export interface Baseline {
  /** Number of images of the set that could be read. */
  readonly size: number;
  /** For each image that could not be read, a sentence with the reason. */
  readonly unreadable: readonly string[];
  /** Compares the score of an image under `prompt` with the scores of the set under it. */
  compare(prompt: string, score: number): Promise<Standing>;
}

/** Whether a scorer has embeddings, with which a set of images is scored under any prompt at once. */
export const isClipScorer = (scorer: Scorer): scorer is ClipScorer => "embedEach" in scorer;

/** Images that are embedded in one call. */
const BATCH = 128;
/** Prompts for which the scores of the set are cached, at 8 bytes per image. */
const REMEMBERED_PROMPTS = 64;

/** Embeds a set of images once, so that scoring all of them under another prompt takes only dot products. */
export async function openBaseline(
  scorer: ClipScorer,
  images: readonly ImageSource[],
  onProgress: (done: number) => void = () => {},
): Promise<Baseline> {
  const embeddings: Float32Array[] = [];
  const unreadable: string[] = [];
  for (let start = 0; start < images.length; start += BATCH) {
    const batch = images.slice(start, start + BATCH);
    for (const result of await scorer.embedEach(batch)) {
      if ("code" in result) unreadable.push(result.message);
      else embeddings.push(result);
    }
    onProgress(start + batch.length);
  }
  const scoresUnder = async (prompt: string) => {
    const text = itemAt(await scorer.embedTexts([prompt]), 0);
    return Float64Array.from(embeddings, (image) => scorer.logitScale * dot(text, image));
  };
  // The cache holds promises, so that comparisons under one prompt at the same time share the computation.
  const remembered = new LeastRecentlyUsed<string, Promise<Float64Array>>(REMEMBERED_PROMPTS);
  const scoresOf = (prompt: string) => {
    const scores = remembered.get(prompt) ?? scoresUnder(prompt);
    remembered.set(prompt, scores);
    return scores;
  };
  return { size: embeddings.length, unreadable, compare: async (prompt, score) => standing(score, await scoresOf(prompt)) };
}

/** Compares a score with those of other images under the same prompt. @param others at least one score */
export function standing(score: number, others: Float64Array): Standing {
  let below = 0;
  let preferred = 0;
  for (const other of others) {
    below += other < score ? 1 : other === score ? 0.5 : 0;
    preferred += 1 / (1 + Math.exp(other - score));
  }
  return { percentile: (100 * below) / others.length, preferred: preferred / others.length };
}
