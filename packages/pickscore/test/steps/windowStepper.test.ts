/** @file Several steps at once give what they give one by one: on the processor, with the graph that CUDA would get. CUDA itself was never at hand. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { learningRateAt } from "../../src/index.ts";
import type { LossScale } from "../../src/steps/lossScale.ts";
import { openStepper, type StepAhead, type Stepper } from "../../src/steps/stepper.ts";
import { openWindowStepper, type WindowStepperOptions } from "../../src/steps/windowStepper.ts";
import { type Loop, runLoop } from "../../src/train/loop.ts";
import { distance, feedsOf, type Golden, goldenSteps, openGolden } from "../goldenRun.ts";
import { temporaryFolder } from "../tinyClip.ts";

const FULL: WindowStepperOptions = { device: "cpu", precision: "float32", now: () => 0 };
const HALF: WindowStepperOptions = { ...FULL, precision: "float16" };

const openWindow = ({ training, settings }: Golden, options: WindowStepperOptions) =>
  openWindowStepper(training.state, training.trained, settings, options);

/** The golden steps from `from` on. */
function* ahead({ steps, training, side, settings }: Golden, from: number, to: number): Generator<StepAhead> {
  for (let t = from; t < to; t++)
    yield { feeds: feedsOf(steps[t]!, training, side, settings.microBatchPairs), learningRate: learningRateAt(t, settings) };
}

/** Steps 0 ... to - 1, as many at once as the stepper likes; how many it had made whenever it was asked for one. */
async function inWindows(golden: Golden, stepper: Stepper, to: number) {
  const results = [];
  const wereReady: boolean[] = [];
  for (let t = 0; t < to; t++) {
    wereReady.push(stepper.isAhead!());
    const [step] = [...ahead(golden, t, t + 1)];
    results.push(await stepper.step(step!.feeds, step!.learningRate, undefined, ahead(golden, t + 1, to)));
  }
  await stepper.close();
  return { results, wereReady };
}

async function after(options: WindowStepperOptions, to: number, lossScale?: LossScale) {
  const golden = await openGolden();
  golden.training.state.lossScale = lossScale;
  const made = await inWindows(golden, openWindow(golden, options), to);
  return { ...golden, ...made, state: golden.training.state };
}

const kinds = ["parameters", "first", "second"] as const;

