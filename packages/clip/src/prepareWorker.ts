/** @file A thread that decodes and resizes pictures. */
import { parentPort, workerData } from "node:worker_threads";
import { decodePixels } from "./decode.ts";
import { preprocess } from "./pixels.ts";
import type { Prepared } from "./preparer.ts";
import type { Processor } from "./processor.ts";

parentPort!.on("message", async ({ id, picture }: { id: number; picture: string | Uint8Array }) => {
  try {
    const pixels = preprocess(await decodePixels(picture), workerData as Processor);
    parentPort!.postMessage({ id, pixels } satisfies Prepared, [pixels.buffer as ArrayBuffer]);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    parentPort!.postMessage({ id, code, message } satisfies Prepared);
  }
});
