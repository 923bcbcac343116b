import { mulberry32 } from "@pickapic/chance";
import { expect, test } from "vitest";
import { fitTemperature, type ScoredPair } from "../src/temperature.ts";

function votes(count: number, temperature: number, bias: number, seed: number): ScoredPair[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () => {
    const difference = 6 * (random() - 0.5);
    const p = 1 / (1 + Math.exp(-(difference / temperature + bias)));
    return { difference, label: random() < 0.1 ? "tie" : random() < p ? 0 : 1 };
  });
}

test("finds the temperature and the bias with which votes were drawn", () => {
  const fit = fitTemperature(votes(40_000, 2.5, 0.3, 1));
  if ("reason" in fit) throw new Error(fit.reason);
  // Ties pull both a little towards 0: a tenth of the votes says nothing.
  expect(fit.temperature).toBeGreaterThan(2.4);
  expect(fit.temperature).toBeLessThan(3.1);
  expect(fit.bias).toBeGreaterThan(0.2);
  expect(fit.bias).toBeLessThan(0.35);
});

test("is a maximum of the likelihood: no step in any direction is better", () => {
  const pairs = votes(500, 1.3, -0.2, 2);
  const fit = fitTemperature(pairs);
  if ("reason" in fit) throw new Error(fit.reason);
  const loss = (slope: number, bias: number) =>
    pairs.reduce((sum, { difference, label }) => {
      const p = 1 / (1 + Math.exp(-(slope * difference + bias)));
      const share = label === "tie" ? 0.5 : 1 - label;
      return sum - share * Math.log(p) - (1 - share) * Math.log(1 - p);
    }, 0);
  const best = loss(1 / fit.temperature, fit.bias);
  for (const [a, b] of [
    [1e-4, 0],
    [-1e-4, 0],
    [0, 1e-4],
    [0, -1e-4],
  ] as const)
    expect(loss(1 / fit.temperature + a, fit.bias + b)).toBeGreaterThan(best);
});

test.each([
  ["too few votes", votes(29, 1, 0, 3), /too few votes \(29\)/],
  ["equal scores", votes(50, 1, 0, 4).map((vote) => ({ ...vote, difference: 0 })), /all images the same score/],
  [
    "scores against the votes",
    votes(200, 1, 0, 5).map((vote) => ({ ...vote, difference: -vote.difference })),
    /do not go with the votes/,
  ],
])("says why %s give no fit", (_name, pairs, reason) => {
  expect(fitTemperature(pairs)).toMatchObject({ reason: expect.stringMatching(reason) });
});

test("votes that the scores split without an exception give a finite temperature", () => {
  const fit = fitTemperature(votes(100, 1e-6, 0, 6).filter(({ label }) => label !== "tie"));
  expect(fit).toMatchObject({ temperature: expect.any(Number) });
  if (!("reason" in fit)) expect(fit.temperature).toBeGreaterThan(0.01);
});
