/** @file Smooth random fields that wrap around, from which paper, paint, grain and wobble are made. */

import { type Random, seeded } from "@pickapic/chance";
import { fieldAt } from "./canvas.ts";

/** Numbers at the beginning of a row that stand again at its end, because the loops over pixels read four at once. */
const REPEATED = 4;

/**
 * Returns the address of a field in the memory of the loops over pixels: `size` rows of `size` numbers, -1...1, mean about 0, each row followed by its first
 * four numbers. It is value noise, summed over lattices of `cells` x `cells`, depends only on the arguments, and is computed once per size.
 */
export function field(name: string, cells: readonly number[], size: number): number {
  return fieldAt(`${name} ${cells} ${size}`, size * (size + REPEATED), (values) => {
    for (const n of cells) addValueNoise(values, seeded("field", name, n), Math.min(n, size), size);
    for (let y = 0; y < size; y++) {
      const row = y * (size + REPEATED);
      values.copyWithin(row + size, row, row + REPEATED);
    }
  });
}

/**
 * `values[i]`, for an index that is known to lie in the array. It checks the bounds and costs as much as a plain read, because it only
 * ever sees this kind of array.
 */
function valueAt(values: Float32Array, i: number): number {
  const value = values[i];
  if (value === undefined) throw new RangeError(`Expected an index below ${values.length}; got ${i}.`);
  return value;
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
      const aboveLeft = valueAt(lattice, top + x0);
      const belowLeft = valueAt(lattice, bottom + x0);
      const a = aboveLeft + tx * (valueAt(lattice, top + x1) - aboveLeft);
      const b = belowLeft + tx * (valueAt(lattice, bottom + x1) - belowLeft);
      const i = y * (size + REPEATED) + x;
      values[i] = valueAt(values, i) + (a + ty * (b - a));
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
