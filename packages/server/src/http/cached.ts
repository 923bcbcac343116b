/** @file Caches a value that takes long to compute. Requests get the cached value at once while it is refreshed in the background. */

/**
 * Returns a function that gives the cached value. It waits only if there is no value yet, or the value is older than `tooOld` times
 * `maxAgeMs`.
 * @param make computes the value; it runs at most once at a time
 * @param maxAgeMs age at which a call starts a refresh, while it still gets the old value
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
    // This call has a value to return, so a failed refresh is left to the next call.
    if (age > maxAgeMs) refresh().catch(() => undefined);
    return last.value;
  };
}
