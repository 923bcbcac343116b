/** @file How often each interval holds, in small; `npm run bench -- coverage` makes a thousand simulations of each. */
import { expect, test } from "vitest";
import { COVERAGE_CASES, countHeld } from "./coverage/cases.ts";

const SIMULATIONS = 24;

/** Too slow for the suite; the same functions are tried with four models and with 60 prompts. */
const SLOW = new Set([
  "Fréchet distances of configurations, 128 features, 50 prompts",
  "Fréchet distances of configurations, 128 features, 300 prompts",
  "win ratios of configurations, 60 prompts",
  "agreement about 8 models",
  "agreement about 12 models",
  "agreement about 24 models",
  "correlations of win ratios on 300 prompts",
]);

test.each(COVERAGE_CASES.filter(({ name }) => !SLOW.has(name)))("intervals of $name hold the truth", async ({ prepare }) => {
  const counts = await countHeld(await prepare(0.15), SIMULATIONS, 4100);
  for (const [of, { held, intervals }] of counts) {
    expect(intervals, of).toBeGreaterThanOrEqual(SIMULATIONS);
    // Intervals of half the width would hold in two of three.
    expect(held / intervals, of).toBeGreaterThan(0.83);
  }
});
