/** @file How a worker divides the images that it generates at once among backends, so that one that hangs does not stop the others. */
import type { Backend } from "@pickapic/generation";

/**
 * Returns the models of which a worker takes no further image now, because their backend is generating as many of its images as it may. Where images are drawn
 * from several backends, that is all but one of what the worker generates at once, and at most what the backend makes at once and one image that follows. A
 * single backend has no such limit.
 * @param generating the model of each image that the worker is generating
 * @param hands images that the worker generates at once
 */
export function modelsThatWait(backends: readonly Backend[], generating: Iterable<string>, hands: number): string[] {
  const drawn = backends.filter(({ models }) => models.some(({ weight = 1 }) => weight > 0));
  if (drawn.length < 2) return [];
  const taken = [...generating];
  return backends.flatMap(({ models, concurrency = hands }) => {
    const names = models.map(({ name }) => name);
    const count = taken.filter((model) => names.includes(model)).length;
    return count >= Math.min(concurrency + 1, Math.max(1, hands - 1)) ? names : [];
  });
}
