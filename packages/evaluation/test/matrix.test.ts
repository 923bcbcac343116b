import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, dot, eliminate, invert, Matrix, solve } from "../src/matrix.ts";

function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  const matrix = new Matrix(rows.length, rows[0]?.length ?? 0);
  for (const [i, row] of rows.entries()) matrix.row(i).set(row);
  return matrix;
}

const rowsOf = (matrix: Matrix): number[][] => Array.from({ length: matrix.rows }, (_, i) => [...matrix.row(i)]);

const square = fc
  .integer({ min: 1, max: 5 })
  .chain((n) =>
    fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
  );

/** A matrix times its transpose, plus the unit matrix: symmetric and positive definite. */
const definite = square.map((rows) => {
  const product = matrixOf(rows).times(matrixOf(rows.map((_, j) => rows.map((row) => row[j]!))));
  for (let i = 0; i < rows.length; i++) product.add(i, i, 1);
  return product;
});

test("products of unequal sizes are those by hand", () => {
  const product = matrixOf([
    [1, 2, 3],
    [0, -1, 0.5],
  ]).times(matrixOf([[2], [0], [4]]));
  expect(rowsOf(product)).toEqual([[14], [2]]);
});

test("a quadratic form is that by hand, also of a matrix that is not symmetric", () => {
  const matrix = matrixOf([
    [2, 1],
    [3, 5],
  ]);
  expect(matrix.quadratic(Float64Array.of(1, -2))).toBe(2 - 2 - 6 + 20);
  expect(dot(Float64Array.of(1, 2, 3), Float64Array.of(4, -5, 6))).toBe(12);
});

describe("a positive definite system", () => {
  test("a matrix times its inverse is the unit matrix, and solving agrees with it", () => {
    fc.assert(
      fc.property(definite, (matrix) => {
        const unit = matrix.times(invert(matrix));
        for (const [i, row] of rowsOf(unit).entries())
          for (const [j, value] of row.entries()) expect(value).toBeCloseTo(i === j ? 1 : 0, 6);
        const right = Float64Array.from({ length: matrix.rows }, (_, i) => i + 1);
        const x = solve(matrix, right);
        for (let i = 0; i < matrix.rows; i++) expect(dot(matrix.row(i), x)).toBeCloseTo(i + 1, 6);
      }),
    );
  });

  test("a matrix that is not positive definite is an error, not a number", () => {
    const indefinite = matrixOf([
      [1, 2],
      [2, 1],
    ]);
    expect(() => solve(indefinite, Float64Array.of(1, 1))).toThrow("positive definite matrix is needed; pivot 1 is -3");
  });
});

describe("elimination", () => {
  test("solves any system that is not singular, with pivots out of order", () => {
    fc.assert(
      fc.property(square, (rows) => {
        const right = Float64Array.from(rows, (_, i) => 2 * i - 1);
        const x = right.slice();
        if (!eliminate(matrixOf(rows).data, x, rows.length)) return;
        for (const [i, row] of rows.entries()) expect(dot(Float64Array.from(row), x)).toBeCloseTo(at(right, i), 5);
      }),
    );
    const x = Float64Array.of(3, 4);
    const turned = matrixOf([
      [0, 2],
      [1, 0],
    ]);
    expect([eliminate(turned.data, x, 2), ...x]).toEqual([true, 4, 1.5]);
  });

  test("says that a singular one has no answer", () => {
    const singular = matrixOf([
      [1, 2],
      [2, 4],
    ]);
    expect(eliminate(singular.data, Float64Array.of(1, 1), 2)).toBe(false);
  });
});

test("reading past the end of a list is an error", () => {
  expect(at([5, 6], 1)).toBe(6);
  expect(() => at([5, 6], 2)).toThrow("index 2 of a list of 2");
});
