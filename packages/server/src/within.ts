/** @file Waiting with a timeout. */
import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits for `work`, at most `ms` milliseconds. Then it calls `giveUp` and waits another 100 ms for the work to end. A failure of the
 * work is ignored, because the caller is closing what has failed.
 * @returns true if the work ended in time
 */
export async function within(work: Promise<unknown>, ms: number, giveUp: () => void): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  const late = new AbortController();
  const timer = wait(ms, false, { signal: late.signal, ref: true }).catch(() => false);
  if (await Promise.race([ended, timer])) {
    late.abort();
    return true;
  }
  giveUp();
  await Promise.race([ended, wait(MOMENT_MS)]);
  return false;
}

/** How long the work may react to `giveUp`, ms. */
const MOMENT_MS = 100;
