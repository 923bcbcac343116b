/**
 * @file The two passes of a resize in WebAssembly (resample.wat), three to four times as fast as the same loops in JavaScript.
 */
import { readFileSync } from "node:fs";
import type { RgbImage } from "@pickapic/pictures";

/** For each output pixel: its first input pixel, how many it reads, and their weights (`stride` of them, fixed point). */
export interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

type Pass = (source: number, line: number, rows: number, ...rest: number[]) => void;

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly across: Pass;
  readonly down: Pass;
}

const PAGE = 2 ** 16;
/** Bytes of memory that are reused from picture to picture; a larger picture gets memory of its own. */
const MOST_REUSED = 2 ** 24;
/** How far the passes may touch memory behind an array; also the alignment of arrays. */
const MARGIN = 16;

const program = new WebAssembly.Module(readFileSync(new URL("./resample.wasm", import.meta.url)));
const reused = open();

/** Starts an instance of the program, with a memory of its own. */
function open(): Kernel {
  const { memory, across, down } = new WebAssembly.Instance(program).exports;
  if (memory instanceof WebAssembly.Memory && typeof across === "function" && typeof down === "function")
    return { memory, across: (...at) => across(...at), down: (...at) => down(...at) };
  throw new Error("resample.wasm: expected the exports memory, across and down; build it from resample.wat again");
}

function kernelOf(bytes: number): Kernel {
  const kernel = bytes > MOST_REUSED ? open() : reused;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  return kernel;
}

/** The horizontal pass. `left` is the input column with which `image` starts. */
export function resizeRows(image: RgbImage, taps: Taps, left: number): RgbImage {
  const size = { width: taps.first.length, height: image.height };
  const first = taps.first.map((position) => 3 * (position - left));
  return pass(image, size, { ...taps, first }, (kernel, at) =>
    kernel.across(at.source, 3 * image.width, image.height, at.first, at.count, at.weights, taps.stride, size.width, at.to),
  );
}

/** The vertical pass. `top` is the input row with which `image` starts. */
export function resizeColumns(image: RgbImage, taps: Taps, top: number): RgbImage {
  const line = 3 * image.width;
  const size = { width: image.width, height: taps.first.length };
  const first = taps.first.map((position) => line * (position - top));
  return pass(image, size, { ...taps, first }, (kernel, at) =>
    kernel.down(at.source, line, size.height, at.first, at.count, at.weights, taps.stride, at.to),
  );
}

type Size = Pick<RgbImage, "width" | "height">;
type Addresses = Readonly<Record<"first" | "count" | "weights" | "source" | "to", number>>;

/** Copies everything into the memory of a kernel, runs it, and copies the result out. */
function pass(image: RgbImage, size: Size, taps: Taps, run: (kernel: Kernel, at: Addresses) => void): RgbImage {
  const bytes = 3 * size.width * size.height;
  let end = 0;
  const room = (length: number) => {
    const at = end;
    end += Math.ceil((length + MARGIN) / MARGIN) * MARGIN;
    return at;
  };
  const at = {
    first: room(taps.first.byteLength),
    count: room(taps.count.byteLength),
    weights: room(taps.weights.byteLength),
    source: room(image.data.length),
    to: room(bytes),
  };
  const kernel = kernelOf(end);
  const { buffer } = kernel.memory;
  for (const name of ["first", "count", "weights"] as const) new Int32Array(buffer, at[name]).set(taps[name]);
  new Uint8Array(buffer).set(image.data, at.source);
  run(kernel, at);
  return { ...size, data: new Uint8Array(buffer.slice(at.to, at.to + bytes)) };
}
