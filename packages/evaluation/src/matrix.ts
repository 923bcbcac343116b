/** @file Dense vectors and matrices in double precision, and the linear algebra of ratings. */

/** A column of numbers. */
export type Vector = Float64Array;

/**
 * Returns values[i], of a list of any kind. Inner loops use `real` and `whole` instead, which are compiled for one kind of array
 * each and so take a tenth of the time.
 * @throws RangeError when the list is shorter
 */
export function at(values: ArrayLike<number>, i: number): number {
  return values[i] ?? missing(i, values.length);
}

/**
 * Returns values[i] of double-precision numbers.
 * @throws RangeError when the list is shorter
 */
export function real(values: Float64Array, i: number): number {
  return values[i] ?? missing(i, values.length);
}

/**
 * Returns values[i] of 32-bit integers.
 * @throws RangeError when the list is shorter
 */
export function whole(values: Int32Array, i: number): number {
  return values[i] ?? missing(i, values.length);
}

/**
 * Returns values[i] of 16-bit numbers.
 * @throws RangeError when the list is shorter
 */
export function short(values: Uint16Array, i: number): number {
  return values[i] ?? missing(i, values.length);
}

/**
 * Returns values[i] of bytes.
 * @throws RangeError when the list is shorter
 */
export function byte(values: Uint8Array, i: number): number {
  return values[i] ?? missing(i, values.length);
}

function missing(i: number, length: number): never {
  throw new RangeError(`at: index ${i} of a list of ${length}`);
}

/** A matrix stored row by row, initially zero. */
export class Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    this.data = new Float64Array(rows * columns);
  }

  at(i: number, j: number): number {
    return real(this.data, i * this.columns + j);
  }

  set(i: number, j: number, value: number): void {
    this.data[i * this.columns + j] = value;
  }

  add(i: number, j: number, value: number): void {
    const index = i * this.columns + j;
    this.data[index] = real(this.data, index) + value;
  }

  /** Row i, as a view. */
  row(i: number): Vector {
    return this.data.subarray(i * this.columns, (i + 1) * this.columns);
  }

  /** The product with a matrix that has as many rows as this one has columns. */
  times(other: Matrix): Matrix {
    const product = new Matrix(this.rows, other.columns);
    for (let i = 0; i < this.rows; i++) {
      for (let k = 0; k < this.columns; k++)
        addMultiple(product.data, i * other.columns, other.data, k * other.columns, this.at(i, k), other.columns);
    }
    return product;
  }

  /** cT M c for a symmetric matrix M. If M is a covariance, this is the variance of the contrast c. */
  quadratic(contrast: Vector): number {
    let total = 0;
    for (let i = 0; i < this.rows; i++) {
      const left = real(contrast, i);
      if (left !== 0) total += left * dot(this.row(i), contrast);
    }
    return total;
  }
}

/** Sum of products of two vectors of equal length. */
export function dot(x: Vector, y: Vector): number {
  return product(x, 0, y, 0, x.length);
}

/**
 * Solves matrix x = right for a symmetric positive definite matrix (Cholesky).
 * @throws Error when the matrix is not positive definite
 */
export function solve(matrix: Matrix, right: Vector): Vector {
  return substitute(cholesky(matrix), right);
}

/**
 * Inverse of a symmetric positive definite matrix.
 * @throws Error when the matrix is not positive definite
 */
export function invert(matrix: Matrix): Matrix {
  const lower = cholesky(matrix);
  const inverse = new Matrix(matrix.rows, matrix.rows);
  for (let i = 0; i < matrix.rows; i++) {
    const unit = new Float64Array(matrix.rows);
    unit[i] = 1;
    inverse.row(i).set(substitute(lower, unit));
  }
  return inverse;
}

/** The lower triangular L with L Lt = matrix. Only the lower triangle of the matrix is read. */
function cholesky(matrix: Matrix): Matrix {
  const n = matrix.rows;
  const lower = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = matrix.at(i, j) - product(lower.data, i * n, lower.data, j * n, j);
      if (i === j && !(value > 0)) throw new Error(`cholesky: a positive definite matrix is needed; pivot ${i} is ${value}`);
      lower.set(i, j, i === j ? Math.sqrt(value) : value / lower.at(j, j));
    }
  }
  return lower;
}

/**
 * Sum of x[from + k] y[start + k] for k = 0 ... length - 1, in four sums side by side, because each addition would otherwise wait
 * for the one before it.
 */
export function product(x: Vector, from: number, y: Vector, start: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += real(x, from + k) * real(y, start + k);
    s1 += real(x, from + k + 1) * real(y, start + k + 1);
    s2 += real(x, from + k + 2) * real(y, start + k + 2);
    s3 += real(x, from + k + 3) * real(y, start + k + 3);
  }
  for (; k < length; k++) s0 += real(x, from + k) * real(y, start + k);
  return s0 + s1 + (s2 + s3);
}

/** target[to + j] += factor source[from + j] for j = 0 ... length - 1. */
function addMultiple(target: Vector, to: number, source: Vector, from: number, factor: number, length: number): void {
  if (factor !== 0) for (let j = 0; j < length; j++) target[to + j] = real(target, to + j) + factor * real(source, from + j);
}

/** Solves L Lt x = right. */
function substitute(lower: Matrix, right: Vector): Vector {
  const x = Float64Array.from(right);
  const n = x.length;
  for (let i = 0; i < n; i++) {
    let value = real(x, i);
    for (let k = 0; k < i; k++) value -= real(lower.data, i * n + k) * real(x, k);
    x[i] = value / lower.at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = real(x, i);
    for (let k = i + 1; k < n; k++) value -= real(lower.data, k * n + i) * real(x, k);
    x[i] = value / lower.at(i, i);
  }
  return x;
}

/**
 * Solves matrix x = right for any square matrix, by Gaussian elimination with row exchanges. It overwrites both; `right` becomes
 * x.
 * @param matrix row by row in its first size * size numbers
 * @param right its first `size` numbers
 * @returns false when the matrix is singular to 12 digits; then x is meaningless
 */
export function eliminate(matrix: Vector, right: Vector, size: number): boolean {
  for (let k = 0; k < size; k++) {
    const pivot = pivotRow(matrix, k, size);
    const head = real(matrix, pivot * size + k);
    if (Math.abs(head) < 1e-12) return false;
    if (pivot !== k) exchange(matrix, right, k, pivot, size);
    for (let i = k + 1; i < size; i++) {
      const factor = real(matrix, i * size + k) / head;
      addMultiple(matrix, i * size + k + 1, matrix, k * size + k + 1, -factor, size - k - 1);
      right[i] = real(right, i) - factor * real(right, k);
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    let value = real(right, i);
    for (let j = i + 1; j < size; j++) value -= real(matrix, i * size + j) * real(right, j);
    right[i] = value / real(matrix, i * size + i);
  }
  return true;
}

/** Returns the row from k on with the largest absolute value in column k. */
function pivotRow(matrix: Vector, k: number, size: number): number {
  let best = k;
  const absolute = (row: number) => Math.abs(real(matrix, row * size + k));
  for (let i = k + 1; i < size; i++) if (absolute(i) > absolute(best)) best = i;
  return best;
}

function exchange(matrix: Vector, right: Vector, i: number, j: number, size: number): void {
  const row = matrix.slice(i * size, (i + 1) * size);
  matrix.copyWithin(i * size, j * size, (j + 1) * size);
  matrix.set(row, j * size);
  const value = real(right, i);
  right[i] = real(right, j);
  right[j] = value;
}
