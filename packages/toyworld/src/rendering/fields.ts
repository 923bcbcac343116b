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
  const positions = Array.from({ length: size }, (_, i) => positionOf(i * step, cells));
  let row = 0;
  for (const { begin: top, end: bottom, way: down } of positions) {
    let i = row;
    for (const { begin, end, way } of positions) {
      const aboveLeft = valueAt(lattice, cells * top + begin);
      const belowLeft = valueAt(lattice, cells * bottom + begin);
      const a = aboveLeft + way * (valueAt(lattice, cells * top + end) - aboveLeft);
      const b = belowLeft + way * (valueAt(lattice, cells * bottom + end) - belowLeft);
      values[i] = valueAt(values, i) + (a + down * (b - a));
      i++;
    }
    row += size + REPEATED;
  }
}

/** Where a column or a row lies between two lines of the lattice. */
interface Position {
  begin: number;
  end: number;
  /** How far it is on the way from one to the other, smoothed: 0...1. */
  way: number;
}

/** @param at the position in cells */
function positionOf(at: number, cells: number): Position {
  const begin = Math.floor(at) % cells;
  return { begin, end: (begin + 1) % cells, way: smooth(at % 1) };
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
