/** @file What a score means beside a set of other images under the same prompt. */
import { itemAt } from "@pickapic/errors";
import type { ImageSource } from "./imageResult.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import type { Scorer } from "./scorer.ts";
import { dot } from "./vectors.ts";

/** How an image stands against the set. */
export interface Standing {
  /** 0 ... 100: the share of the set that scores lower; equal scores count half. */
  percentile: number;
  /** 0 ... 1: the probability that a person prefers the image to a random one of the set, the mean of 1 / (1 + e^(other - score)). */
  preferred: number;
}

export interface Baseline {
  /** Images of the set that could be read. */
  readonly size: number;
  /** Why others could not. */
  readonly unreadable: readonly string[];
  compare(prompt: string, score: number): Promise<Standing>;
}

/** Images that are embedded in one call. */
const BATCH = 128;
/** Prompts whose scores of the set are remembered: eight bytes per image each. */
const REMEMBERED_PROMPTS = 64;

/** Embeds a set of images once; each prompt is then compared with all of them by a product of vectors. */
export async function openBaseline(
  scorer: Scorer,
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
  // Promises, so that images of one prompt that are compared at the same time wait for the same scores.
  const remembered = new LeastRecentlyUsed<string, Promise<Float64Array>>(REMEMBERED_PROMPTS);
  const scoresOf = (prompt: string) => {
    const scores = remembered.get(prompt) ?? scoresUnder(prompt);
    remembered.set(prompt, scores);
    return scores;
  };
  return { size: embeddings.length, unreadable, compare: async (prompt, score) => standing(score, await scoresOf(prompt)) };
}

/** @param others scores of the set under the same prompt, at least one */
export function standing(score: number, others: Float64Array): Standing {
  let below = 0;
  let preferred = 0;
  for (const other of others) {
    below += other < score ? 1 : other === score ? 0.5 : 0;
    preferred += 1 / (1 + Math.exp(other - score));
  }
  return { percentile: (100 * below) / others.length, preferred: preferred / others.length };
}
