/** @file Makes optimizer steps: a graph computes loss and gradients of each micro-batch, gradients are accumulated, then AdamW updates the parameters. */

import { setImmediate } from "node:timers/promises";
import type { ClipConfig } from "@pickapic/clip";
import { entryOf, itemAt } from "@pickapic/errors";
import {
  gradients as backward,
  type Graph,
  openSession,
  type Session,
  type SessionOptions,
  type TypedArray,
  type Value,
} from "@pickapic/graph";
import { type Arena, createArena } from "../adamw/arena.ts";
import { type AdamW, openAdamW } from "../adamw/optimizer.ts";
import type { AdamWSettings } from "../adamw/state.ts";
import { closeOpened } from "./closeOpened.ts";
import { addGradients, fitting, gradientName, inputsNamed, type PairGraph, sumName } from "./gradients.ts";
import { openSegments, type Segments } from "./segments.ts";
import { missing, type Shapes, type TrainState } from "./state.ts";

/** One micro-batch: the graph that computes its loss, and the inputs of the graph besides the parameters. */
export interface Feed {
  /** Identifies the graph: feeds with the same key share one session. */
  key: string;
  graph(): { graph: Graph; loss: Value; text?: Value; image?: Value };
  inputs: Record<string, TypedArray>;
}

/** The loss of a step and the L2 norm of its gradients before clipping. */
export interface StepResult {
  /** Sum of the micro-batches' losses. */
  loss: number;
  gradientNorm: number;
  /** The loss scale; only when matrix products are in float16. */
  lossScale?: number;
}

/** Makes optimizer steps. It holds sessions and threads until `close`. */
export interface Stepper {
  /** Runs the micro-batches and updates `state`. When the loss or the norm is not finite, `state` stays as it was. */
  step(feeds: Iterable<Feed>, learningRate: number, signal?: AbortSignal): Promise<StepResult>;
  /** Copies `state` back from a device. A caller must await it before it reads `state`; missing on the CPU. */
  fetch?(): Promise<void>;
  /** Tells the stepper that the caller changed `state`, so that a device copies it again. */
  reload?(): void;
  close(): Promise<void>;
}

/** Options for training only some parameters of a model, or in little memory. */
export interface StepperOptions {
  /** Parameters that the graphs read but no step changes. */
  frozen?: ReadonlyMap<string, Float32Array>;
  /** Accumulates gradients inside the graphs. Slower, but without a second set of gradients. */
  lean?: boolean;
  /** Activation checkpointing; needs `lean`. */
  recompute?: { config: ClipConfig };
  /** Factor of the learning rate for each tensor. */
  rateOf?(name: string): number;
}

/** Opens a stepper that changes `state` in place. A graph is compiled when a feed first needs it. */
export async function openStepper(
  state: TrainState,
  shapes: Shapes,
  settings: AdamWSettings,
  options: StepperOptions = {},
): Promise<Stepper> {
  const sum = createArena(shapes, "gradients");
  let addend: Arena | null = null;
  const optimizer = openAdamW(state, sum, settings, options.rateOf);
  if (options.lean) return leanStepper(state, shapes, sum, optimizer, settings, options);
  const sessions = new Map<string, Promise<Session>>();
  const sessionOf = (feed: Feed): Promise<Session> => {
    const known = sessions.get(feed.key) ?? compile(feed, shapes, settings);
    sessions.set(feed.key, known);
    return known;
  };

  const accumulate = async (feed: Feed, isFirst: boolean): Promise<number> => {
    if (!isFirst) addend ??= createArena(shapes);
    const target = isFirst || !addend ? sum : addend;
    const session = await sessionOf(feed);
    const feeds = { ...parameterFeeds(state), ...Object.fromEntries(options.frozen ?? []), ...feed.inputs };
    const { loss } = await session.run(options.frozen ? fitting(session, feeds) : feeds, gradientTargets(target));
    if (!isFirst) optimizer.add(target);
    return Number(loss?.[0]);
  };
  return {
    async step(feeds, learningRate, signal) {
      let loss = 0;
      let isFirst = true;
      for (const feed of feeds) {
        loss += await accumulate(feed, isFirst);
        isFirst = false;
        await setImmediate(); // Graph runs block the event loop. Between them, timers, signals and sockets are served.
        signal?.throwIfAborted();
      }
      return update(state, optimizer, loss, learningRate);
    },
    async close() {
      optimizer.close();
      await closeOpened(sessions.values());
    },
  };
}

