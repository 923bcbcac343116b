/** @file Smooth random fields that wrap around, from which paper, paint, grain and wobble are made. */

import { type Random, seeded } from "@pickapic/chance";

/** A square of `size` x `size` numbers, -1...1, mean about 0. */
export interface Field {
  size: number;
  values: Float32Array;
}

const cache = new Map<string, Field>();
/** Fields in the cache; each takes 4 bytes per pixel. */
const MOST_CACHED = 24;

/** Value noise, summed over lattices of `cells` x `cells`. It depends only on the arguments and is computed once per size. */
export function field(name: string, cells: readonly number[], size: number): Field {
  const key = `${name} ${cells} ${size}`;
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= MOST_CACHED) cache.clear();
  const values = new Float32Array(size * size);
  for (const n of cells) addValueNoise(values, seeded("field", name, n), Math.min(n, size), size);
  const made = { size, values };
  cache.set(key, made);
  return made;
}

/**
 * `values[i]`, for an index that is known to lie in the array. The loops over pixels read with it: it checks the bounds and costs as
 * much as a plain read, because it only ever sees this kind of array.
 */
export function valueAt(values: Float32Array, i: number): number {
  const value = values[i];
  if (value === undefined) throw outside(values, i);
  return value;
}

/** Apart from the reads, so that these stay small enough for V8 to put into every loop. */
export const outside = ({ length }: ArrayLike<number>, i: number): RangeError =>
  new RangeError(`Expected an index below ${length}; got ${i}.`);

function addValueNoise(values: Float32Array, random: Random, cells: number, size: number): void {
  const lattice = Float32Array.from({ length: cells * cells }, () => 2 * random() - 1);
  const step = cells / size;
  for (let y = 0; y < size; y++) {
    const fy = y * step;
    const [y0, ty] = [Math.floor(fy), smooth(fy % 1)];
    const [top, bottom] = [(y0 % cells) * cells, ((y0 + 1) % cells) * cells];
    for (let x = 0; x < size; x++) {
      const fx = x * step;
      const [x0, tx] = [Math.floor(fx) % cells, smooth(fx % 1)];
      const x1 = (x0 + 1) % cells;
      const aboveLeft = valueAt(lattice, top + x0);
      const belowLeft = valueAt(lattice, bottom + x0);
      const a = aboveLeft + tx * (valueAt(lattice, top + x1) - aboveLeft);
      const b = belowLeft + tx * (valueAt(lattice, bottom + x1) - belowLeft);
      values[y * size + x] = valueAt(values, y * size + x) + (a + ty * (b - a));
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
