/** @file Images rendered on a thread of their own, so that a server goes on answering meanwhile. */
import { Worker } from "node:worker_threads";
import type { GenerationRequest } from "@pickapic/generation";
import { GenerationError } from "@pickapic/generation";
import type { Pixels } from "./pixels.ts";

/** What the thread answers: the pixels, or why there are none. */
export type Rendered = ({ id: number } & Pixels) | { id: number; code?: string; message: string };

/** What the thread is asked: to render a request, or to use the memory of pixels again that it has handed over. */
export type RenderOrder = { id: number; request: GenerationRequest } | { memory: ArrayBuffer };

/** Pixels that were rendered on a thread. After `release`, the thread writes other pixels into their memory. */
export interface ThreadPixels extends Pixels {
  release(): void;
}

interface Waiting {
  resolve(pixels: ThreadPixels): void;
  reject(error: Error): void;
}

/** A thread and the orders that it has not answered. */
interface Thread {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

/**
 * Returns a function that renders like `renderPixels`, with the same bytes and errors, on one thread. The thread starts with the first request, keeps the process alive
 * only while it has work, and is started anew by the next request should it end.
 */
export function renderOnThread(): (request: GenerationRequest) => Promise<ThreadPixels> {
  let thread: Thread | undefined;
  let orders = 0;
  return (request) => {
    thread ??= startThread(() => {
      thread = undefined;
    });
    const { worker, waiting } = thread;
    const { promise, resolve, reject } = Promise.withResolvers<ThreadPixels>();
    const id = orders++;
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, request } satisfies RenderOrder);
    return promise;
  };
}

function giveBack(worker: Worker, { buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.detached) return;
  worker.postMessage({ memory: buffer } satisfies RenderOrder, [buffer]);
}

/** @param ended is called when the thread is gone; what it had not answered is rejected */
function startThread(ended: () => void): Thread {
  const worker = new Worker(new URL("./renderThread.ts", import.meta.url), { execArgv: [] });
  const waiting = new Map<number, Waiting>();
  worker.on("message", (rendered: Rendered) => {
    const order = waiting.get(rendered.id);
    waiting.delete(rendered.id);
    if (waiting.size === 0) worker.unref();
    if ("data" in rendered) order?.resolve({ ...rendered, release: () => giveBack(worker, rendered.data) });
    else order?.reject(GenerationError.restore(rendered.code ?? "", rendered.message) ?? new Error(rendered.message));
  });
  const die = (error: Error) => {
    ended();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", die);
  worker.on("exit", () => die(new Error("The thread that renders images ended.")));
  worker.unref();
  return { worker, waiting };
}
