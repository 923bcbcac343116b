/** @file Which rows make up which batch of an epoch. */

import { seededRandom, shuffled } from "@pickapic/chance";

/**
 * Every index of 0 ... count - 1 once, shuffled with `seed`, cut into batches of `batch`; the last may be shorter.
 * Give each epoch a seed of its own.
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
