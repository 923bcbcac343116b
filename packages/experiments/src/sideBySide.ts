/** @file Work on several items at the same time, results in their order. */

export interface SideBySide {
  /** Items that are in the making at the same time. */
  atOnce: number;
  signal: AbortSignal;
  /** Called after each item, with how many are done. */
  onDone?: (done: number) => void;
}

/** Maps `items` with `work`. The first failure is the failure of all, and no new item is begun after it or after an abort. */
export async function sideBySide<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  { atOnce, signal, onDone }: SideBySide,
): Promise<R[]> {
  const results: Promise<R>[] = [];
  let done = 0;
  for await (const item of items) {
    signal.throwIfAborted();
    const result = work(item);
    // A failure is thrown where the result is awaited, below.
    result.then(
      () => onDone?.(++done),
      () => {},
    );
    results.push(result);
    if (results.length >= atOnce) await results[results.length - atOnce];
  }
  return Promise.all(results);
}
