import fc from "fast-check";
import { expect, test } from "vitest";
import { invert, multiply, solve } from "../src/linear.ts";

/** A random matrix times its transpose, plus the unit matrix: symmetric and positive definite. */
const definite = fc.integer({ min: 1, max: 5 }).chain((n) =>
  fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }).map((m) => {
    const square = multiply(
      m,
      m.map((_, j) => m.map((row) => row[j] as number)),
    );
    return square.map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
  }),
);

test("a matrix times its inverse is the unit matrix, and solving agrees with it", () => {
  fc.assert(
    fc.property(definite, (matrix) => {
      const unit = multiply(matrix, invert(matrix));
      for (const [i, row] of unit.entries())
        for (const [j, value] of row.entries()) expect(value).toBeCloseTo(i === j ? 1 : 0, 6);
      const right = matrix.map((_, i) => i + 1);
      const back = multiply(
        matrix,
        solve(matrix, right).map((x) => [x]),
      ).map(([x]) => x as number);
      for (const [i, value] of back.entries()) expect(value).toBeCloseTo(i + 1, 6);
    }),
  );
});

test("a matrix that is not positive definite is an error, not a number", () => {
  expect(() =>
    solve(
      [
        [1, 2],
        [2, 1],
      ],
      [1, 1],
    ),
  ).toThrow("positive definite");
});
