/** @file A thread that decodes and resizes pictures. */
import { parentPort, workerData } from "node:worker_threads";
import { codeOf, messageOf } from "@pickapic/errors";
import { decodePicture } from "@pickapic/pictures";
import { preprocess } from "./pixels.ts";
import type { Preparation, Prepared } from "./preparer.ts";

const { processor, policy }: Preparation = workerData;
const port = parentPort;
if (!port) throw new Error("prepareWorker: expected to be started as a worker thread");

port.on("message", async ({ id, picture }: { id: number; picture: string | Uint8Array }) => {
  try {
    const pixels = preprocess(await decodePicture(picture, { policy }), processor);
    port.postMessage({ id, pixels } satisfies Prepared, [pixels.buffer]);
  } catch (error) {
    port.postMessage({ id, code: codeOf(error), message: messageOf(error) } satisfies Prepared);
  }
});
