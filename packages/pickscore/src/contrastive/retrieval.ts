/** @file Zero-shot retrieval: does a picture find its own caption among those of other pictures? */
import { entryOf, itemAt } from "@pickapic/errors";
import type { Embedder } from "../model/embedder.ts";
import { dot } from "../score/vectors.ts";

/**
 * Share 0...1 of pictures whose own last caption scores highest among the last captions of their group.
 * @param captions one list per picture; the pictures are numbered from `start`
 * @param among pictures per group; the last group may be smaller
 */
export async function retrievalAccuracy(
  captions: readonly (readonly string[])[],
  start: number,
  among: number,
  embedder: Embedder,
): Promise<number> {
  const asked = captions.map((list) => itemAt(list, list.length - 1));
  const texts = await embedder.texts(asked);
  const images = await embedder.images(captions.map((_, i) => String(start + i)));
  const found = asked.filter((own, i) => {
    const group = asked.slice(i - (i % among), i - (i % among) + among);
    const image = entryOf(images, String(start + i));
    const score = (caption: string) => dot(entryOf(texts, caption), image);
    return group.every((other) => other === own || score(other) < score(own));
  });
  return found.length / asked.length;
}
