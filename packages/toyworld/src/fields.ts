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
      const a = lattice[top + x0]! + tx * (lattice[top + x1]! - lattice[top + x0]!);
      const b = lattice[bottom + x0]! + tx * (lattice[bottom + x1]! - lattice[bottom + x0]!);
      values[y * size + x]! += a + ty * (b - a);
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
