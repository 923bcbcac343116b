/** @file Turns picture files into the pixels of a model, on worker threads: decoding and resizing run while inference does. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { entryOf } from "@pickapic/errors";
import { decodePicture, PictureError, type PixelPolicy } from "@pickapic/pictures";
import { preprocess } from "./pixels.ts";
import type { Processor } from "./processor.ts";

/** The answer of a thread: the pixels, or why there are none. */
export type Prepared = { id: number; pixels: Float32Array } | { id: number; code?: string; message: string };

/** Decodes and resizes pictures for one model. */
export interface Preparer {
  /**
   * Prepares pictures in order: each as `preprocess` returns it, or its error. A few pictures are prepared in the calling thread,
   * because a new thread takes longer to start.
   */
  prepare(pictures: readonly (string | Uint8Array)[]): Promise<(Float32Array | PictureError)[]>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Fewer pictures than this are prepared in the calling thread. */
const WORTH_A_THREAD = 4;
const MOST_THREADS = 4;

/** The settings that each thread gets when it starts. */
export interface Preparation {
  readonly processor: Processor;
  readonly policy: PixelPolicy;
}

/** How pictures are prepared. Everything has a default, so that `openPreparer` works without options. */
export interface PreparerOptions {
  /** How the pixels of a file are read. Default "browser". */
  readonly pixels?: PixelPolicy;
  /** Default: at most four, because a processor takes 30 ms or more to encode what a thread prepares in 10 ms. */
  readonly threads?: number;
  /** The script of a thread. */
  readonly worker?: URL;
}

type Waiting = Map<number, { resolve(pixels: Float32Array | PictureError): void; reject(error: Error): void }>;

/** A thread and its pending requests. It keeps the process alive only while it has any. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Waiting;
}

/** Opens a preparer. Threads start with the first call that is large enough. */
export function openPreparer(
  processor: Processor,
  {
    pixels = "browser",
    threads = Math.min(MOST_THREADS, availableParallelism()),
    worker: program = new URL("./prepareWorker.ts", import.meta.url),
  }: PreparerOptions = {},
): Preparer {
  const preparation: Preparation = { processor, policy: pixels };
  const pool: Thread[] = [];
  let calls = 0;
  const leave = (thread: Thread) => {
    const index = pool.indexOf(thread);
    if (index >= 0) pool.splice(index, 1);
  };
  const ask = (picture: string | Uint8Array) => {
    const { worker, waiting } = pool.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array | PictureError>();
    const id = calls++;
    waiting.set(id, { resolve, reject });
    worker.ref();
    if (typeof picture === "string") worker.postMessage({ id, picture });
    else {
      // A copy, because sending a view would send the whole buffer behind it.
      const bytes = new Uint8Array(picture);
      worker.postMessage({ id, picture: bytes }, [bytes.buffer]);
    }
    return promise;
  };
  return {
    prepare(pictures) {
      if (pool.length === 0 && pictures.length < WORTH_A_THREAD)
        return Promise.all(pictures.map((picture) => prepareHere(picture, preparation)));
      while (pool.length < threads) pool.push(startThread(new Worker(program, { workerData: preparation, execArgv: [] }), leave));
      return Promise.all(pictures.map(ask));
    },
    async close() {
      await Promise.all(pool.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

/** Listens to a new thread. @param ended called when the thread is gone, so that it gets no more requests */
function startThread(worker: Worker, ended: (thread: Thread) => void): Thread {
  const waiting: Waiting = new Map();
  const thread = { worker, waiting };
  worker.on("message", (reply: Prepared) => {
    const asked = entryOf(waiting, reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if ("pixels" in reply) asked.resolve(reply.pixels);
    else {
      const unreadable = PictureError.restore(reply.code ?? "", reply.message);
      if (unreadable) asked.resolve(unreadable);
      else asked.reject(new Error(reply.message));
    }
  });
  const die = (error: Error) => {
    ended(thread);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", die);
  worker.on("exit", () => die(new Error("The thread that prepares pictures ended.")));
  worker.unref();
  return thread;
}

async function prepareHere(
  picture: string | Uint8Array,
  { processor, policy }: Preparation,
): Promise<Float32Array | PictureError> {
  try {
    return preprocess(await decodePicture(picture, { policy }), processor);
  } catch (error) {
    if (error instanceof PictureError) return error;
    throw error;
  }
}
