/** @file Loads and decodes a pair before it goes on screen, so that the swap shows no half-drawn picture. */
import type { Comparison } from "@pickapic/server/api";

/** Pauses between attempts to load a picture, in ms. */
const PAUSES = [500, 2_000, 5_000];

/** Settles when both pictures can be painted at once. Keep the elements until they are on screen: they hold the decoded pixels. */
export function preloadPair(comparison: Comparison, signal: AbortSignal): Promise<HTMLImageElement[]> {
  return Promise.all([comparison.left, comparison.right].map(({ url }) => decoded(url, signal)));
}

async function decoded(url: string, signal: AbortSignal): Promise<HTMLImageElement> {
  for (const pause of PAUSES) {
    const image = await decodeOnce(url).catch(() => null);
    if (image) return image;
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal.throwIfAborted();
  }
  return decodeOnce(url);
}

async function decodeOnce(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
