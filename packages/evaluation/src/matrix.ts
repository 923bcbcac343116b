/** @file Dense vectors and matrices in double precision, and the linear algebra of ratings. */

/** A column of numbers. */
export type Vector = Float64Array;

/**
 * Returns values[i]. This package reads typed arrays only through it.
 * @throws RangeError when the list is shorter
 */
export function at(values: ArrayLike<number>, i: number): number {
  const value = values[i];
  if (value === undefined) throw new RangeError(`at: place ${i} of a list of ${values.length}`);
  return value;
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
    return at(this.data, i * this.columns + j);
  }

  set(i: number, j: number, value: number): void {
    this.data[i * this.columns + j] = value;
  }

  add(i: number, j: number, value: number): void {
    this.data[i * this.columns + j] = at(this.data, i * this.columns + j) + value;
  }

  /** Row i, as a view. */
  row(i: number): Vector {
    return this.data.subarray(i * this.columns, (i + 1) * this.columns);
  }

  /** The product with a matrix that has as many rows as this one has columns. */
  times(other: Matrix): Matrix {
    const product = new Matrix(this.rows, other.columns);
    for (let i = 0; i < this.rows; i++) {
      for (let k = 0; k < this.columns; k++) {
        const factor = this.at(i, k);
        if (factor !== 0) for (let j = 0; j < other.columns; j++) product.add(i, j, factor * other.at(k, j));
      }
    }
    return product;
  }

  /** cT M c for a symmetric matrix M. If M is a covariance, this is the variance of the contrast c. */
  quadratic(contrast: Vector): number {
    let total = 0;
    for (let i = 0; i < this.rows; i++) {
      const left = at(contrast, i);
      if (left !== 0) total += left * dot(this.row(i), contrast);
    }
    return total;
  }
}

/** Sum of products of two vectors of equal length. */
export function dot(x: Vector, y: Vector): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += at(x, i) * at(y, i);
  return total;
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

/** The lower triangular L with L Lt = matrix. */
function cholesky(matrix: Matrix): Matrix {
  const n = matrix.rows;
  const lower = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix.at(i, j);
      for (let k = 0; k < j; k++) value -= lower.at(i, k) * lower.at(j, k);
      if (i === j && !(value > 0)) throw new Error(`cholesky: a positive definite matrix is needed; pivot ${i} is ${value}`);
      lower.set(i, j, i === j ? Math.sqrt(value) : value / lower.at(j, j));
    }
  }
  return lower;
}

/** Solves L Lt x = right. */
function substitute(lower: Matrix, right: Vector): Vector {
  const x = Float64Array.from(right);
  const n = x.length;
  for (let i = 0; i < n; i++) {
    let value = at(x, i);
    for (let k = 0; k < i; k++) value -= lower.at(i, k) * at(x, k);
    x[i] = value / lower.at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = at(x, i);
    for (let k = i + 1; k < n; k++) value -= lower.at(k, i) * at(x, k);
    x[i] = value / lower.at(i, i);
  }
  return x;
}

/**
 * Solves matrix x = right for any square matrix, by Gaussian elimination with row exchanges. It overwrites both; `right` becomes
 * x.
 * @returns false when the matrix is singular to 12 digits; then x is meaningless
 */
export function eliminate(matrix: Matrix, right: Vector): boolean {
  const n = matrix.rows;
  for (let k = 0; k < n; k++) {
    const pivot = pivotRow(matrix, k);
    if (Math.abs(matrix.at(pivot, k)) < 1e-12) return false;
    if (pivot !== k) exchange(matrix, right, k, pivot);
    for (let i = k + 1; i < n; i++) {
      const factor = matrix.at(i, k) / matrix.at(k, k);
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) matrix.add(i, j, -factor * matrix.at(k, j));
      right[i] = at(right, i) - factor * at(right, k);
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = at(right, i);
    for (let j = i + 1; j < n; j++) value -= matrix.at(i, j) * at(right, j);
    right[i] = value / matrix.at(i, i);
  }
  return true;
}

/** Returns the row from k on with the largest absolute value in column k. */
function pivotRow(matrix: Matrix, k: number): number {
  let best = k;
  for (let i = k + 1; i < matrix.rows; i++) if (Math.abs(matrix.at(i, k)) > Math.abs(matrix.at(best, k))) best = i;
  return best;
}

function exchange(matrix: Matrix, right: Vector, i: number, j: number): void {
  const row = matrix.row(i).slice();
  matrix.row(i).set(matrix.row(j));
  matrix.row(j).set(row);
  const value = at(right, i);
  right[i] = at(right, j);
  right[j] = value;
}
