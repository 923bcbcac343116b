/** @file Checksums of many bytes on a thread of their own, so that the caller reads what is in the files meanwhile. */

import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { answerOf } from "../thread.ts";
import { checksumsOf } from "./checksums.ts";

/** Bytes from which on a thread is worth its start, which takes about a tenth of a second. */
const WORTH_A_THREAD = 32e6;
/** Memory of the thread for new objects, MB: it makes hardly any. */
const YOUNG_MB = 2;

/** How `checksumsBeside` works. */
export interface ChecksumSettings {
  /** Aborting it ends the thread; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes from which on a thread is used. */
  readonly threadFrom?: number;
}

/** The hexadecimal SHA-256 of each file, in their order; undefined for one that cannot be read. */
export async function checksumsBeside(
  paths: readonly string[],
  { signal, threadFrom = WORTH_A_THREAD }: ChecksumSettings = {},
): Promise<(string | undefined)[]> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  signal?.throwIfAborted();
  if (sizes.reduce((sum, size) => sum + size, 0) < threadFrom) return checksumsOf(paths);
  const worker = new Worker(new URL("./checksumWorker.ts", import.meta.url), {
    workerData: paths,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  return answerOf(worker, "computes checksums", signal);
}
