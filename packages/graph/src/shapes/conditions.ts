/** @file The conditions that several ops have in common, and the one wording of a broken condition. */
import { isFloat } from "../dtypes.ts";
import { formatShape, ShapeError } from "../errors.ts";
import type { DType, Op, Shape, Value } from "../ops.ts";
import { broadcastShapes } from "./axes.ts";

/** The dtype and the shape of one output. */
export interface Spec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** The outputs of a node: one, or one and its statistics. */
export type Specs = Spec | readonly [y: Spec, ...statistics: Spec[]];

/** Any number of inputs of a node. */
export type Inputs = readonly Value[];

type SomeInputs = readonly [Value, ...Value[]];

/** Names each value with its shape, for an error. */
export const describe = (values: Inputs): string => values.map((v) => `${v.name} ${formatShape(v.shape)}`).join(" and ");

/** Returns the error of a broken rule: the op, the rule, and what came. */
export const broken = (op: Op, rule: string, came: Inputs | string): ShapeError =>
  new ShapeError(`${op}: ${rule}; got ${typeof came === "string" ? came : describe(came)}`);

/** Returns the dtype of all inputs. @throws ShapeError when they differ */
export function sameDType(op: Op, inputs: SomeInputs): DType {
  const [{ dtype }] = inputs;
  if (inputs.every((v) => v.dtype === dtype)) return dtype;
  throw broken(op, "all inputs must have the same dtype", inputs.map((v) => `${v.name} ${v.dtype}`).join(" and "));
}

/** Returns dtype and shape of a float input, which are those of the output as well. @throws ShapeError for another dtype */
export function floatOnly(op: Op, x: Value): Spec {
  if (!isFloat(x.dtype)) throw broken(op, "the input must be of a float dtype", `${x.name} ${x.dtype}`);
  return { dtype: x.dtype, shape: x.shape };
}

/** Converts an axis to 0 ... rank-1; negative axes count from the end. */
export function normalizeAxis(op: Op, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && normal >= 0 && normal < rank) return normal;
  throw broken(op, `axis must be an integer from ${-rank} to ${rank - 1}`, String(axis));
}

/** Returns the common shape of all inputs after NumPy's broadcasting. @throws ShapeError when there is none */
export function broadcast(op: Op, inputs: Inputs): Shape {
  let shape: Shape = [];
  for (const input of inputs) {
    const wider = broadcastShapes(shape, input.shape);
    if (!wider) throw broken(op, "shapes must broadcast (equal, or 1, from the last axis on)", inputs);
    shape = wider;
  }
  return shape;
}

/** Checks the dtype of indices. @throws ShapeError unless it is int64 or int32 */
export function indexDType(op: Op, indices: Value): void {
  if (indices.dtype !== "int64" && indices.dtype !== "int32") {
    throw broken(op, "indices must be int64 or int32", `${indices.name} ${indices.dtype}`);
  }
}

/** Returns the input. @throws ShapeError when its dtype is no float */
export function floatInput(op: Op, x: Value): Value {
  floatOnly(op, x);
  return x;
}
