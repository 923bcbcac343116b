/** @file A thread that renders images. */
import { parentPort } from "node:worker_threads";
import { renderPixels } from "./render.ts";
import type { Rendered, RenderOrder } from "./thread.ts";

/** Memory of pixels that came back. A new large array for each image would have the garbage of both threads collected all the time. */
const free: ArrayBuffer[] = [];
/** Arrays that may wait to be used again. */
const MOST_FREE = 8;

function memoryOf(length: number): Uint8Array<ArrayBuffer> {
  const at = free.findIndex(({ byteLength }) => byteLength === length);
  const [known] = at < 0 ? [] : free.splice(at, 1);
  return new Uint8Array(known ?? new ArrayBuffer(length));
}

function keep(memory: ArrayBuffer): void {
  free.push(memory);
  if (free.length > MOST_FREE) free.shift();
}

parentPort?.on("message", async (order: RenderOrder) => {
  if ("memory" in order) return keep(order.memory);
  const { id, request } = order;
  try {
    const rendered = await renderPixels(request, memoryOf);
    parentPort?.postMessage({ id, ...rendered } satisfies Rendered, [rendered.data.buffer]);
  } catch (error) {
    const { code, message }: { code?: string; message: string } = error instanceof Error ? error : { message: String(error) };
    parentPort?.postMessage({ id, code, message } satisfies Rendered);
  }
});
