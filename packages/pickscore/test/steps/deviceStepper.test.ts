/** @file Steps whose state is on a device, in float32 and in float16: beside PyTorch and beside the ordinary stepper. */
import { Graph } from "@pickapic/graph";
import { describe, expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { fillArena } from "../../src/adamw/arena.ts";
import { type DeviceStepperOptions, openDeviceStepper } from "../../src/steps/deviceStepper.ts";
import type { LossScale } from "../../src/steps/lossScale.ts";
import { createState } from "../../src/steps/state.ts";
import { openStepper } from "../../src/steps/stepper.ts";
import { distance, type Golden, goldenSteps, openGolden } from "../goldenRun.ts";

shareSessions();

const CPU16: DeviceStepperOptions = { device: "cpu", precision: "float16" };

async function openDevice(golden: Golden, options: DeviceStepperOptions) {
  const { training, settings } = golden;
  return openDeviceStepper(training.state, training.trained, settings, options);
}

/** Steps of the golden run from its start, and the parameters after them. */
async function after(options: DeviceStepperOptions, to: number, lossScale?: LossScale) {
  const golden = await openGolden();
  golden.training.state.lossScale = lossScale;
  const stepper = await openDevice(golden, options);
  const results = await goldenSteps(golden, stepper, 0, to);
  await stepper.fetch();
  await stepper.close();
  return { ...golden, results, state: golden.training.state };
}

test("twenty steps in float32 follow PyTorch and the ordinary stepper", async () => {
  const { steps, results, state, start, end } = await after({ device: "cpu", precision: "float32" }, 20);
  for (const [t, { loss, gradientNorm }] of results.entries()) {
    expect(Math.abs(loss / steps[t]!.loss - 1), `loss of step ${t}`).toBeLessThan(1e-4);
    expect(Math.abs(gradientNorm / steps[t]!.gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-3);
  }
  const golden = await openGolden();
  const { training, settings } = golden;
  const ordinary = await openStepper(training.state, training.trained, settings);
  await goldenSteps(golden, ordinary);
  await ordinary.close();
  expect(state.step).toBe(20);
  for (const [name, parameter] of state.parameters.views) {
    const update = distance(end.get(name)!, start.get(name)!);
    expect(distance(parameter, end.get(name)!) / update, name).toBeLessThan(0.02);
    expect(distance(parameter, training.state.parameters.views.get(name)!) / update, name).toBeLessThan(1e-3);
  }
});

test("twenty steps in float16 learn as those in float32: losses within 1 %, the same way gone within 10 %", async () => {
  const { steps, results, state, start, end } = await after(CPU16, 20);
  for (const [t, { loss }] of results.entries())
    expect(Math.abs(loss / steps[t]!.loss - 1), `loss of step ${t}`).toBeLessThan(0.01);
  const all = (tensors: ReadonlyMap<string, Float32Array>) =>
    Float32Array.from([...end.keys()].flatMap((name) => [...tensors.get(name)!]));
  const way = distance(all(end), all(start));
  const apart = distance(all(state.parameters.views), all(end)) / way;
  expect(apart).toBeLessThan(0.1);
  // Rounded: else float16 was not there at all.
  expect(apart).toBeGreaterThan(1e-3);
});

test("a step that overflows changes nothing and is made again with half the scale", async () => {
  const over = await after(CPU16, 1, { scale: 2 ** 24, good: 7 });
  const { lossScale, loss, gradientNorm } = over.results[0]!;
  expect(lossScale).toBeLessThan(2 ** 24);
  expect(over.state).toMatchObject({ step: 1, lossScale: { scale: lossScale, good: 1 } });
  const right = await after(CPU16, 1, { scale: lossScale!, good: 0 });
  expect([loss, gradientNorm]).toEqual([right.results[0]!.loss, right.results[0]!.gradientNorm]);
  for (const kind of ["parameters", "expAvg", "expAvgSq"] as const) expect(over.state[kind].flat).toEqual(right.state[kind].flat);
});

test("three steps, a save and three more are six steps, bit for bit, the loss scale with them", async () => {
  const whole = await after(CPU16, 6, { scale: 2 ** 10, good: 1996 });
  expect(whole.state.lossScale).toEqual({ scale: 2 ** 11, good: 2 });
  const part = await after(CPU16, 3, { scale: 2 ** 10, good: 1996 });
  const golden = await openGolden();
  const { state } = golden.training;
  for (const kind of ["parameters", "expAvg", "expAvgSq"] as const) state[kind].flat.set(part.state[kind].flat);
  Object.assign(state, { step: part.state.step, lossScale: part.state.lossScale });
  const stepper = await openDevice(golden, CPU16);
  await goldenSteps(golden, stepper, 3, 6);
  await stepper.fetch();
  await stepper.close();
  for (const kind of ["parameters", "expAvg", "expAvgSq"] as const) expect(state[kind].flat).toEqual(whole.state[kind].flat);
  expect(state.lossScale).toEqual(whole.state.lossScale);
});

describe("a loss that is not finite", () => {
  test.each(["float32", "float16"] as const)("leaves the state as it was, in %s", async (precision) => {
    const golden = await openGolden();
    const { state } = golden.training;
    state.parameters.views.get("logit_scale")![0] = Number.NaN;
    const before = state.expAvg.flat.slice();
    const stepper = await openDevice(golden, { device: "cpu", precision });
    const [result] = await goldenSteps(golden, stepper, 0, 1);
    await stepper.fetch();
    await stepper.close();
    expect(result).toMatchObject({ loss: Number.NaN, gradientNorm: Number.NaN });
    expect(state.step).toBe(0);
    expect(state.expAvg.flat).toEqual(before);
  });
});

test("part of the model with shares of the learning rate is trained as by the ordinary stepper", async () => {
  const rateOf = (name: string) => (name.startsWith("vision") ? 0.25 : 1);
  const ends: Float32Array[] = [];
  for (const isDevice of [true, false]) {
    const golden = await openGolden();
    const { training, settings } = golden;
    const names = [...training.trained.keys()].filter((name) => /layers\.1\.|projection|logit_scale/.test(name));
    const trained = new Map(names.map((name) => [name, training.trained.get(name)!]));
    const frozen = new Map([...training.state.parameters.views].filter(([name]) => !trained.has(name)));
    const state = createState(trained);
    fillArena(state.parameters, training.state.parameters.views);
    const stepper = isDevice
      ? await openDeviceStepper(state, trained, settings, { device: "cpu", precision: "float32", frozen, rateOf })
      : await openStepper(state, trained, settings, { frozen, rateOf });
    await goldenSteps(golden, stepper, 0, 4);
    if ("fetch" in stepper) await (stepper as Awaited<ReturnType<typeof openDevice>>).fetch();
    await stepper.close();
    ends.push(state.parameters.flat);
  }
  expect(distance(ends[0]!, ends[1]!) / Math.hypot(...ends[1]!)).toBeLessThan(1e-6);
});

test("a graph on the device reads the parameters as they are after each step", async () => {
  const golden = await openGolden();
  const stepper = await openDevice(golden, { device: "cpu", precision: "float32" });
  const g = new Graph("temperature");
  g.output("twice", g.mul(g.input("logit_scale", "float32", []), g.input("factor", "float32", [1])));
  const runner = await stepper.open(g);
  const read = async () => Number((await runner.run({ factor: Float32Array.of(2) })).twice![0]);
  const { state } = golden.training;
  expect(await read()).toBeCloseTo(2 * state.parameters.views.get("logit_scale")![0]!, 5);
  await goldenSteps(golden, stepper, 0, 5);
  const now = await read();
  expect(now).not.toBeCloseTo(2 * state.parameters.views.get("logit_scale")![0]!, 6);
  await stepper.fetch();
  expect(now).toBeCloseTo(2 * state.parameters.views.get("logit_scale")![0]!, 6);
  await runner.close();
  await stepper.close();
});
