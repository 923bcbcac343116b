/** @file Asks a thread one question. */

import type { Worker } from "node:worker_threads";

/**
 * Waits for the one message of a thread, which is its answer, and ends the thread.
 * @param work what the thread does, for the error when it ends without an answer: "compares prompts"
 * @param signal aborting it ends the thread; the promise rejects with its reason
 * @throws the error of the thread
 */
export async function answerOf<T>(worker: Worker, work: string, signal: AbortSignal | undefined): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", resolve).on("error", reject);
  worker.on("exit", () => reject(new Error(`The thread that ${work} ended without an answer.`)));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
