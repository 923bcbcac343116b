/** @file AdamW on arenas: one pass over memory for the norm and one for the update, by all threads at once (adamW.wat). */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { clippingOf } from "./adamWGraph.ts";
import { type Arena, LINE } from "./arena.ts";
import { close, createBoard, type Job, openKernel, type Piece, type Region, Task, work } from "./optimizerJob.ts";
import type { AdamWSettings, AdamWState } from "./state.ts";

export interface AdamW {
  /** gradients += part */
  add(part: Arena): void;
  /**
   * Update number `step` (counted from 0) by the gradients. Clips like torch's clip_grad_norm_, decays all parameters as torch's AdamW does.
   * The same to the bit with any number of threads.
   * @returns the norm before clipping; when it is not finite nothing is changed
   */
  update(step: number, learningRate: number): number;
  close(): void;
}

/** Floats that a thread takes at a time. */
const PIECE = 1 << 17;
/** Below this a thread takes longer to wake than to do the work. */
const WORTH_THREADS = 1 << 22;

/** @param rateOf share of the learning rate of each tensor; 1 by default */
export function openAdamW(
  state: AdamWState,
  gradients: Arena,
  settings: AdamWSettings,
  rateOf?: (name: string) => number,
): AdamW {
  const { parameters, expAvg, expAvgSq } = state;
  const program = new WebAssembly.Module(readFileSync(new URL("./adamW.wasm", import.meta.url)));
  const board = createBoard(rateOf ? piecesOf(parameters, rateOf) : cut(0, parameters.flat.length, 1));
  const g = regionOf(gradients);
  const arenas = { parameters: regionOf(parameters), expAvg: regionOf(expAvg), expAvgSq: regionOf(expAvgSq), gradients: g };
  const kernel = openKernel(program, arenas);
  const threads = parameters.flat.length < WORTH_THREADS ? 1 : settings.threads || availableParallelism();
  for (let i = 1; i < threads; i++) startThread({ program, arenas, board });
  const { beta1, beta2, epsilon, weightDecay } = settings;
  return {
    add(part) {
      const adder = openKernel(program, { parameters: g, expAvg: g, expAvgSq: g, gradients: regionOf(part) });
      for (const { start, end } of cut(0, gradients.flat.length, 1)) adder.add(start, end);
    },
    update(step, learningRate) {
      work(board, kernel, Task.squares);
      const norm = Math.sqrt(board.squares.reduce((sum, square) => sum + square, 0));
      if (!Number.isFinite(norm)) return norm;
      const scale = clippingOf(norm, settings);
      // m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) with its numbers put together, so that arrays are touched once
      const spread = 1 / Math.sqrt(1 - beta2 ** (step + 1));
      work(board, kernel, Task.update, {
        ...{ beta1, gain1: scale * (1 - beta1) },
        ...{ beta2, gain2: scale ** 2 * (1 - beta2) },
        epsilon: epsilon / spread,
        rate: learningRate / (1 - beta1 ** (step + 1)) / spread,
        decrease: learningRate * weightDecay,
      });
      return norm;
    },
    close: () => close(board),
  };
}

const regionOf = ({ memory, flat }: Arena): Region => ({ memory, start: flat.byteOffset });

/** Stretches of at most a piece, all with one share of the learning rate. */
function cut(start: number, end: number, share: number): Piece[] {
  const count = Math.ceil((end - start) / PIECE);
  return Array.from({ length: count }, (_, i) => ({
    start: start + i * PIECE,
    end: Math.min(end, start + (i + 1) * PIECE),
    share,
  }));
}

/** The pieces of each tensor, up to the end of its last line. */
function piecesOf({ flat, views }: Arena, rateOf: (name: string) => number): Piece[] {
  return [...views].flatMap(([name, view]) => {
    const start = (view.byteOffset - flat.byteOffset) / 4;
    return cut(start, start + Math.ceil(view.length / LINE) * LINE, rateOf(name));
  });
}

/** A thread that helps until the board is closed; it keeps no process alive. */
function startThread(job: Job): void {
  new Worker(new URL("./optimizerWorker.ts", import.meta.url), { workerData: job, execArgv: [] }).unref();
}
