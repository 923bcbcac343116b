/** @file Works on several items at the same time, and returns the results in order. */
import { mapAhead } from "@pickapic/dataset/sequences";

/** How items are worked on. Aborting `signal` ends the work with the signal's reason. */
export interface SideBySide {
  /** How many items are worked on at the same time. */
  atOnce: number;
  signal: AbortSignal;
  /** Called after each item with the number of finished ones. */
  onDone?: (done: number) => void;
}

/** Maps `items` with `work`. The first failure is thrown, and after it, or after an abort, no new item is started. */
export async function sideBySide<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  { atOnce, signal, onDone }: SideBySide,
): Promise<R[]> {
  let done = 0;
  const finished = mapAhead(items, atOnce, async (item) => {
    signal.throwIfAborted();
    const result = await work(item);
    onDone?.(++done);
    return result;
  });
  const results: R[] = [];
  for await (const result of finished) results.push(result);
  return results;
}
