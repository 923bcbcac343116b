/** @file A thread that renders images. */
import { parentPort } from "node:worker_threads";
import { renderPixels } from "./render.ts";
import type { Rendered, RenderOrder } from "./thread.ts";

parentPort?.on("message", async ({ id, request }: RenderOrder) => {
  try {
    const { width, height, data } = await renderPixels(request);
    // A copy where the bytes are libvips' own: those cannot be handed over.
    const own = data instanceof Buffer ? new Uint8Array(data) : data;
    parentPort?.postMessage({ id, width, height, data: own } satisfies Rendered, [own.buffer as ArrayBuffer]);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    parentPort?.postMessage({ id, code, message } satisfies Rendered);
  }
});
