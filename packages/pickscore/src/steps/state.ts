/** @file What training changes from step to step, and how its parameters enter a graph. */
import type { Arrays, Graph, TypedArray, Value } from "@pickapic/graph";
import { type Arena, createArena, type Lane, type Shape } from "../adamw/arena.ts";
import type { LossScale } from "./lossScale.ts";

/** Everything that a step changes; with the data's order it is all that training needs to go on. */
export interface TrainState {
  parameters: Arena;
  expAvg: Arena;
  expAvgSq: Arena;
  /** Optimizer steps that are done. */
  step: number;
  /** Where products are in float16. */
  lossScale?: LossScale;
}

/** Names and shapes of what is trained. */
export type Shapes = ReadonlyMap<string, Shape>;
export type ParameterOf = (name: string) => Value;

/** A graph of the model, run on what it reads besides the parameters. */
export interface Runner {
  run(inputs: Arrays): Promise<Arrays>;
  close(): Promise<void>;
}

/** A result that is in float32. @throws TypeError for any other: a mistake in the graph */
export function floats(result: TypedArray | undefined): Float32Array {
  if (result instanceof Float32Array) return result;
  throw new TypeError(`Expected a result in float32; got ${result?.constructor.name ?? "none"}.`);
}

/** A state of zeros for these parameters. */
export function createState(shapes: Shapes): TrainState {
  const arena = (lane: Lane) => createArena(shapes, lane);
  return { parameters: arena("parameters"), expAvg: arena("expAvg"), expAvgSq: arena("expAvgSq"), step: 0 };
}

/** Declares the parameters as inputs of a graph, so that they can be trained. */
export function parameterInputs(g: Graph, shapes: Shapes): ParameterOf {
  const inputs = new Map([...shapes].map(([name, shape]) => [name, g.input(name, "float32", shape, "parameter")]));
  return (name) => inputs.get(name) ?? missing(name);
}

/** @throws Error for a name that no parameter has */
export function missing(name: string): never {
  throw new Error(`parameterInputs: ${name} is not a parameter of this model`);
}
