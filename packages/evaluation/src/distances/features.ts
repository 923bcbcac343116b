/** @file Features of many images, as the rows of one array, and the product of matrices that distances are made of. */

import { Matrix, real } from "../matrix.ts";

/** One vector of numbers for each image of a set. */
export interface Features {
  /** [count, width], row by row; finite. */
  readonly values: Float32Array;
  /** Images. */
  readonly count: number;
  /** Numbers for each image. */
  readonly width: number;
}

/** Returns A B^T, of two matrices with equally many columns. A caller may pass one that runs on a faster engine. */
export type TimesTransposed = (a: Matrix, b: Matrix) => Matrix | Promise<Matrix>;

/** A B^T in plain TypeScript, about 3e8 products a second. */
export const timesTransposed: TimesTransposed = (a, b) => {
  const product = new Matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < b.rows; j++) product.set(i, j, rowProduct(a, i, b, j));
  return product;
};

function rowProduct(a: Matrix, i: number, b: Matrix, j: number): number {
  const [x, y] = [i * a.columns, j * b.columns];
  let total = 0;
  for (let k = 0; k < a.columns; k++) total += real(a.data, x + k) * real(b.data, y + k);
  return total;
}

/** Returns rows from ... to - 1 in double precision. */
export function rowsOf({ values, width }: Features, from: number, to: number): Matrix {
  const rows = new Matrix(to - from, width);
  rows.data.set(values.subarray(from * width, to * width));
  return rows;
}

/** Returns the features of the images with these indices. */
export function pickRows({ values, width }: Features, indices: readonly number[]): Features {
  const picked = new Float32Array(indices.length * width);
  for (const [i, index] of indices.entries()) picked.set(values.subarray(index * width, (index + 1) * width), i * width);
  return { values: picked, count: indices.length, width };
}

/** @throws RangeError when two sets cannot be compared: different widths, fewer than two images, or numbers that are not finite */
export function checkComparable(a: Features, b: Features): void {
  checkWidths(a, b);
  checkFeatures(a);
  checkFeatures(b);
}

/** @throws RangeError for sets whose features are not of one width */
export function checkWidths(a: Features, b: Features): void {
  if (a.width !== b.width) throw new RangeError(`distance: features of one width are needed; got ${a.width} and ${b.width}`);
}

/** @throws RangeError for a set of one image, of another size than it says, or with a number that is not finite */
export function checkFeatures({ values, count, width }: Features): void {
  if (count < 2) throw new RangeError(`distance: at least two images on each side are needed; got ${count}`);
  if (values.length !== count * width)
    throw new RangeError(`distance: ${count} x ${width} numbers are needed; got ${values.length}`);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken !== -1)
    throw new RangeError(`distance: finite features are needed; image ${Math.floor(broken / width)} has ${values[broken]}`);
}
