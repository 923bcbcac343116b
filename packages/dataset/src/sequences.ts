/** @file Sequences that are longer than memory: cut into batches, and mapped with several items under way. */
import { itemAt } from "@pickapic/errors";

/**
 * Yields `map(item)` of each item, in their order. Up to `width` calls are under way at once, and no more results than that are held. The error of a
 * call is thrown where its result would come.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  for await (const item of items) {
    const promise = map(item);
    promise.catch(() => undefined); // It is awaited below; until then its failure must not count as unhandled.
    pending.push(promise);
    if (pending.length < width) continue;
    yield await itemAt(pending, 0);
    pending.shift();
  }
  for (const promise of pending) yield await promise;
}

/** Yields the items in arrays of `size`; the last array has what is left. */
export async function* batchesOf<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
