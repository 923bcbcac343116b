/** @file The little linear algebra that a Newton step needs. Matrices are rows of numbers. */

/** x with matrix x = right, for a symmetric positive definite matrix (Cholesky). */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const lower = cholesky(matrix);
  const n = right.length;
  const y = new Array<number>(n).fill(0);
  for (let i = 0; i < n; i++) {
    let value = right[i] as number;
    for (let k = 0; k < i; k++) value -= at(lower, i, k) * (y[k] as number);
    y[i] = value / at(lower, i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = y[i] as number;
    for (let k = i + 1; k < n; k++) value -= at(lower, k, i) * (y[k] as number);
    y[i] = value / at(lower, i, i);
  }
  return y;
}

/** Inverse of a symmetric positive definite matrix. */
export function invert(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((_, i) =>
    solve(
      matrix,
      matrix.map((__, j) => (i === j ? 1 : 0)),
    ),
  );
}

export function multiply(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((total, value, k) => total + value * at(b, k, j), 0)));
}

/** L with L Lt = matrix, lower triangular. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower = matrix.map((row) => row.map(() => 0));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let value = at(matrix, i, j);
      for (let k = 0; k < j; k++) value -= at(lower, i, k) * at(lower, j, k);
      if (i === j && !(value > 0)) throw new Error(`cholesky: a positive definite matrix is needed; pivot ${i} is ${value}`);
      (lower[i] as number[])[j] = i === j ? Math.sqrt(value) : value / at(lower, j, j);
    }
  }
  return lower;
}

const at = (matrix: readonly (readonly number[])[], i: number, j: number): number =>
  (matrix[i] as readonly number[])[j] as number;