test("twenty steps follow PyTorch and the ordinary stepper", async () => {
  const { steps, results, wereReady, state, start, end } = await after(FULL, 20);
  // The first is made alone, to see how long a step takes; all others in one run.
  expect(wereReady).toEqual([false, false, ...Array<boolean>(18).fill(true)]);
  for (const [t, { loss, gradientNorm }] of results.entries()) {
    expect(Math.abs(loss / steps[t]!.loss - 1), `loss of step ${t}`).toBeLessThan(1e-4);
    expect(Math.abs(gradientNorm / steps[t]!.gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-3);
  }
  const golden = await openGolden();
  const ordinary = await openStepper(golden.training.state, golden.training.trained, golden.settings);
  await goldenSteps(golden, ordinary);
  await ordinary.close();
  expect(state.step).toBe(20);
  for (const [name, parameter] of state.parameters.views) {
    const update = distance(end.get(name)!, start.get(name)!);
    expect(distance(parameter, end.get(name)!) / update, name).toBeLessThan(0.02);
    expect(distance(parameter, golden.training.state.parameters.views.get(name)!) / update, name).toBeLessThan(1e-3);
  }
});

test.each([FULL, HALF])("six steps at once are six one by one, bit for bit: $precision", async (options) => {
  const [alone, together] = [await after({ ...options, most: 1 }, 6), await after(options, 6)];
  expect(alone.wereReady.some(Boolean)).toBe(false);
  const numbers = (results: typeof alone.results) => results.map(({ seconds: _, ...rest }) => rest);
  expect(numbers(together.results)).toEqual(numbers(alone.results));
  for (const kind of kinds) expect(together.state[kind].flat).toEqual(alone.state[kind].flat);
  expect(together.state.lossScale).toEqual(alone.state.lossScale);
});

describe("in float16", () => {
  test("a step that overflows changes nothing and is made again with half the scale", async () => {
    const over = await after(HALF, 4, { scale: 2 ** 24, good: 3 });
    const { lossScale } = over.results[0]!;
    expect(lossScale).toBeLessThan(2 ** 24);
    const right = await after(HALF, 4, { scale: lossScale!, good: 0 });
    expect(over.state.lossScale).toEqual(right.state.lossScale);
    for (const kind of kinds) expect(over.state[kind].flat).toEqual(right.state[kind].flat);
  });

  test("no window goes beyond the step at which the scale doubles", async () => {
    const start = { scale: 2 ** 10, good: 1997 };
    const [alone, together] = [await after({ ...HALF, most: 1 }, 6, start), await after(HALF, 6, start)];
    expect(together.results.map(({ lossScale }) => lossScale)).toEqual([1024, 1024, 1024, 2048, 2048, 2048]);
    for (const kind of kinds) expect(together.state[kind].flat).toEqual(alone.state[kind].flat);
  });
});

test("a step whose loss is not finite changes nothing; those before it in its window are kept", async () => {
  const golden = await openGolden();
  const { state } = golden.training;
  const stepper = openWindow(golden, FULL);
  const [first, second, third] = [...ahead(golden, 0, 3)];
  const broken = {
    ...third!,
    feeds: [...third!.feeds].map((feed) => ({
      ...feed,
      inputs: { ...feed.inputs, weights: feed.inputs.weights!.map(() => Number.NaN as never) },
    })),
  };
  await stepper.step(first!.feeds, first!.learningRate);
  await stepper.step(second!.feeds, second!.learningRate, undefined, [broken]);
  expect(stepper.isAhead!()).toBe(false);
  const before = kinds.map((kind) => state[kind].flat.slice());
  expect(state.step).toBe(2);
  const result = await stepper.step(broken.feeds, broken.learningRate);
  expect(result).toMatchObject({ loss: Number.NaN, gradientNorm: Number.NaN });
  expect(state.step).toBe(2);
  expect(kinds.map((kind) => state[kind].flat)).toEqual(before);
  await stepper.close();
});

test("part of the model with shares of the learning rate is trained as by the ordinary stepper", async () => {
  const rateOf = (name: string) => (name.startsWith("vision") ? 0.25 : 1);
  const ends: Float32Array[] = [];
  for (const isWindow of [true, false]) {
    const golden = await openGolden();
    const { state, trained } = golden.training;
    const options = { rateOf };
    const stepper = isWindow
      ? openWindow(golden, { ...FULL, ...options })
      : await openStepper(state, trained, golden.settings, options);
    if (isWindow) await inWindows(golden, stepper, 4);
    else await goldenSteps(golden, stepper, 0, 4).then(() => stepper.close());
    ends.push(state.parameters.flat);
  }
  expect(distance(ends[0]!, ends[1]!) / Math.hypot(...ends[1]!)).toBeLessThan(1e-6);
});

describe("the loop", () => {
  async function loopOf(golden: Golden, stepper: Stepper, seen: [number, number][]): Promise<Loop> {
    const { state } = golden.training;
    const note = async () => void seen.push([state.step, state.parameters.flat.reduce((sum, x) => sum + x, 0)]);
    return {
      state,
      stepper,
      steps: 12,
      examplesPerStep: { count: 8, unit: "pairs" },
      learningRateAt: (step) => learningRateAt(step, golden.settings),
      feeds: (step) => [...ahead(golden, step, step + 1)][0]!.feeds,
      metricsFile: join(temporaryFolder(), "metrics.jsonl"),
      saveEvery: 5,
      save: note,
      afterStep: async () => (state.step % 4 === 0 ? note() : undefined),
      readsAfter: (step) => step % 4 === 0,
    };
  }

  test("sees at each validation and each save the state of that step, however many steps are made at once", async () => {
    const views: [number, number][][] = [];
    for (const most of [1, 64]) {
      const golden = await openGolden();
      const seen: [number, number][] = [];
      const stepper = openWindow(golden, { ...FULL, most });
      const loop = await loopOf(golden, stepper, seen);
      await runLoop(loop, { now: () => 0 });
      await stepper.close();
      views.push(seen);
      expect((await readFile(loop.metricsFile, "utf8")).trim().split("\n")).toHaveLength(12);
    }
    expect(views[0]!.map(([step]) => step)).toEqual([4, 5, 8, 10, 12]);
    expect(views[1]).toEqual(views[0]);
  });

  test("stopped in the middle of a window it saves at the end of it, where arrays and step are one", async () => {
    const golden = await openGolden();
    const seen: [number, number][] = [];
    const stepper = openWindow(golden, FULL);
    const loop = await loopOf(golden, stepper, seen);
    const stop = new AbortController();
    const stopped = runLoop(loop, { now: () => 0, signal: stop.signal, onProgress: ({ done }) => done === 2 && stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
    await stepper.close();
    const alone = await after({ ...FULL, most: 1 }, 4);
    expect(seen.at(-1)).toEqual([4, alone.state.parameters.flat.reduce((sum, x) => sum + x, 0)]);
  });
});
