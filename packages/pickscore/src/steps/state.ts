/** @file The state that training changes from step to step, and parameters as inputs of a graph. */
import type { Arrays, Graph, TypedArray, Value } from "@pickapic/graph";
import { type Arena, createArena, type Lane, type Shape } from "../adamw/arena.ts";
import type { LossScale } from "./lossScale.ts";

/** Everything that a step changes. Together with the order of the data it is all that training needs to resume. */
export interface TrainState {
  parameters: Arena;
  expAvg: Arena;
  expAvgSq: Arena;
  /** Optimizer steps that are done. */
  step: number;
  /** Only when matrix products are in float16. */
  lossScale?: LossScale;
}

/** Shapes of tensors by name. */
export type Shapes = ReadonlyMap<string, Shape>;

/** Gives the value in a graph of the parameter with this name. */
export type ParameterOf = (name: string) => Value;

/** An opened graph of the model. Its caller gives only the inputs that are not parameters. */
export interface Runner {
  run(inputs: Arrays): Promise<Arrays>;
  close(): Promise<void>;
}

/** A result as float32. @throws TypeError for another type, which is a mistake in the graph */
export function floats(result: TypedArray | undefined): Float32Array {
  if (result instanceof Float32Array) return result;
  throw new TypeError(`Expected a result in float32; got ${result?.constructor.name ?? "none"}.`);
}

/** Makes a state for parameters of these shapes, with all parameters and moments 0. */
export function createState(shapes: Shapes): TrainState {
  const arena = (lane: Lane) => createArena(shapes, lane);
  return { parameters: arena("parameters"), expAvg: arena("expAvg"), expAvgSq: arena("expAvgSq"), step: 0 };
}

/** Adds the parameters to a graph as inputs, so that they can be trained. @returns the input of a name; it throws for any other name */
export function parameterInputs(g: Graph, shapes: Shapes): ParameterOf {
  const inputs = new Map([...shapes].map(([name, shape]) => [name, g.input(name, "float32", shape, "parameter")]));
  return (name) => inputs.get(name) ?? missing(name);
}

/** @throws Error for a name that no parameter has */
export function missing(name: string): never {
  throw new Error(`parameterInputs: ${name} is not a parameter of this model`);
}
