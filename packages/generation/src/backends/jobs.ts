/** @file Follows a job of a server until it has ended, and cancels it when its caller gives up. */

import { setTimeout as wait } from "node:timers/promises";

/** How a job is asked about and cancelled. */
export interface Job<T> {
  /** Returns what the server says now. */
  ask(): Promise<T>;
  /** True when the job has ended, well or not. */
  hasEnded(state: T): boolean;
  /** Called with each answer. */
  onState?(state: T): void;
  /** Tells the server that the job is not wanted any more. Its failure is ignored. */
  cancel(): Promise<unknown>;
}

/**
 * Asks about a job until it has ended, and returns the last answer.
 * @param late the error when it takes longer than `timeoutMs`
 * @throws what `ask` throws, the reason of the signal when it is aborted, or `late`; in each case the job is cancelled
 */
export async function followJob<T>(
  job: Job<T>,
  { pollMs, timeoutMs, signal, late }: { pollMs: number; timeoutMs: number; signal: AbortSignal | undefined; late: () => Error },
): Promise<T> {
  const end = performance.now() + timeoutMs;
  try {
    for (;;) {
      const state = await job.ask();
      job.onState?.(state);
      if (job.hasEnded(state)) return state;
      if (performance.now() > end) throw late();
      await wait(pollMs, undefined, { signal });
    }
  } catch (error) {
    job.cancel().catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  }
}
