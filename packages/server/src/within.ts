/** @file Waiting with a timeout. */
import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits for work, at most `ms`; then calls `giveUp` and gives the work another moment to react. A failure of the work is not
 * reported, because the caller is closing what has failed.
 * @returns true when the work ended in time
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

/** ms */
const MOMENT_MS = 100;
