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

/** A B^T in plain TypeScript, about 1e9 products a second; of A A^T only one half is computed. */
export const timesTransposed: TimesTransposed = (a, b) => {
  const product = new Matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) rowProducts(a, i, b, a === b ? i + 1 : b.rows, product.row(i));
  if (a === b) for (let i = 0; i < a.rows; i++) for (let j = 0; j < i; j++) product.set(j, i, product.at(i, j));
  return product;
};

/**
 * Row i of A times the first `count` rows of B, four rows at a time: each number of A is read once for all four, and no addition waits for the one before it.
 * Each sum still runs from the first column to the last.
 */
function rowProducts({ data: x, columns }: Matrix, i: number, { data: y }: Matrix, count: number, into: Float64Array): void {
  const from = i * columns;
  let j = 0;
  for (; j + 3 < count; j += 4) {
    const [at0, at1, at2, at3] = [j * columns, (j + 1) * columns, (j + 2) * columns, (j + 3) * columns];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < columns; k++) {
      const value = real(x, from + k);
      s0 += value * real(y, at0 + k);
      s1 += value * real(y, at1 + k);
      s2 += value * real(y, at2 + k);
      s3 += value * real(y, at3 + k);
    }
    into[j] = s0;
    into[j + 1] = s1;
    into[j + 2] = s2;
    into[j + 3] = s3;
  }
  for (; j < count; j++) {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += real(x, from + k) * real(y, j * columns + k);
    into[j] = sum;
  }
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
