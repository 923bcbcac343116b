/** @file Figures that are costly to make are made once in a while, beside the requests: who asks gets the last ones at once. */

/**
 * @param make makes the value; runs at most once at a time.
 * @param maxAgeMs after this a request starts a new one, and gets the old value meanwhile. Only the very first request waits; so does a
 * request when the value is older than `tooOld` times that.
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
    // A failed refresh is tried again by the next request; this one has its answer.
    if (age > maxAgeMs) refresh().catch(() => undefined);
    return last.value;
  };
}
