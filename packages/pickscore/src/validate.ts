/** @file How often the model agrees with people, without ties: what the paper watches during training. */
import type { Embedder } from "./embedder.ts";
import type { Pair } from "./plan.ts";
import { dot } from "./vectors.ts";

/** The probability that image 0 is preferred, for every pair in order: softmax of T <text, image>. */
export async function probabilities(pairs: readonly Pair[], embedder: Embedder, logitScale: number): Promise<number[]> {
  const texts = await embedder.texts(pairs.map(({ caption }) => caption));
  const images = await embedder.images(pairs.flatMap(({ image0, image1 }) => [image0, image1]));
  return pairs.map(({ caption, image0, image1 }) => {
    const text = texts.get(caption)!;
    const lead = dot(text, images.get(image0)!) - dot(text, images.get(image1)!);
    return 1 / (1 + Math.exp(-Math.exp(logitScale) * lead));
  });
}

/** Share of pairs with a winner to which the model gives the higher score; equal scores count as half. */
export async function tieFreeAccuracy(pairs: readonly Pair[], embedder: Embedder): Promise<{ accuracy: number; pairs: number }> {
  const decided = pairs.filter(({ target }) => target[0] !== target[1]);
  const texts = await embedder.texts(decided.map(({ caption }) => caption));
  const images = await embedder.images(decided.flatMap(({ image0, image1 }) => [image0, image1]));
  const agreement = ({ caption, image0, image1, target }: Pair): number => {
    const text = texts.get(caption)!;
    const lead = dot(text, images.get(image0)!) - dot(text, images.get(image1)!);
    return lead === 0 ? 0.5 : Number(lead > 0 === target[0] > target[1]);
  };
  const sum = decided.reduce((total, pair) => total + agreement(pair), 0);
  return { accuracy: decided.length === 0 ? Number.NaN : sum / decided.length, pairs: decided.length };
}
