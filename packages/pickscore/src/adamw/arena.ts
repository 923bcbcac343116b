/** @file All tensors of one kind (parameters, gradients, a moment) in one flat array, so that the optimizer needs no names. */
import { entryOf } from "@pickapic/errors";

export type Shape = readonly number[];

/** `views` are windows onto `flat`: writing to one writes to the other. */
export interface Arena {
  /** What the optimizer's threads share; `flat` starts at `flat.byteOffset` of it. */
  readonly memory: WebAssembly.Memory;
  readonly flat: Float32Array;
  readonly views: ReadonlyMap<string, Float32Array>;
}

/** Tensors start at a multiple of 16 floats = one cache line; the gaps stay 0. */
export const LINE = 16;
/** Bytes of a page of WebAssembly. */
const PAGE = 2 ** 16;
/**
 * What AdamW reads side by side. Memories begin at addresses that are alike in many low bits, and the first-level cache of some processors
 * (AMD's Zen) holds only one of such lines at a time: with all four arenas starting alike an update takes six times as long. So each has a lane.
 */
export const LANES = ["parameters", "expAvg", "expAvgSq", "gradients"] as const;
export type Lane = (typeof LANES)[number];
/** Bytes from one lane to the next: the four together make 4096, within which caches find a line's place. */
const LANE_BYTES = 1024;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;
const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/**
 * Zeros for tensors of these shapes. Same shapes, same places. Pages take memory once they are written to.
 * @param lane what the optimizer takes it for (see `LANES`); it moves the start by a few KiB
 * @throws RangeError beyond 16 GiB
 */
export function createArena(shapes: ReadonlyMap<string, Shape>, lane: Lane = "parameters"): Arena {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, shape] of shapes) {
    offsets.set(name, end);
    end += roundUp(sizeOf(shape), LINE);
  }
  const start = LANE_BYTES * LANES.indexOf(lane);
  const memory = sharedMemory(start + 4 * end);
  const flat = new Float32Array(memory.buffer, start, end);
  const view = (name: string, offset: number) => flat.subarray(offset, offset + sizeOf(entryOf(shapes, name)));
  return { memory, flat, views: new Map([...offsets].map(([name, offset]) => [name, view(name, offset)])) };
}

/** Addresses of 64 bits: the parameters of ViT-H/14 are 3.9 GB. */
function sharedMemory(bytes: number): WebAssembly.Memory {
  const pages = BigInt(Math.ceil(bytes / PAGE));
  // TypeScript's own types know addresses of 32 bits only.
  const descriptor = { initial: pages, maximum: pages, shared: true, address: "i64" } as unknown as WebAssembly.MemoryDescriptor;
  return new WebAssembly.Memory(descriptor);
}

/** Copies tensors into an arena of the same names and sizes. */
export function fillArena(arena: Arena, tensors: ReadonlyMap<string, Float32Array>): void {
  for (const [name, view] of arena.views) {
    const tensor = tensors.get(name);
    if (tensor?.length !== view.length)
      throw new Error(`fillArena: ${name}: expected ${view.length} values; got ${tensor?.length ?? "none"}`);
    view.set(tensor);
  }
}
