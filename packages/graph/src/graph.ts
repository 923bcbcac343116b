/** @file The builder of a graph: one method for each op. */
import { formatShape, ShapeError } from "./errors.ts";
import { GraphData } from "./graphData.ts";
import type { DType, Ops, Shape, Value } from "./ops.ts";
import { lengthAt, sizeOf } from "./shapes/axes.ts";
import { normalizeAxis } from "./shapes/conditions.ts";

/** A value, or a number, which becomes a scalar of the other operand's dtype. */
export type Operand = Value | number;
type Axes = number | readonly number[];
type GemmOptions = Ops["Gemm"]["attributes"];

/**
 * A graph and its builder. Methods named after ops write nodes and return their outputs, whose shapes are known at once.
 * Shapes, dtypes or attributes that do not fit throw a ShapeError when the node is written.
 */
export class Graph extends GraphData {
  /** Returns a tensor filled with one number. It takes no room in the model. */
  full(value: number, shape: Shape, dtype: DType): Value {
    return this.expand(this.scalar(value, dtype), shape);
  }

  #pair(a: Operand, b: Operand): [Value, Value] {
    if (typeof a !== "number") return [a, typeof b === "number" ? this.scalar(b, a.dtype) : b];
    if (typeof b !== "number") return [this.scalar(a, b.dtype), b];
    throw new ShapeError(`operands: one of two must be a value; got ${a} and ${b}`);
  }

  // Elementwise, with broadcasting; a number is a scalar.
  add(a: Operand, b: Operand): Value {
    return this.op("Add", this.#pair(a, b), {});
  }
  sub(a: Operand, b: Operand): Value {
    return this.op("Sub", this.#pair(a, b), {});
  }
  mul(a: Operand, b: Operand): Value {
    return this.op("Mul", this.#pair(a, b), {});
  }
  div(a: Operand, b: Operand): Value {
    return this.op("Div", this.#pair(a, b), {});
  }
  pow(a: Operand, b: Operand): Value {
    return this.op("Pow", this.#pair(a, b), {});
  }
  max(a: Operand, b: Operand): Value {
    return this.op("Max", this.#pair(a, b), {});
  }
  min(a: Operand, b: Operand): Value {
    return this.op("Min", this.#pair(a, b), {});
  }
  mod(a: Operand, b: Operand): Value {
    return this.op("Mod", this.#pair(a, b), {});
  }
  equal(a: Operand, b: Operand): Value {
    return this.op("Equal", this.#pair(a, b), {});
  }
  greater(a: Operand, b: Operand): Value {
    return this.op("Greater", this.#pair(a, b), {});
  }
  less(a: Operand, b: Operand): Value {
    return this.op("Less", this.#pair(a, b), {});
  }
  where(condition: Value, x: Operand, y: Operand): Value {
    return this.op("Where", [condition, ...this.#pair(x, y)], {});
  }
  abs(x: Value): Value {
    return this.op("Abs", [x], {});
  }
  neg(x: Value): Value {
    return this.op("Neg", [x], {});
  }
  exp(x: Value): Value {
    return this.op("Exp", [x], {});
  }
  log(x: Value): Value {
    return this.op("Log", [x], {});
  }
  sqrt(x: Value): Value {
    return this.op("Sqrt", [x], {});
  }
  reciprocal(x: Value): Value {
    return this.op("Reciprocal", [x], {});
  }
  sign(x: Value): Value {
    return this.op("Sign", [x], {});
  }
  erf(x: Value): Value {
    return this.op("Erf", [x], {});
  }
  tanh(x: Value): Value {
    return this.op("Tanh", [x], {});
  }
  relu(x: Value): Value {
    return this.op("Relu", [x], {});
  }
  sigmoid(x: Value): Value {
    return this.op("Sigmoid", [x], {});
  }
  /** x Phi(x), exact (erf). */
  gelu(x: Value): Value {
    return this.op("Gelu", [x], {});
  }
  /** x sigmoid(1.702 x), the activation of OpenAI's CLIP. */
  quickGelu(x: Value): Value {
    return this.op("QuickGelu", [x], { alpha: 1.702 });
  }
  clip(x: Value, min: number, max: number): Value {
    return this.op("Clip", [x], { min, max });
  }
  cast(x: Value, to: DType): Value {
    return x.dtype === to ? x : this.op("Cast", [x], { to });
  }
  identity(x: Value): Value {
    return this.op("Identity", [x], {});
  }

  // Products.
  /** [..., m, k] x [..., k, n] -> [..., m, n], batch axes broadcast. */
  matmul(a: Value, b: Value): Value {
    return this.op("MatMul", [a, b], {});
  }
  /** alpha op(a) op(b), where op transposes the last two axes if asked, without a transposed copy. */
  fusedMatmul(a: Value, b: Value, { transA = 0, transB = 0, alpha = 1 }: Partial<Ops["FusedMatMul"]["attributes"]> = {}): Value {
    return this.op("FusedMatMul", [a, b], { transA, transB, alpha });
  }
  /** alpha op(a) op(b) + beta c, all of 2 axes; c broadcasts. */
  gemm(a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
    return this.op("Gemm", c ? [a, b, c] : [a, b], options);
  }
  /** PyTorch's linear layer: x [..., in], weight [out, in], bias [out] -> [..., out]. */
  linear(x: Value, weight: Value, bias?: Value): Value {
    const y = this.gemm(this.flatten(x), weight, bias, { transB: 1 });
    return this.reshape(y, [...x.shape.slice(0, -1), lengthAt(weight.shape, 0)]);
  }

  // Along axes.
  softmax(x: Value, axis = -1): Value {
    return this.op("Softmax", [x], { axis });
  }
  logSoftmax(x: Value, axis = -1): Value {
    return this.op("LogSoftmax", [x], { axis });
  }
  /** Normalises over the last axis; scale and bias have the length of that axis. */
  layerNorm(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    return this.op("LayerNormalization", [x, scale, bias], { axis: -1, epsilon });
  }
  /** Sums along axes, which stay with length 1 unless keepDims is false. Without axes it sums everything, to shape []. */
  sum(x: Value, axes?: Axes, keepDims = true): Value {
    return this.#reduce("ReduceSum", x, axes, keepDims);
  }
  mean(x: Value, axes?: Axes, keepDims = true): Value {
    return this.#reduce("ReduceMean", x, axes, keepDims);
  }
  /** The largest element along axes (`max` is the elementwise one). */
  reduceMax(x: Value, axes?: Axes, keepDims = true): Value {
    return this.#reduce("ReduceMax", x, axes, keepDims);
  }
  sumSquare(x: Value, axes?: Axes, keepDims = true): Value {
    return this.#reduce("ReduceSumSquare", x, axes, keepDims);
  }
  argMax(x: Value, axis: number, keepDims = true): Value {
    return this.op("ArgMax", [x], { axis, keepdims: keepDims ? 1 : 0 });
  }

  #reduce(op: "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceSumSquare", x: Value, axes: Axes | undefined, keepDims: boolean) {
    const list = axes === undefined ? x.shape.map((_, i) => i) : [axes].flat();
    if (list.length === 0) return op === "ReduceSumSquare" ? this.mul(x, x) : x;
    return this.op(op, [x], { axes: list, keepdims: keepDims && axes !== undefined ? 1 : 0 });
  }

  // Layout.
  /** Reshapes; one -1 in the shape stands for the length that is left. */
  reshape(x: Value, shape: Shape): Value {
    const known = sizeOf(shape.filter((n) => n !== -1));
    const full = shape.map((n) => (n === -1 ? sizeOf(x.shape) / known : n));
    return formatShape(full) === formatShape(x.shape) ? x : this.op("Reshape", [x], { shape: full });
  }
  /** [..., n] -> [rows, n] */
  flatten(x: Value): Value {
    return this.reshape(x, [-1, lengthAt(x.shape, -1)]);
  }
  transpose(x: Value, perm: readonly number[]): Value {
    return this.op("Transpose", [x], { perm });
  }
  /** Transposes the last two axes. */
  swapLast(x: Value): Value {
    const rank = x.shape.length;
    return this.transpose(x, [...Array(Math.max(rank - 2, 0)).keys(), rank - 1, rank - 2]);
  }
  expand(x: Value, shape: Shape): Value {
    return formatShape(shape) === formatShape(x.shape) ? x : this.op("Expand", [x], { shape });
  }
  concat(values: Value[], axis: number): Value {
    const [first, ...rest] = values;
    return first && rest.length === 0 ? first : this.op("Concat", values, { axis });
  }
  /** Elements start ... end-1 along one axis; negative bounds count from the end. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    const length = lengthAt(x.shape, normalizeAxis("Slice", axis, x.shape.length));
    const [from, to] = [start < 0 ? start + length : start, end < 0 ? end + length : Math.min(end, length)];
    return this.op("Slice", [x], { axes: [axis], starts: [from], ends: [to] });
  }
  pad(x: Value, pads: readonly number[]): Value {
    return this.op("Pad", [x], { pads });
  }
  /** Rows of data by index; an embedding table with axis 0. */
  gather(data: Value, indices: Value, axis = 0): Value {
    return this.op("Gather", [data, indices], { axis });
  }
  /**
   * Rows of x [n, width] in another order: row i of the result is row from[i] of x, or zeros where from[i] is -1. Each row may be
   * taken once at most.
   * @param from int64 [m]
   * @param back int64 [n]: the inverse of `from`: i where from[i] is the row, -1 where none is. With it the gradient is a gather;
   * a scatter would take ten times as long
   */
  rearrange(x: Value, from: Value, back: Value): Value {
    return this.op("Rearrange", [x, from, back], {});
  }
  /** data [b..., n, ...], indices [b..., k] -> one element (or slice) per index tuple, as in ONNX. */
  gatherND(data: Value, indices: Value, batchDims = 0): Value {
    return this.op("GatherND", [data, indices], { batch_dims: batchDims });
  }

  /** Sums a gradient over the axes along which its value was broadcast. */
  unbroadcast(dy: Value, x: Value): Value {
    const lead = dy.shape.length - x.shape.length;
    const axes = dy.shape.flatMap((n, i) => (i < lead || (x.shape[i - lead] === 1 && n !== 1) ? [i] : []));
    return this.reshape(axes.length ? this.sum(dy, axes) : dy, x.shape);
  }
}
