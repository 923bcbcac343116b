/** @file Makes optimizer steps on a device. Parameters, moments and gradients stay there; only batches, losses and gradient norms are copied. */

import { setImmediate } from "node:timers/promises";
import { fieldOf, itemAt } from "@pickapic/errors";
import {
  gradients as backward,
  type DeviceSession,
  type Graph,
  mixedPrecision,
  openDeviceSession,
  type RealDevice,
} from "@pickapic/graph";
import { scalarsOf } from "../adamw/adamWGraph.ts";
import type { AdamWSettings } from "../adamw/state.ts";
import { gradientName, inputsNamed } from "./gradients.ts";
import { afterGoodStep, afterOverflow, FIRST_SCALE } from "./lossScale.ts";
import { freeAll, openResident, type ResidentState, type Tensors } from "./residentState.ts";
import type { Runner, Shapes, TrainState } from "./state.ts";
import type { Feed, Stepper, StepperOptions, StepResult } from "./stepper.ts";
import { type GroupOptimizer, groupTensors, openGroups } from "./tensorGroups.ts";

/** The device of the steps, its precision, and which parameters stay as they are. */
export interface DeviceStepperOptions extends Pick<StepperOptions, "frozen" | "rateOf"> {
  device: RealDevice;
  /** The precision of matrix products. Everything else, the parameters among it, is in float32. */
  precision: "float32" | "float16";
}

/** A stepper whose parameters and moments are in the memory of a device. */
export interface DeviceStepper extends Stepper {
  fetch(): Promise<void>;
  reload(): void;
  /** Opens a graph of the model on the device; its runs use the current parameters. */
  open(graph: Graph): Promise<Runner>;
}

/** What the steps work with. */
interface StepTools {
  state: TrainState;
  shapes: Shapes;
  settings: AdamWSettings;
  resident: ResidentState;
  optimizer: GroupOptimizer;
  sessionOf(feed: Feed): Promise<DeviceSession>;
}

/** Opens a stepper on a device. The first run copies `state` to the device; from then on it is current only after `fetch`. */
export async function openDeviceStepper(
  state: TrainState,
  shapes: Shapes,
  settings: AdamWSettings,
  { device, precision, frozen = new Map(), rateOf }: DeviceStepperOptions,
): Promise<DeviceStepper> {
  const isMixed = precision === "float16";
  const run = { device, threads: settings.threads || undefined, spin: settings.spin };
  const opened: DeviceSession[] = [];
  const open = async (graph: Graph, keep: readonly string[], optimize = true): Promise<DeviceSession> => {
    const session = await openDeviceSession(graph, { ...run, keep, optimize });
    opened.push(session);
    return session;
  };
  const sessions = new Map<string, DeviceSession>();
  const sessionOf = async (feed: Feed): Promise<DeviceSession> => {
    const kept = [...shapes.keys()].map(gradientName);
    // On the CPU, the runtime's optimizer would remove the rounding to float16, so such a graph runs unoptimized (see RuntimeOptions).
    const optimize = !(isMixed && device === "cpu");
    const known = sessions.get(feed.key) ?? (await open(gradientGraph(feed, shapes, isMixed), kept, optimize));
    sessions.set(feed.key, known);
    return known;
  };
  const closeAll = async () => {
    for (const session of opened) await session.close();
  };
  const resident = await openResident(device, state, shapes, frozen);
  const optimizer = await openGroups(groupTensors(shapes, rateOf), shapes, settings, open).catch(async (error: unknown) => {
    await resident.close();
    await closeAll();
    throw error;
  });
  const tools: StepTools = { state, shapes, settings, resident, optimizer, sessionOf };
  return {
    step: isMixed ? scaledSteps(tools) : (feeds, learningRate, signal) => attempt(tools, feeds, learningRate, 1, signal),
    fetch: () => resident.fetch(),
    reload: () => resident.reload(),
    async open(graph) {
      const session = await openDeviceSession(graph, run);
      return {
        run: async (inputs) => (await session.run(await resident.feeds(session, inputs))).arrays,
        close: () => session.close(),
      };
    },
    async close() {
      await resident.close();
      await closeAll();
    },
  };
}

