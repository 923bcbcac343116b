import { describe, expect, test } from "vitest";
import { openStepper } from "../../src/steps/stepper.ts";
import { learningRateAt } from "../../src/train/schedule.ts";
import { distance, feedsOf, golden, openGolden } from "../goldenRun.ts";

/** Everything of the paper's training that the fixture must have at once; otherwise following it would prove less than is said. */
test("the twenty steps of the fixture have ties, prompt weights, four micro-batches, warm-up, decay, clipped and unclipped steps", () => {
  const { settings, steps } = golden();
  const pairs = steps.flatMap((step) => step.pairs);
  expect(steps).toHaveLength(20);
  expect(settings).toMatchObject({ weightDecay: 0.3, warmup: "logarithmic", decay: "linear", batchPairs: 8, microBatchPairs: 2 });
  expect(pairs.filter(({ target }) => target[0] === 0.5).length).toBeGreaterThan(20);
  expect(new Set(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt)).size).toBeGreaterThan(3);
  const clipped = steps.filter(({ gradientNorm }) => gradientNorm > settings.clipNorm);
  expect(clipped.length).toBeGreaterThan(8);
  expect(clipped.length).toBeLessThan(18);
});

describe.each([
  ["in the usual way", {}],
  ["with texts packed", { packed: true }],
  ["lean", { lean: true }],
  ["with activations computed again", { lean: true, recompute: true }],
  ["with activations computed again and texts packed", { lean: true, recompute: true, packed: true }],
] as const)("%s", (_way, { lean, recompute, packed }: { lean?: boolean; recompute?: boolean; packed?: boolean }) => {
  test("twenty steps follow PyTorch: losses within 1e-4, and every tensor within 2 % of its own update", async () => {
    const { settings, steps, side, training, start, end } = await openGolden();
    const { state, trained, model } = training;
    const stepper = await openStepper(state, trained, settings, { lean, ...(recompute && { recompute: model }) });
    for (const [t, step] of steps.entries()) {
      const rate = learningRateAt(t, settings);
      const feeds = feedsOf(step, training, side, settings.microBatchPairs, packed);
      const { loss, gradientNorm } = await stepper.step(feeds, rate);
      expect(rate).toBeCloseTo(step.learningRate, 12);
      expect(Math.abs(loss / step.loss - 1), `loss of step ${t}`).toBeLessThan(1e-4);
      expect(Math.abs(gradientNorm / step.gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-3);
    }
    await stepper.close();
    for (const [name, parameter] of state.parameters.views) {
      const update = distance(end.get(name)!, start.get(name)!);
      expect(update, name).toBeGreaterThan(1e-4);
      expect(distance(parameter, end.get(name)!) / update, name).toBeLessThan(0.02);
    }
  });
});
