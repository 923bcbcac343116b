import { Graph } from "@pickapic/graph";
import { describe, expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { createState } from "../../src/steps/state.ts";
import { type Feed, openStepper } from "../../src/steps/stepper.ts";
import { learningRateAt } from "../../src/train/schedule.ts";
import { distance, feedsOf, golden, openGolden } from "../goldenRun.ts";

shareSessions();

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

/** A feed with a graph of its own that keeps `layers` tensors of 40 MB for backward. */
function largeFeed(key: string, layers: number): Feed {
  const size = 10_000_000;
  const graph = () => {
    const g = new Graph(key);
    let x = g.mul(g.input("w", "float32", [1]), g.input("x", "float32", [size]));
    for (let i = 0; i < layers; i++) x = g.mul(x, x);
    return { graph: g, loss: g.mean(x) };
  };
  return { key, graph, inputs: { x: new Float32Array(size).fill(0.5) } };
}

test("no graph keeps the memory of its activations after a run, so that many graphs take as much as the largest", async () => {
  const shapes = new Map([["w", [1]]]);
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1, threads: 1, spin: false };
  const stepper = await openStepper(createState(shapes), shapes, settings);
  const before = process.memoryUsage.rss();
  await stepper.step(
    [3, 4, 5].map((layers) => largeFeed(`${layers} layers`, layers)),
    1e-6,
  );
  // The three inputs take 120 MB, what three runs would keep 700 MB more.
  expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(400);
  await stepper.close();
});
