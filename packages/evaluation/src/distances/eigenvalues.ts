/** @file Eigenvalues of symmetric matrices: Householder's reduction to three diagonals, then the implicit QL method (Press et al. 2007, sections 11.3 and 11.4). */

import { type Matrix, real, type Vector } from "../matrix.ts";

/** The QL method needs one or two sweeps for each eigenvalue. More than this many show that the matrix is not finite. */
const MOST_SWEEPS = 60;

/**
 * Returns the eigenvalues of a symmetric matrix, from the smallest to the largest, with an absolute error of about 1e-15 times the largest.
 * Only the lower triangle is read, and it is overwritten. The time grows with the cube of the size: about 15 s for 2,048 rows.
 * @throws Error when a number of the matrix is not finite
 */
export function symmetricEigenvalues(matrix: Matrix): Vector {
  const { diagonal, beside } = tridiagonalize(matrix.data, matrix.rows);
  for (let start = 0; start < diagonal.length; start++) isolate(diagonal, beside, start);
  return diagonal.sort();
}

/** A symmetric matrix with three diagonals: `beside[i]` stands left of `diagonal[i]`, and beside[0] is 0. */
interface Tridiagonal {
  readonly diagonal: Vector;
  readonly beside: Vector;
}

/** Reduces the lower triangle of a symmetric matrix, row by row from the last, to three diagonals with the same eigenvalues. */
function tridiagonalize(a: Vector, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  for (let i = n - 1; i >= 1; i--) {
    const u = a.subarray(i * n, i * n + i);
    const scale = u.reduce((sum, value) => sum + Math.abs(value), 0);
    if (i === 1 || scale === 0) {
      beside[i] = real(u, i - 1);
      continue;
    }
    const { value, half } = reflector(u, scale);
    beside[i] = value;
    reflect(a, n, u, half);
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => real(a, i * n + i)), beside };
}

/** Turns a row into Householder's vector u, and returns the number that stays of the row and uTu / 2. */
function reflector(u: Vector, scale: number): { value: number; half: number } {
  let square = 0;
  for (let k = 0; k < u.length; k++) {
    const value = real(u, k) / scale;
    u[k] = value;
    square += value * value;
  }
  const last = real(u, u.length - 1);
  const root = last >= 0 ? -Math.sqrt(square) : Math.sqrt(square);
  u[u.length - 1] = last - root;
  return { value: scale * root, half: square - last * root };
}

/** Replaces the leading block A, of the size of u, by P A P with P = 1 - u uT / half. */
function reflect(a: Vector, n: number, u: Vector, half: number): void {
  const q = new Float64Array(u.length);
  for (let j = 0; j < u.length; j++) {
    const start = j * n;
    const uj = real(u, j);
    let sum = real(a, start + j) * uj;
    for (let k = 0; k < j; k++) {
      const value = real(a, start + k);
      sum += value * real(u, k);
      q[k] = real(q, k) + value * uj;
    }
    q[j] = real(q, j) + sum;
  }
  let projection = 0;
  for (let j = 0; j < q.length; j++) {
    q[j] = real(q, j) / half;
    projection += real(u, j) * real(q, j);
  }
  const share = projection / (2 * half);
  for (let j = 0; j < q.length; j++) q[j] = real(q, j) - share * real(u, j);
  for (let j = 0; j < u.length; j++) {
    const start = j * n;
    const [uj, qj] = [real(u, j), real(q, j)];
    for (let k = 0; k <= j; k++) a[start + k] = real(a, start + k) - uj * real(q, k) - qj * real(u, k);
  }
}

/** Makes the number beside diagonal[start] vanish, by QL sweeps with Wilkinson's shift. */
function isolate(diagonal: Vector, beside: Vector, start: number): void {
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    const end = blockEnd(diagonal, beside, start);
    if (end === start) return;
    sweepBlock(diagonal, beside, start, end);
  }
  throw new Error("symmetricEigenvalues: finite numbers are needed; the matrix holds NaN or infinity");
}

/** Returns the last index of the block that begins at `start`: the first whose neighbour on the right is negligible. */
function blockEnd(diagonal: Vector, beside: Vector, start: number): number {
  let end = start;
  for (; end < diagonal.length - 1; end++) {
    const size = Math.abs(real(diagonal, end)) + Math.abs(real(diagonal, end + 1));
    if (Math.abs(real(beside, end + 1)) <= Number.EPSILON * size) break;
  }
  return end;
}

/** One implicit QL sweep over the rows start ... end. */
function sweepBlock(diagonal: Vector, beside: Vector, start: number, end: number): void {
  const first = real(diagonal, start);
  const neighbour = real(beside, start + 1);
  const ratio = (real(diagonal, start + 1) - first) / (2 * neighbour);
  const root = Math.hypot(ratio, 1);
  let g = real(diagonal, end) - first + neighbour / (ratio + (ratio >= 0 ? root : -root));
  let [sine, cosine, carry] = [1, 1, 0];
  for (let i = end - 1; i >= start; i--) {
    const f = sine * real(beside, i + 1);
    const b = cosine * real(beside, i + 1);
    const length = Math.hypot(f, g);
    if (i + 2 <= end) beside[i + 2] = length;
    if (length === 0) {
      // The block falls into two: the next sweeps find them.
      diagonal[i + 1] = real(diagonal, i + 1) - carry;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = real(diagonal, i + 1) - carry;
    const turned = (real(diagonal, i) - g) * sine + 2 * cosine * b;
    carry = sine * turned;
    diagonal[i + 1] = g + carry;
    g = cosine * turned - b;
  }
  diagonal[start] = first - carry;
  beside[start + 1] = g;
}