/**
 * Steps with dynamic loss scaling. A step whose gradients overflow changes nothing and is repeated with half the scale. So no batch is skipped, and
 * the step number still gives the position in the data.
 */
function scaledSteps(tools: StepTools): Stepper["step"] {
  const { state } = tools;
  return async (feeds, learningRate, signal) => {
    const again = [...feeds];
    for (;;) {
      const scaling = state.lossScale ?? FIRST_SCALE;
      const result = { ...(await attempt(tools, again, learningRate, scaling.scale, signal)), lossScale: scaling.scale };
      if (Number.isFinite(result.gradientNorm)) {
        state.lossScale = afterGoodStep(scaling);
        return result;
      }
      const smaller = Number.isFinite(result.loss) ? afterOverflow(scaling) : null;
      if (!smaller) return result;
      state.lossScale = smaller;
    }
  };
}

/** Tries one step with a loss scale; the optimizer divides the gradients by it. When loss or norm is not finite, nothing is changed. */
async function attempt(
  tools: StepTools,
  feeds: Iterable<Feed>,
  learningRate: number,
  scale: number,
  signal?: AbortSignal,
): Promise<StepResult> {
  const { state, settings, resident, optimizer } = tools;
  const { loss, sum } = await accumulate(tools, feeds, scale, signal);
  const gradientNorm = Number.isFinite(loss) ? Math.sqrt(await optimizer.sumSquares(sum)) / scale : Number.NaN;
  if (!Number.isFinite(gradientNorm)) {
    freeAll(sum);
    return { loss, gradientNorm };
  }
  const { p, m, v } = await resident.tensors();
  await optimizer.update({ p, m, v, g: sum }, (share) => {
    const scalars = scalarsOf(gradientNorm, state.step, learningRate, settings, share);
    return { ...scalars, scale: scalars.scale.map((clip) => clip / scale) };
  });
  state.step++;
  return { loss, gradientNorm };
}

/** Sums loss and gradients over all micro-batches. The gradients are `scale` times too large. */
async function accumulate(
  { shapes, resident, optimizer, sessionOf }: StepTools,
  feeds: Iterable<Feed>,
  scale: number,
  signal?: AbortSignal,
) {
  const sum: Tensors = new Map();
  let loss = 0;
  try {
    for (const feed of feeds) {
      const session = await sessionOf(feed);
      const inputs = { ...feed.inputs, [SEED]: Float32Array.of(scale) };
      const { tensors, arrays } = await session.run(await resident.feeds(session, inputs));
      loss += Number(arrays.loss?.[0]);
      const addend: Tensors = new Map([...shapes.keys()].map((name) => [name, fieldOf(tensors, gradientName(name))]));
      if (sum.size > 0) await optimizer.add(sum, addend);
      else for (const [name, tensor] of addend) sum.set(name, tensor);
      await setImmediate(); // Graph runs block the event loop. Between them, timers, signals and sockets are served.
      signal?.throwIfAborted();
    }
    return { loss, sum };
  } catch (error) {
    freeAll(sum);
    throw error;
  }
}

const SEED = "seed of the gradients";

/** A graph of the loss and its gradients. The gradients are multiplied by the input `SEED`, the loss scale; the loss is not. */
function gradientGraph(feed: Feed, shapes: Shapes, isMixed: boolean): Graph {
  const { graph, loss } = feed.graph();
  const names = [...shapes.keys()];
  const parameters = inputsNamed(graph, names);
  graph.output("loss", loss);
  const slopes = backward(graph, loss, parameters, graph.input(SEED, "float32", loss.shape));
  for (const [i, slope] of slopes.entries()) graph.output(gradientName(itemAt(names, i)), slope);
  return isMixed ? mixedPrecision(graph) : graph;
}
