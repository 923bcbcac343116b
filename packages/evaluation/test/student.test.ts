import { describe, expect, test } from "vitest";
import { studentQuantile } from "../src/student.ts";
import { golden } from "./golden.ts";

describe("Student's quantile", () => {
  test.each(golden.normal.student)("at %d with %d degrees of freedom is scipy's %d", (p, degrees, t) => {
    expect(Math.abs(studentQuantile(p, degrees) - t)).toBeLessThanOrEqual(1e-10 * Math.abs(t));
  });

  test("below one half is that above with its sign turned, and at one half it is 0", () => {
    expect(studentQuantile(0.025, 7)).toBeCloseTo(-studentQuantile(0.975, 7), 12);
    expect(studentQuantile(0.5, 7)).toBe(0);
  });

  test("at 0 and 1 is infinite, and no degrees of freedom are an error", () => {
    expect(studentQuantile(1, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(studentQuantile(0, 5)).toBe(Number.NEGATIVE_INFINITY);
    expect(() => studentQuantile(0.9, 0)).toThrow("got 0");
  });
});