function update(state: TrainState, optimizer: AdamW, loss: number, learningRate: number): StepResult {
  if (!Number.isFinite(loss)) return { loss, gradientNorm: Number.NaN };
  const gradientNorm = optimizer.update(state.step, learningRate);
  if (Number.isFinite(gradientNorm)) state.step++;
  return { loss, gradientNorm };
}

/** A stepper with a single set of gradients. It keeps the activations of one micro-batch, or with `recompute` only the outputs of its layers. */
function leanStepper(
  state: TrainState,
  shapes: Shapes,
  sum: Arena,
  optimizer: AdamW,
  settings: AdamWSettings,
  { frozen = new Map(), recompute }: StepperOptions,
): Stepper {
  const opened: Promise<Session>[] = [];
  const open = (graph: Graph): Promise<Session> => {
    const session = openSession(graph, sessionOptions(settings));
    opened.push(session);
    return session;
  };
  const trained = new Set(shapes.keys());
  const parameterOf = (name: string): Float32Array => state.parameters.views.get(name) ?? frozen.get(name) ?? missing(name);
  const runners = new Map<string, Promise<Segments>>();
  const runnerOf = (feed: Feed): Promise<Segments> => {
    const make = async () =>
      recompute ? openSegments(feed.graph() as PairGraph, recompute.config, trained, open) : whole(feed, trained, open);
    const known = runners.get(feed.key) ?? make();
    runners.set(feed.key, known);
    return known;
  };
  return {
    async step(feeds, learningRate, signal) {
      let loss = 0;
      sum.flat.fill(0);
      for (const feed of feeds) {
        loss += await (await runnerOf(feed)).run(feed.inputs, parameterOf, sum.views);
        await setImmediate();
        signal?.throwIfAborted();
      }
      return update(state, optimizer, loss, learningRate);
    },
    async close() {
      optimizer.close();
      await closeOpened(opened);
    },
  };
}

/** Forward and backward in one graph, which adds the gradients to their sums. */
async function whole(feed: Feed, trained: ReadonlySet<string>, open: (graph: Graph) => Promise<Session>): Promise<Segments> {
  const { graph, loss } = feed.graph();
  const wrt = graph.inputs.filter(({ name }) => trained.has(name));
  const parameters = graph.inputs.filter(({ role }) => role === "parameter").map(({ name }) => name);
  graph.output("loss", loss);
  addGradients(graph, loss, wrt);
  const session = await open(graph);
  return {
    async run(inputs, parameterOf, sums) {
      const named = (key: (name: string) => string) =>
        Object.fromEntries(wrt.map(({ name }) => [key(name), entryOf(sums, name)]));
      const own = Object.fromEntries(parameters.map((name) => [name, parameterOf(name)]));
      const feeds = { ...own, ...inputs, ...named(sumName) };
      const { loss } = await session.run(fitting(session, feeds), named(gradientName));
      return Number(loss?.[0]);
    },
  };
}

async function compile(feed: Feed, shapes: Shapes, settings: AdamWSettings): Promise<Session> {
  const { graph, loss } = feed.graph();
  const names = [...shapes.keys()];
  const parameters = inputsNamed(graph, names);
  graph.output("loss", loss);
  for (const [i, gradient] of backward(graph, loss, parameters).entries()) graph.output(gradientName(itemAt(names, i)), gradient);
  return openSession(graph, sessionOptions(settings));
}

/**
 * Every run frees the memory of its activations. Graphs of different sizes are open at the same time, and each would keep as much as its largest run
 * took; allocating it anew costs a few per cent at most (docs/log.md).
 */
const sessionOptions = ({ threads, spin }: AdamWSettings): SessionOptions => ({
  threads: threads || undefined,
  spin,
  keepMemory: false,
});

const parameterFeeds = (state: TrainState): Record<string, Float32Array> => Object.fromEntries(state.parameters.views);

function gradientTargets(arena: Arena): Record<string, Float32Array> {
  return Object.fromEntries([...arena.views].map(([name, view]) => [gradientName(name), view]));
}
