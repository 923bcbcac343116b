/** @file Divides an epoch into batches. */

import { seededRandom, shuffled } from "@pickapic/chance";

/**
 * Shuffles the indices 0 ... count - 1 with `seed` and cuts them into batches of `batch`; the last may be shorter. Use another
 * seed for each epoch.
 */
export function planEpoch(count: number, seed: number, batch: number): number[][] {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RangeError(`planEpoch: batch must be an integer of at least 1; got ${batch}`);
  const order = shuffled(
    Array.from({ length: count }, (_, index) => index),
    seededRandom(seed),
  );
  return Array.from({ length: Math.ceil(count / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch));
}
