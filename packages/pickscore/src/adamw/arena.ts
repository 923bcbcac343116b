/** @file All tensors of one kind (parameters, gradients, a moment) in one flat array, so that the optimizer needs no names. */
import { entryOf } from "@pickapic/errors";

/** The sizes of a tensor, outermost dimension first; empty for a scalar. */
export type Shape = readonly number[];

/** Tensors in one flat array. `views` share the memory of `flat`, so writing to one changes the other. */
export interface Arena {
  /** The memory that the optimizer's threads share; `flat` starts at byte `flat.byteOffset` of it. */
  readonly memory: WebAssembly.Memory;
  readonly flat: Float32Array;
  readonly views: ReadonlyMap<string, Float32Array>;
}

/** Every tensor starts at a multiple of 16 floats, one cache line. The gaps between tensors stay 0. */
export const LINE = 16;
/** Bytes of a page of WebAssembly. */
const PAGE = 2 ** 16;
/**
 * The four arenas that an AdamW update reads at the same time; each starts at another offset of its memory. Memories begin at addresses with equal
 * low bits, and the first-level cache of some processors (AMD's Zen) holds only one cache line of such addresses: with equal offsets an update takes
 * six times as long.
 */
export const LANES = ["parameters", "expAvg", "expAvgSq", "gradients"] as const;

/** Which of the four arenas of an update an arena is; see `LANES`. */
export type Lane = (typeof LANES)[number];
/** Bytes between the offsets of two lanes. Four lanes make 4096 bytes: a first-level cache places a line by its address modulo 4096. */
const LANE_BYTES = 1024;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;
const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/**
 * Makes an arena of zeros for tensors of these shapes. Equal shapes give equal offsets of the tensors. A page takes memory only when it is written to.
 * @param lane the optimizer's use of the arena, which moves its start by up to 3 KiB (see `LANES`)
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

/** Makes shared memory with 64-bit addresses, because the parameters of ViT-H/14 alone take 3.9 GB. */
function sharedMemory(bytes: number): WebAssembly.Memory {
  const pages = BigInt(Math.ceil(bytes / PAGE));
  // TypeScript's own types of the constructor know no `address` and no BigInt.
  const memory: unknown = Reflect.construct(WebAssembly.Memory, [
    { initial: pages, maximum: pages, shared: true, address: "i64" },
  ]);
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("WebAssembly.Memory: expected it to construct a memory");
  return memory;
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
