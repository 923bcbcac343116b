/** @file One optimizer step: forward and backward of each micro-batch in one graph, gradients summed, then AdamW. */
import { setImmediate } from "node:timers/promises";
import { gradients as backward, type Graph, openSession, type Session, type TypedArray, type Value } from "@pickapic/graph";
import { type Arena, createArena, type Shape } from "./arena.ts";
import { type AdamWSettings, chunkFor, openAdamW } from "./optimizer.ts";

/** Everything that a step changes; with the data's order it is all that training needs to go on. */
export interface TrainState {
  parameters: Arena;
  first: Arena;
  second: Arena;
  /** Optimizer steps that are done. */
  step: number;
}

/** Names and shapes of what is trained. */
export type Shapes = ReadonlyMap<string, Shape>;
export type ParameterOf = (name: string) => Value;

/** One micro-batch: the graph that computes its part of the loss, and what it reads besides the parameters. */
export interface Feed {
  /** Same key, same graph. */
  key: string;
  graph(): { graph: Graph; loss: Value };
  inputs: Record<string, TypedArray>;
}

export interface StepResult {
  /** Sum of the micro-batches' losses. */
  loss: number;
  gradientNorm: number;
}

export interface Stepper {
  /** Runs the micro-batches and updates `state`. Not finite loss or norm: `state` is as it was. */
  step(feeds: Iterable<Feed>, learningRate: number, signal?: AbortSignal): Promise<StepResult>;
  close(): Promise<void>;
}

/** A state of zeros for these parameters. */
export function createState(shapes: Shapes): TrainState {
  const count = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1) + 16, 0);
  const arena = () => createArena(shapes, chunkFor(count));
  return { parameters: arena(), first: arena(), second: arena(), step: 0 };
}

/** Declares the parameters as inputs of a graph, so that they can be trained. */
export function parameterInputs(g: Graph, shapes: Shapes): ParameterOf {
  const inputs = new Map([...shapes].map(([name, shape]) => [name, g.input(name, "float32", shape)]));
  return (name) => inputs.get(name) ?? missing(name);
}

function missing(name: string): never {
  throw new Error(`parameterInputs: ${name} is not a parameter of this model`);
}

const gradientName = (name: string): string => `gradient of ${name}`;

/** Opens a stepper on a state; graphs are compiled when a feed first needs them. */
export async function openStepper(state: TrainState, shapes: Shapes, settings: AdamWSettings): Promise<Stepper> {
  const chunk = chunkFor(state.parameters.flat.length);
  const sum = createArena(shapes, chunk);
  let part: Arena | null = null;
  const optimizer = await openAdamW(chunk, settings);
  const sessions = new Map<string, Promise<Session>>();
  const sessionOf = (feed: Feed): Promise<Session> => {
    const known = sessions.get(feed.key) ?? compile(feed, shapes, settings);
    sessions.set(feed.key, known);
    return known;
  };

  const accumulate = async (feed: Feed, isFirst: boolean): Promise<number> => {
    if (!isFirst) part ??= createArena(shapes, chunk);
    const target = isFirst || !part ? sum : part;
    const { loss } = await (await sessionOf(feed)).run({ ...parameterFeeds(state), ...feed.inputs }, gradientTargets(target));
    if (!isFirst) await optimizer.add(sum.flat, target.flat);
    return Number(loss![0]);
  };
  return {
    async step(feeds, learningRate, signal) {
      let loss = 0;
      let isFirst = true;
      for (const feed of feeds) {
        loss += await accumulate(feed, isFirst);
        isFirst = false;
        await setImmediate(); // Inference blocks the event loop: let timers, signals and sockets have their turn.
        signal?.throwIfAborted();
      }
      if (!Number.isFinite(loss)) return { loss, gradientNorm: Number.NaN };
      const flat = { parameters: state.parameters.flat, first: state.first.flat, second: state.second.flat };
      const gradientNorm = await optimizer.update(flat, sum.flat, state.step, learningRate);
      if (Number.isFinite(gradientNorm)) state.step++;
      return { loss, gradientNorm };
    },
    async close() {
      await optimizer.close();
      for (const session of await Promise.all(sessions.values())) await session.close();
    },
  };
}

async function compile(feed: Feed, shapes: Shapes, { threads, spin }: AdamWSettings): Promise<Session> {
  const { graph, loss } = feed.graph();
  const names = [...shapes.keys()];
  const parameters = names.map((name) => graph.inputs.find((input) => input.name === name)!);
  graph.output("loss", loss);
  for (const [i, gradient] of backward(graph, loss, parameters).entries()) graph.output(gradientName(names[i]!), gradient);
  return openSession(graph, { threads: threads || undefined, spin });
}

const parameterFeeds = (state: TrainState): Record<string, Float32Array> => Object.fromEntries(state.parameters.views);

function gradientTargets(arena: Arena): Record<string, Float32Array> {
  return Object.fromEntries([...arena.views].map(([name, view]) => [gradientName(name), view]));
}
