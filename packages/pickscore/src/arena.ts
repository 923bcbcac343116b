/** @file All tensors of one kind (parameters, gradients, a moment) in one flat array, so that the optimizer needs no names. */

export type Shape = readonly number[];

/** `views` are windows onto `flat`: writing to one writes to the other. */
export interface Arena {
  /** What the optimizer's threads share. */
  readonly memory: WebAssembly.Memory;
  readonly flat: Float32Array;
  readonly views: ReadonlyMap<string, Float32Array>;
}

/** Tensors start at a multiple of 16 floats = one cache line; the gaps stay 0. */
export const LINE = 16;
/** Bytes of a page of WebAssembly. */
const PAGE = 2 ** 16;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;
const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** Zeros for tensors of these shapes. Same shapes, same places. Pages take memory once they are written to. @throws RangeError beyond 16 GiB */
export function createArena(shapes: ReadonlyMap<string, Shape>): Arena {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, shape] of shapes) {
    offsets.set(name, end);
    end += roundUp(sizeOf(shape), LINE);
  }
  const memory = sharedMemory(4 * end);
  const flat = new Float32Array(memory.buffer, 0, end);
  const view = (name: string, offset: number) => flat.subarray(offset, offset + sizeOf(shapes.get(name)!));
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
