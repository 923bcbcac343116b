/** @file A thread that decodes and resizes pictures. */
import { parentPort, workerData } from "node:worker_threads";
import { decodePicture } from "@pickapic/pictures";
import { preprocess } from "./pixels.ts";
import type { Preparation, Prepared } from "./preparer.ts";

const { processor, policy } = workerData as Preparation;

parentPort!.on("message", async ({ id, picture }: { id: number; picture: string | Uint8Array }) => {
  try {
    const pixels = preprocess(await decodePicture(picture, { policy }), processor);
    parentPort!.postMessage({ id, pixels } satisfies Prepared, [pixels.buffer as ArrayBuffer]);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    parentPort!.postMessage({ id, code, message } satisfies Prepared);
  }
});
