/** @file What one more image is expected to gain, against scipy's quadrature. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectedGain, FEWEST_SCORES } from "../../src/index.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../../fixtures/generation/expectedGain.json", import.meta.url), "utf8"),
) as { cases: { scores: number[]; gain: number }[] };

describe("expectedGain", () => {
  test.each(cases)("agrees with scipy to 1e-6 (case %#)", ({ scores, gain }) => {
    expect(Math.abs((expectedGain(scores) ?? Number.NaN) - gain)).toBeLessThan(1e-6);
  });

  test("is not given for too few scores, and is 0 when all are equal", () => {
    expect(expectedGain(new Array(FEWEST_SCORES - 1).fill(1))).toBeNull();
    expect(expectedGain(new Array(FEWEST_SCORES).fill(1))).toBe(0);
  });

  test("does not depend on where the scores lie, and falls when the best one is better", () => {
    const scores = [0, 0.4, -0.3, 1, 0.2, 0.7];
    expect(expectedGain(scores.map((score) => score + 20))).toBeCloseTo(expectedGain(scores) ?? Number.NaN, 9);
    const gains = [3, 2, 1].map((best) => expectedGain([0, 0.1, -0.1, 0.05, -0.05, 0, 0.1, -0.1, 0, best / 10]));
    expect([...gains].sort()).toEqual(gains);
  });
});
