/** @file Caches a value that is costly to make and refreshes it beside the requests: a request gets the last value at once. */

/**
 * @param make makes the value; it runs at most once at a time
 * @param maxAgeMs after this, a request starts a refresh and still gets the old value. A request waits only if there is no value
 * yet, or if it is older than `tooOld` times `maxAgeMs`
 */
export function cached<T>(make: () => Promise<T>, maxAgeMs: number, now: () => number = Date.now, tooOld = 10): () => Promise<T> {
  let last: { value: T; madeAt: number } | null = null;
  let running: Promise<T> | null = null;
  const refresh = () => {
    running ??= make()
      .then((value) => {
        last = { value, madeAt: now() };
        return value;
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
  return async () => {
    const age = last ? now() - last.madeAt : Number.POSITIVE_INFINITY;
    if (last === null || age > tooOld * maxAgeMs) return refresh();
    // The next request tries again; this one has its answer.
    if (age > maxAgeMs) refresh().catch(() => undefined);
    return last.value;
  };
}
