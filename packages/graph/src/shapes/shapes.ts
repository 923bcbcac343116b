/** @file The shape and dtype of each op's output: one rule per op, with the conditions of the ONNX operator. */
import { formatShape } from "../errors.ts";
import type { Op, Ops, Shape, Value } from "../ops.ts";
import { broadcast, broken, floatOnly, normalizeAxis, type Spec, type Specs, sameDType } from "./conditions.ts";
import {
  concat,
  expand,
  gather,
  gatherElements,
  gatherND,
  gemm,
  layerNormalization,
  matMulIntegerToFloat,
  pad,
  product,
  quantizeLinear,
  rearrange,
  reshape,
  scatterElements,
  slice,
  transpose,
  where,
} from "./rules.ts";

type ShapeRule<Inputs, Attributes> = (inputs: Inputs, attributes: Attributes) => Specs;

const elementwise =
  (op: Op) =>
  ([x]: [Value]) =>
    floatOnly(op, x);

const binary =
  (op: Op) =>
  (inputs: [Value, Value]): Spec => ({ dtype: sameDType(op, inputs), shape: broadcast(op, inputs) });

const comparison =
  (op: Op) =>
  (inputs: [Value, Value]): Spec => ({ ...binary(op)(inputs), dtype: "bool" });

const along =
  (op: Op) =>
  ([x]: [Value], { axis }: { axis: number }): Spec => {
    normalizeAxis(op, axis, x.shape.length);
    return floatOnly(op, x);
  };

function reducedShape(op: Op, x: Value, axes: readonly number[], keepdims: 0 | 1): Shape {
  const gone = new Set(axes.map((axis) => normalizeAxis(op, axis, x.shape.length)));
  if (gone.size !== axes.length || gone.size === 0) throw broken(op, "axes must be given once each", formatShape(axes));
  return x.shape.flatMap((n, i) => (gone.has(i) ? (keepdims ? [1] : []) : [n]));
}

const reduce =
  (op: Op) =>
  ([x]: [Value], { axes, keepdims }: Ops["ReduceSum"]["attributes"]): Spec => ({
    dtype: x.dtype,
    shape: reducedShape(op, x, axes, keepdims),
  });

/**
 * The rule of every op: from inputs and attributes to dtype and shape of its output or outputs. A rule throws ShapeError,
 * which says what does not fit.
 */
export const shapes: { readonly [K in Op]: ShapeRule<Ops[K]["inputs"], Ops[K]["attributes"]> } = {
  Abs: elementwise("Abs"),
  Add: binary("Add"),
  ArgMax: ([x], { axis, keepdims }) => ({ dtype: "int64", shape: reducedShape("ArgMax", x, [axis], keepdims) }),
  Cast: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  Clip: elementwise("Clip"),
  Concat: concat,
  Div: binary("Div"),
  Equal: comparison("Equal"),
  Erf: elementwise("Erf"),
  Exp: elementwise("Exp"),
  Expand: expand,
  FusedMatMul: (inputs, { transA, transB }) => product("FusedMatMul", inputs, transA, transB),
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Gelu: elementwise("Gelu"),
  Gemm: gemm,
  Greater: comparison("Greater"),
  Identity: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  LayerNormalization: layerNormalization,
  Less: comparison("Less"),
  Log: elementwise("Log"),
  LogSoftmax: along("LogSoftmax"),
  MatMul: (inputs) => product("MatMul", inputs),
  MatMulIntegerToFloat: matMulIntegerToFloat,
  Max: binary("Max"),
  Min: binary("Min"),
  Mod: binary("Mod"),
  Mul: binary("Mul"),
  Neg: elementwise("Neg"),
  Pad: pad,
  Pow: binary("Pow"),
  QuantizeLinear: quantizeLinear,
  QuickGelu: ([x]) => [floatOnly("QuickGelu", x), floatOnly("QuickGelu", x)],
  Rearrange: rearrange,
  Reciprocal: elementwise("Reciprocal"),
  ReduceMax: reduce("ReduceMax"),
  ReduceMean: reduce("ReduceMean"),
  ReduceSum: reduce("ReduceSum"),
  ReduceSumSquare: reduce("ReduceSumSquare"),
  Relu: elementwise("Relu"),
  Reshape: reshape,
  ScatterElements: scatterElements,
  Sigmoid: elementwise("Sigmoid"),
  Sign: elementwise("Sign"),
  Slice: slice,
  Softmax: along("Softmax"),
  Sqrt: elementwise("Sqrt"),
  Sub: binary("Sub"),
  Tanh: elementwise("Tanh"),
  Transpose: transpose,
  Where: where,
};
