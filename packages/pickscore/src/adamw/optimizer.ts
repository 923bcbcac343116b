/** @file AdamW on arenas: all threads together make one pass over memory for the norm and one for the update. The loops are in adamW.wat. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { clippingOf } from "./adamWGraph.ts";
import { type Arena, LINE } from "./arena.ts";
import { close, createBoard, type Job, openKernel, type Piece, type Region, Task, work } from "./optimizerJob.ts";
import type { AdamWSettings, AdamWState } from "./state.ts";

/** An opened optimizer. It holds threads until `close`. */
export interface AdamW {
  /** Gradient accumulation: gradients += addend. */
  add(addend: Arena): void;
  /**
   * Makes optimizer step `step`, counted from 0. It clips as torch's clip_grad_norm_ does and decays all parameters as torch's AdamW does.
   * The result is the same, bit for bit, with any number of threads.
   * @returns the norm of the gradients before clipping; when it is not finite, nothing was changed
   */
  update(step: number, learningRate: number): number;
  close(): void;
}

/** Most floats of a piece: threads take one piece of the arrays at a time. */
const PIECE = 1 << 17;
/** Fewest floats for which the optimizer starts threads. With fewer, waking them takes longer than the work. */
const WORTH_THREADS = 1 << 22;

/**
 * Opens an optimizer on `state` and `gradients`. It changes `state` in place.
 * @param rateOf factor of the learning rate for each tensor; 1 by default
 */
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
    add(addend) {
      const adder = openKernel(program, { parameters: g, expAvg: g, expAvgSq: g, gradients: regionOf(addend) });
      for (const { start, end } of cut(0, gradients.flat.length, 1)) adder.add(start, end);
    },
    update(step, learningRate) {
      work(board, kernel, Task.squares);
      const norm = Math.sqrt(board.squares.reduce((sum, square) => sum + square, 0));
      if (!Number.isFinite(norm)) return norm;
      const scale = clippingOf(norm, settings);
      // m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps), with all scalars combined beforehand, so that one pass over the arrays is enough.
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

/** Divides floats `start` to `end` into pieces that have one share of the learning rate. */
function cut(start: number, end: number, share: number): Piece[] {
  const count = Math.ceil((end - start) / PIECE);
  return Array.from({ length: count }, (_, i) => ({
    start: start + i * PIECE,
    end: Math.min(end, start + (i + 1) * PIECE),
    share,
  }));
}

/** Divides an arena into pieces, none of which spans two tensors. The last piece of a tensor includes the gap after it. */
function piecesOf({ flat, views }: Arena, rateOf: (name: string) => number): Piece[] {
  return [...views].flatMap(([name, view]) => {
    const start = (view.byteOffset - flat.byteOffset) / 4;
    return cut(start, start + Math.ceil(view.length / LINE) * LINE, rateOf(name));
  });
}

/** Starts a thread that works until the board is closed. It does not keep the process alive. */
function startThread(job: Job): void {
  new Worker(new URL("./optimizerWorker.ts", import.meta.url), { workerData: job, execArgv: [] }).unref();
}
