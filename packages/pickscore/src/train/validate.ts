/** @file What the current model says of pairs: cosines, preferences, and the accuracy without ties that the paper uses for validation. */

import { entryOf, itemAt } from "@pickapic/errors";
import type { Pair } from "../data/plan.ts";
import { preference, type Target } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import { dot } from "../score/vectors.ts";
import { FEW_WINNERS } from "../settings/recipe.ts";

/** Cosines of a pair's text with its two images, -1...1. */
export interface Cosines {
  cosine0: number;
  cosine1: number;
}

/** The cosines of every pair, in the order of `pairs`. */
export async function cosinesOf(pairs: readonly Pair[], embedder: Embedder): Promise<Cosines[]> {
  const texts = await embedder.texts(pairs.map(({ caption }) => caption));
  const images = await embedder.images(pairs.flatMap(({ image0, image1 }) => [image0, image1]));
  return pairs.map(({ caption, image0, image1 }) => {
    const text = entryOf(texts, caption);
    return { cosine0: dot(text, entryOf(images, image0)), cosine1: dot(text, entryOf(images, image1)) };
  });
}

/** The preference for image 0 of each pair, 0...1, from scores T cos. @param logitScale log T */
export const preferencesOf = (cosines: readonly Cosines[], logitScale: number): number[] =>
  cosines.map(({ cosine0, cosine1 }) => preference(Math.exp(logitScale) * (cosine0 - cosine1)));

/** Share 0...1 of the pairs with a winner whose winner has the higher score; equal scores count half. NaN when no pair has a winner. */
export const tieFreeAccuracy = (pairs: readonly Pair[], cosines: readonly Cosines[]): { accuracy: number; pairs: number } =>
  marginAccuracy(
    pairs.map(({ target }, i) => {
      const { cosine0, cosine1 } = itemAt(cosines, i);
      return { target, margin: cosine0 - cosine1 };
    }),
  );

/**
 * An accuracy in words for a progress line: "71.3 % right on validation". Fewer pairs than a share needs are counted instead: "5 of 8 right on
 * validation". Empty without pairs.
 */
export function accuracyText({ accuracy, pairs }: { accuracy: number; pairs: number }, where: string): string {
  if (pairs === 0) return "";
  const right = pairs < FEW_WINNERS ? `${Number((accuracy * pairs).toFixed(1))} of ${pairs}` : `${(100 * accuracy).toFixed(1)} %`;
  return `${right} right on ${where}`;
}

/** The same accuracy from margins: by how much image 0 scores above image 1, in any unit. */
export function marginAccuracy(judged: readonly { target: Target; margin: number }[]): { accuracy: number; pairs: number } {
  const agreements = judged.flatMap(({ target, margin }) => {
    if (target[0] === target[1]) return [];
    return [margin === 0 ? 0.5 : Number(margin > 0 === target[0] > target[1])];
  });
  const sum = agreements.reduce((total, each) => total + each, 0);
  return { accuracy: sum / agreements.length, pairs: agreements.length };
}
