/** @file All tensors of one kind (parameters, gradients, a moment) in one flat array, so that the optimizer needs no names. */

export type Shape = readonly number[];

/** `views` are windows onto `flat`: writing to one writes to the other. */
export interface Arena {
  readonly flat: Float32Array;
  readonly views: ReadonlyMap<string, Float32Array>;
}

/** Tensors start at a multiple of 16 floats = one cache line; the gaps stay 0. */
const LINE = 16;

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;
const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** Zeros for tensors of these shapes; `flat` is filled up to a multiple of `chunk` floats, itself a multiple of 16. */
export function createArena(shapes: ReadonlyMap<string, Shape>, chunk: number): Arena {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, shape] of shapes) {
    offsets.set(name, end);
    end += roundUp(sizeOf(shape), LINE);
  }
  const flat = new Float32Array(Math.max(chunk, roundUp(end, chunk)));
  const view = (name: string, offset: number) => flat.subarray(offset, offset + sizeOf(shapes.get(name)!));
  return { flat, views: new Map([...offsets].map(([name, offset]) => [name, view(name, offset)])) };
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
