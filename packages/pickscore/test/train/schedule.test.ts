import fc from "fast-check";
import { expect, test } from "vitest";
import type { Schedule } from "../../src/index.ts";
import { learningRateAt } from "../../src/train/schedule.ts";

const paper: Schedule = { learningRate: 3e-6, warmup: "logarithmic", warmupSteps: 500, decay: "linear", steps: 4000 };

test("the paper's rate grows like ln(t + 1) / ln 500 and then falls to 0 at step 4000", () => {
  expect(learningRateAt(0, paper)).toBe(0);
  expect(learningRateAt(1, paper)).toBeCloseTo(3e-6 * 0.111536, 10);
  expect(learningRateAt(499, paper)).toBeCloseTo(3e-6, 12);
  expect(learningRateAt(500, paper)).toBeCloseTo(3e-6, 12);
  expect(learningRateAt(2250, paper)).toBeCloseTo(1.5e-6, 12);
  expect(learningRateAt(4000, paper)).toBe(0);
});

/** DeepSpeed's WarmupDecayLR as the authors call it: the optimizer steps first, then the schedule, which begins at iteration -1. */
function* authorsRates({ learningRate, warmupSteps, steps }: Schedule): Generator<number> {
  let lastIteration = -1;
  // Before the schedule's first step the optimizer has the rate that it was made with.
  let rate = learningRate;
  for (;;) {
    yield rate;
    lastIteration++;
    const gamma =
      lastIteration < warmupSteps
        ? Math.log(lastIteration + 1) / Math.log(warmupSteps)
        : Math.max(0, (steps - lastIteration) / Math.max(1, steps - warmupSteps));
    rate = learningRate * gamma;
  }
}

test("the schedule that steps after the optimizer is the authors' sequence: the full rate, then 0, then the rest one step later", () => {
  const after: Schedule = { ...paper, warmupOrder: "after-optimizer" };
  const reference = authorsRates(paper);
  for (let t = 0; t < 4000; t++) expect(learningRateAt(t, after), `step ${t}`).toBeCloseTo(reference.next().value as number, 15);
  // By hand: ln 2 / ln 500 = 0.111536; step 501 is the first of the decay.
  expect([0, 1, 2, 501, 3999].map((t) => learningRateAt(t, after) / 3e-6)).toEqual(
    [1, 0, 0.111536, 1, 2 / 3500].map((share) => expect.closeTo(share, 5)),
  );
  expect(learningRateAt(2, after)).toBe(learningRateAt(1, paper));
});

test("linear warm-up has no wasted first step, and cosine passes through half in the middle", () => {
  const schedule: Schedule = { learningRate: 1, warmup: "linear", warmupSteps: 10, decay: "cosine", steps: 110 };
  expect(learningRateAt(0, schedule)).toBeCloseTo(0.1);
  expect(learningRateAt(9, schedule)).toBeCloseTo(1);
  expect(learningRateAt(60, schedule)).toBeCloseTo(0.5);
});

const schedule = (more: Partial<Schedule>): Schedule => ({
  learningRate: 2,
  warmup: "none",
  warmupSteps: 0,
  decay: "none",
  steps: 100,
  ...more,
});
test.each([
  ["no warm-up is the full rate at once", { warmupSteps: 10 }, 0, 2],
  ["a logarithmic warm-up of one step is the full rate", { warmup: "logarithmic", warmupSteps: 1 }, 0, 2],
  ["a logarithmic warm-up of two steps begins at 0", { warmup: "logarithmic", warmupSteps: 2 }, 0, 0],
  ["the last step of a linear warm-up has the full rate", { warmup: "linear", warmupSteps: 4 }, 3, 2],
  ["a linear warm-up grows in equal steps", { warmup: "linear", warmupSteps: 4 }, 1, 1],
  ["without a decay the rate stays", { warmupSteps: 10 }, 99, 2],
  ["a linear decay is half-way in the middle between warm-up and end", { warmupSteps: 20, decay: "linear" }, 60, 1],
  ["a linear decay starts after the warm-up", { warmupSteps: 20, decay: "linear" }, 20, 2],
  ["after the last step a linear decay is at 0", { decay: "linear" }, 101, 0],
  ["after the last step a late decay is at 0", { decay: "late" }, 101, 0],
  ["a warm-up as long as the run leaves one step of decay", { warmupSteps: 100, decay: "linear" }, 99.5, 2],
  ["a warm-up as long as the run ends at 0", { warmupSteps: 100, decay: "linear" }, 100, 0],
  ["a quarter of a cosine decay has cost 15 % of the rate", { decay: "cosine" }, 25, 1 + Math.SQRT1_2],
] as const)("%s", (_what, more, t, rate) => {
  expect(learningRateAt(t, schedule(more))).toBeCloseTo(rate, 12);
});

test("a late decay is constant for three quarters and then falls to 0", () => {
  const schedule: Schedule = { learningRate: 1, warmup: "none", warmupSteps: 0, decay: "late", steps: 100 };
  expect([0, 50, 75, 90, 100].map((t) => learningRateAt(t, schedule))).toEqual([1, 1, 1, 0.4, 0]);
});

test("the rate is never negative and never above the setting", () => {
  const schedules = fc.record({
    learningRate: fc.constant(1),
    warmup: fc.constantFrom("logarithmic", "linear", "none"),
    warmupSteps: fc.nat(50),
    decay: fc.constantFrom("linear", "cosine", "late", "none"),
    steps: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(schedules, fc.nat(200), (schedule, t) => {
      const rate = learningRateAt(t, schedule as Schedule);
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});
