import { expect, test } from "vitest";
import { normalCdf, normalQuantile } from "../src/normal.ts";
import { golden } from "./golden.ts";

test.each(golden.normal.cdf)("P(Z <= %d) is scipy's %d to 12 digits, far tails included", (z, p) => {
  expect(Math.abs(normalCdf(z) - p)).toBeLessThanOrEqual(1e-12 * p);
});

test.each(golden.normal.quantile)("the quantile at %d is scipy's %d", (p, z) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 9);
});

test("the quantile at 0 and 1 is infinite, and outside is an error", () => {
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  expect(() => normalQuantile(1.1)).toThrow("got 1.1");
});
