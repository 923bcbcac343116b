/** @file The ops a graph may hold. An op that is not declared here cannot be written down. */

/** The dtype of a tensor's elements. `dtypes` says which typed array holds them. */
export type DType = "float32" | "float64" | "float16" | "int64" | "int32" | "bool" | "uint8" | "int8";

/** Lengths of the dimensions, outermost first; [] for a scalar. All lengths are fixed when the graph is written. */
export type Shape = readonly number[];

/** An edge of the graph: written by one node or fed by the caller, and read by nodes. Its shape is known as soon as it exists. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

type None = Record<never, never>;
type Flag = 0 | 1;
type Unary = { inputs: [x: Value]; attributes: None };
type Binary = { inputs: [a: Value, b: Value]; attributes: None };
type Reduce = { inputs: [x: Value]; attributes: { axes: readonly number[]; keepdims: Flag } };

/**
 * Inputs and attributes of each op, spelled as in the ONNX operator list (opset 21; FusedMatMul, MatMulIntegerToFloat and
 * QuickGelu are ONNX Runtime's own). Where ONNX takes a shape, axes, bounds or pads as an int64 input, it is an attribute here,
 * because shapes are static. The encoder writes it as an initializer (see `onnx.ts`).
 */
export interface Ops {
  Abs: Unary;
  Add: Binary;
  ArgMax: { inputs: [x: Value]; attributes: { axis: number; keepdims: Flag } };
  Cast: { inputs: [x: Value]; attributes: { to: DType } };
  Clip: { inputs: [x: Value]; attributes: { min: number; max: number } };
  Concat: { inputs: Value[]; attributes: { axis: number } };
  Div: Binary;
  Equal: Binary;
  Erf: Unary;
  Exp: Unary;
  Expand: { inputs: [x: Value]; attributes: { shape: Shape } };
  FusedMatMul: { inputs: [a: Value, b: Value]; attributes: { transA: Flag; transB: Flag; alpha: number } };
  Gather: { inputs: [data: Value, indices: Value]; attributes: { axis: number } };
  GatherElements: { inputs: [data: Value, indices: Value]; attributes: { axis: number } };
  GatherND: { inputs: [data: Value, indices: Value]; attributes: { batch_dims: number } };
  Gelu: Unary;
  Gemm: {
    inputs: [a: Value, b: Value] | [a: Value, b: Value, c: Value];
    attributes: { transA?: Flag; transB?: Flag; alpha?: number; beta?: number };
  };
  Greater: Binary;
  Identity: Unary;
  LayerNormalization: { inputs: [x: Value, scale: Value, bias: Value]; attributes: { axis: number; epsilon: number } };
  Less: Binary;
  Log: Unary;
  LogSoftmax: { inputs: [x: Value]; attributes: { axis: number } };
  MatMul: Binary;
  /** Integer product of unsigned rows (minus aZero) and signed columns, times aScale (one number) and bScale (one per column). */
  MatMulIntegerToFloat: { inputs: [a: Value, b: Value, aScale: Value, bScale: Value, aZero: Value]; attributes: None };
  Max: Binary;
  Min: Binary;
  Mod: Binary;
  Mul: Binary;
  Neg: Unary;
  Pad: { inputs: [x: Value]; attributes: { pads: readonly number[] } };
  Pow: Binary;
  QuickGelu: { inputs: [x: Value]; attributes: { alpha: number } };
  /** round(x / scale) + zero, with one scale and zero per slice along the axis. The dtype is that of zero. */
  QuantizeLinear: { inputs: [x: Value, scale: Value, zero: Value]; attributes: { axis: number } };
  /**
   * Not in ONNX (see `spellOut`): rows of x in another order. `back` is the inverse order, which makes the gradient as cheap as
   * the op.
   */
  Rearrange: { inputs: [x: Value, from: Value, back: Value]; attributes: None };
  Reciprocal: Unary;
  ReduceMax: Reduce;
  ReduceMean: Reduce;
  ReduceSum: Reduce;
  ReduceSumSquare: Reduce;
  Relu: Unary;
  Reshape: { inputs: [x: Value]; attributes: { shape: Shape } };
  ScatterElements: {
    inputs: [data: Value, indices: Value, updates: Value];
    attributes: { axis: number; reduction: "none" | "add" };
  };
  Sigmoid: Unary;
  Sign: Unary;
  Slice: {
    inputs: [x: Value];
    attributes: { starts: readonly number[]; ends: readonly number[]; axes: readonly number[] };
  };
  Softmax: { inputs: [x: Value]; attributes: { axis: number } };
  Sqrt: Unary;
  Sub: Binary;
  Tanh: Unary;
  Transpose: { inputs: [x: Value]; attributes: { perm: readonly number[] } };
  Where: { inputs: [condition: Value, x: Value, y: Value]; attributes: None };
}

/** The name of an op, spelled as in the ONNX operator list. */
export type Op = keyof Ops;

/** One application of the op K. */
export type NodeOf<K extends Op> = {
  [P in K]: {
    readonly op: P;
    readonly inputs: Ops[P]["inputs"];
    readonly attributes: Ops[P]["attributes"];
    /**
     * The result, then what the op computes besides for its gradient: LayerNormalization the mean and the inverse deviation,
     * QuickGelu the sigmoid, other ops nothing.
     */
    readonly outputs: readonly [y: Value, ...statistics: Value[]];
  };
}[K];

/** One application of an op. */
export type Node = NodeOf<Op>;

/** Returns the inputs of a node, each replaced by `replace`. The result has the type of the inputs, so the op fits it as well. */
export function mapInputs<Inputs extends readonly Value[]>(inputs: Inputs, replace: (input: Value) => Value): Inputs {
  // The compiler forgets the length of a tuple in `map`; it is the same.
  return inputs.map(replace) as readonly Value[] as Inputs;
}
