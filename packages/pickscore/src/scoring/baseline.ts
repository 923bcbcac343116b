/** @file What a score means beside a set of other images under the same prompt. */
import { LeastRecentlyUsed } from "../lru.ts";
import type { ImageSource, Scorer } from "../scorer.ts";
import { dot } from "../vectors.ts";

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
const BATCH = 32;
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
    embeddings.push(...(await embedReadable(scorer, batch, unreadable)));
    onProgress(start + batch.length);
  }
  const remembered = new LeastRecentlyUsed<string, Float64Array>(REMEMBERED_PROMPTS);
  const scoresOf = async (prompt: string) => {
    const known = remembered.get(prompt);
    if (known) return known;
    const [text] = await scorer.embedTexts([prompt]);
    const scores = Float64Array.from(embeddings, (image) => scorer.logitScale * dot(text!, image));
    remembered.set(prompt, scores);
    return scores;
  };
  return { size: embeddings.length, unreadable, compare: async (prompt, score) => standing(score, await scoresOf(prompt)) };
}

/** All at once; one by one when an image among them cannot be read. */
async function embedReadable(scorer: Scorer, images: readonly ImageSource[], unreadable: string[]): Promise<Float32Array[]> {
  try {
    return await scorer.embedImages(images);
  } catch (error) {
    if ((error as { code?: string }).code !== "PICKAPIC_IMAGE_UNREADABLE") throw error;
    if (images.length > 1) return (await Promise.all(images.map((image) => embedReadable(scorer, [image], unreadable)))).flat();
    unreadable.push((error as Error).message);
    return [];
  }
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
