import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Target } from "../src/index.ts";
import { pairLoss, pairWeights, preference } from "../src/loss.ts";
import { softmax } from "../src/score/rank.ts";

const fixture = JSON.parse(readFileSync(new URL("../../../fixtures/pickscore/losses.json", import.meta.url), "utf8")) as {
  rows: { scores: [number, number]; target: [number, number]; loss: number }[];
};

test("the check values of the paper come out", () => {
  expect(pairLoss([21, 20], [1, 0])).toBeCloseTo(0.313262, 6);
  expect(pairLoss([21, 20], [0, 1])).toBeCloseTo(1.313262, 6);
  expect(pairLoss([21, 20], [0.5, 0.5])).toBeCloseTo(0.120115, 6);
  expect(pairLoss([20, 20], [0.5, 0.5])).toBeCloseTo(0, 12);
  expect(pairLoss([20, 20], [1, 0])).toBeCloseTo(Math.LN2, 12);
});

test("the loss of a pair is PyTorch's in double precision", () => {
  expect(fixture.rows.length).toBeGreaterThan(20);
  for (const { scores, target, loss } of fixture.rows) expect(pairLoss(scores, target)).toBeCloseTo(loss, 12);
});

test("the loss is never negative, never overflows, and does not change when both scores move", () => {
  const score = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(score, score, fc.constantFrom<Target>([1, 0], [0, 1], [0.5, 0.5]), (a, b, target) => {
      const loss = pairLoss([a, b], target);
      expect(Number.isFinite(loss)).toBe(true);
      expect(loss).toBeGreaterThanOrEqual(-1e-12);
      expect(pairLoss([a + 8, b + 8], target)).toBeCloseTo(loss, 6);
    }),
  );
});

test("a prompt with many rankings weighs as much as one with few", () => {
  const weights = pairWeights([1, 4, 4, 4, 4]);
  expect(weights[0]).toBeCloseTo(0.5, 12);
  expect(weights.slice(1).reduce((a, b) => a + b)).toBeCloseTo(0.5, 12);
});

test("the preference for an image is the softmax of the two scores, and e to the power of minus the loss of choosing it", () => {
  expect([0, Math.log(3), -Math.log(3), 800, -800].map(preference)).toEqual(
    [0.5, 0.75, 0.25, 1, 0].map((p) => expect.closeTo(p, 12)),
  );
  for (const lead of [-3, -0.5, 0, 1, 4]) {
    expect(preference(lead)).toBeCloseTo(softmax([lead, 0])[0] ?? Number.NaN, 12);
    expect(preference(lead)).toBeCloseTo(Math.exp(-pairLoss([lead, 0], [1, 0])), 12);
  }
});
