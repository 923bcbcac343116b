/** @file How the gradient of the loss passes back through each op. One line of mathematics, one rule. */
import { itemAt } from "@pickapic/errors";
import { isFloat } from "../dtypes.ts";
import type { Graph } from "../graph.ts";
import type { Op, Ops, Value } from "../ops.ts";
import { lengthAt, sizeOf } from "../shapes/axes.ts";
import { normalizeAxis } from "../shapes/conditions.ts";

/**
 * Returns the gradient of the loss by each input, given the node's output y and the gradient dy by y; null for inputs that get
 * none. `statistics` are the node's further outputs (LayerNormalization: mean and inverse deviation; QuickGelu: the sigmoid).
 */
type Rule<Inputs, Attributes> = (
  g: Graph,
  inputs: Inputs,
  y: Value,
  dy: Value,
  attributes: Attributes,
  statistics: readonly Value[],
) => readonly (Value | null)[];

/** The gradient rule of every op. The type requires all of them, so that an op without one does not compile. */
export type Rules = { readonly [K in Op]: Rule<Ops[K]["inputs"], Ops[K]["attributes"]> };

/** For steps and integers, whose derivative is 0 wherever it exists. */
const flat = (_g: Graph, inputs: readonly Value[]) => inputs.map(() => null);

// y = alpha op(a) op(b): each gradient is a product again, with the flags arranged so that nothing is transposed in memory
const productRule: Rule<[Value, Value], Ops["FusedMatMul"]["attributes"]> = (g, [a, b], _y, dy, { transA, transB, alpha }) => {
  const da = transA
    ? g.fusedMatmul(b, dy, { transA: transB, transB: 1, alpha })
    : g.fusedMatmul(dy, b, { transB: transB ? 0 : 1, alpha });
  const db = transB
    ? g.fusedMatmul(dy, a, { transA: 1, transB: transA, alpha })
    : g.fusedMatmul(a, dy, { transA: transA ? 0 : 1, alpha });
  return [g.unbroadcast(da, a), g.unbroadcast(db, b)];
};

// y = xw with one w for the whole batch: rows of all batches together, dx = dy wT, dw = xT dy
const sharedProductRule = (g: Graph, x: Value, w: Value, dy: Value): Value[] => [
  g.reshape(g.gemm(g.flatten(dy), w, undefined, { transB: 1 }), x.shape),
  g.gemm(g.flatten(x), g.flatten(dy), undefined, { transA: 1 }),
];

const times = (g: Graph, x: Value, factor = 1): Value => (factor === 1 ? x : g.mul(x, factor));

// y = alpha op(a) op(b) + beta c
const gemmRule: Rule<Ops["Gemm"]["inputs"], Ops["Gemm"]["attributes"]> = (g, [a, b, c], _y, dy, attributes) => {
  const { transA = 0, transB = 0, alpha = 1, beta = 1 } = attributes;
  const da = transA
    ? g.gemm(b, dy, undefined, { transA: transB, transB: 1, alpha })
    : g.gemm(dy, b, undefined, { transB: transB ? 0 : 1, alpha });
  const db = transB
    ? g.gemm(dy, a, undefined, { transA: 1, transB: transA, alpha })
    : g.gemm(a, dy, undefined, { transA: transA ? 0 : 1, alpha });
  return c ? [da, db, g.unbroadcast(times(g, dy, beta), c)] : [da, db];
};

/**
 * Adds rows [..., n, ...] to zeros of the shape of data, at indices [n] along the axis; indices may repeat. It uses
 * ScatterElements, because ONNX Runtime's ScatterND adds from several threads and loses repeated indices.
 */
function scatterAdd(g: Graph, data: Value, indices: Value, rows: Value, axis: number): Value {
  const along = rows.shape.map((n, i) => (i === axis ? n : 1));
  const everywhere = g.expand(g.reshape(indices, along), rows.shape);
  return g.op("ScatterElements", [g.full(0, data.shape, data.dtype), everywhere, rows], { axis, reduction: "add" });
}

const gatherRule: Rule<[Value, Value], { axis: number }> = (g, [data, indices], _y, dy, { axis }) => {
  const at = normalizeAxis("Gather", axis, data.shape.length);
  const count = sizeOf(indices.shape);
  const rows = g.reshape(dy, data.shape.with(at, count));
  return [scatterAdd(g, data, g.reshape(indices, [count]), rows, at), null];
};

/** Converts the index tuples of a GatherND to row numbers in data flattened to [rows, rest]. */
function linearIndices(g: Graph, data: Value, indices: Value, batchDims: number): Value {
  const dims = data.shape.slice(batchDims, batchDims + lengthAt(indices.shape, -1));
  const strides = dims.map((_, i) => sizeOf(dims.slice(i + 1)));
  const inside = g.mul(g.mod(indices, g.constant(dims, [dims.length], "int64")), g.constant(strides, [dims.length], "int64"));
  const local = g.sum(inside, -1, false);
  const batch = data.shape.slice(0, batchDims);
  const offsets = Array.from({ length: sizeOf(batch) }, (_, i) => i * sizeOf(dims));
  const shape = local.shape.map((n, i) => (i < batchDims ? n : 1));
  return g.reshape(g.add(local, g.constant(offsets, shape, "int64")), [sizeOf(local.shape)]);
}

const gatherNDRule: Rule<[Value, Value], { batch_dims: number }> = (g, [data, indices], _y, dy, { batch_dims }) => {
  const rest = sizeOf(data.shape.slice(batch_dims + lengthAt(indices.shape, -1)));
  const flatShape = { ...data, shape: [sizeOf(data.shape) / rest, rest] };
  const rows = linearIndices(g, data, indices, batch_dims);
  return [g.reshape(scatterAdd(g, flatShape, rows, g.reshape(dy, [-1, rest]), 0), data.shape), null];
};

// h = (x - mean) r, y = scale h + bias, e = scale dy: dx = r (e - mean(e) - h mean(e h)), means over the normalised axes
const layerNormRule: Rule<[Value, Value, Value], { axis: number; epsilon: number }> = (
  g,
  inputs,
  _y,
  dy,
  { axis },
  statistics,
) => {
  const [x, scale, bias] = inputs;
  const [mean, r] = [itemAt(statistics, 0), itemAt(statistics, 1)];
  const at = normalizeAxis("LayerNormalization", axis, x.shape.length);
  const axes = x.shape.map((_, i) => i).slice(at);
  const h = g.mul(g.sub(x, mean), r);
  const e = g.mul(dy, scale);
  const across = g.add(g.mul(h, g.mean(g.mul(e, h), axes)), g.mean(e, axes));
  return [g.mul(g.sub(e, across), r), g.unbroadcast(g.mul(dy, h), scale), g.unbroadcast(dy, bias)];
};

const unreducedShape = (x: Value, axes: readonly number[]) => {
  const gone = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  return x.shape.map((n, i) => (gone.includes(i) ? 1 : n));
};

/** Reshapes the gradient of a reduction so that the reduced axes are there again, with length 1. */
const unreduced = (g: Graph, x: Value, y: Value, axes: readonly number[]) => g.reshape(y, unreducedShape(x, axes));

const concatRule: Rule<Value[], { axis: number }> = (g, inputs, _y, dy, { axis }) => {
  let start = 0;
  return inputs.map((x) => {
    const length = lengthAt(x.shape, axis);
    start += length;
    return inputs.length === 1 ? dy : g.slice(dy, axis, start - length, start);
  });
};

const sliceRule: Rule<[Value], Ops["Slice"]["attributes"]> = (g, [x], _y, dy, { starts, ends, axes }) => {
  const pads = Array<number>(2 * x.shape.length).fill(0);
  for (const [i, axis] of axes.entries()) {
    const at = normalizeAxis("Slice", axis, x.shape.length);
    pads[at] = itemAt(starts, i);
    pads[at + x.shape.length] = lengthAt(x.shape, at) - itemAt(ends, i);
  }
  return [g.pad(dy, pads)];
};

const padRule: Rule<[Value], { pads: readonly number[] }> = (g, [x], _y, dy, { pads }) => {
  const starts = pads.slice(0, x.shape.length);
  return [g.op("Slice", [dy], { starts, ends: x.shape.map((n, i) => n + itemAt(starts, i)), axes: x.shape.map((_, i) => i) })];
};

/**
 * The rules by which `gradients` passes a gradient back, each with its formula: y is the output, dy the gradient of the loss
 * by y.
 */
export const gradientRules: Rules = {
  // y = |x|: dx = sign(x) dy
  Abs: (g, [x], _y, dy) => [g.mul(dy, g.sign(x))],
  // y = a + b: da = dy, db = dy
  Add: (g, [a, b], _y, dy) => [g.unbroadcast(dy, a), g.unbroadcast(dy, b)],
  ArgMax: flat,
  // y = x in another precision: dx = dy in the precision of x
  Cast: (g, [x], y, dy) => [isFloat(x.dtype) && isFloat(y.dtype) ? g.cast(dy, x.dtype) : null],
  // y = min(max(x, lo), hi): dx = dy where lo <= x <= hi, so where y = x
  Clip: (g, [x], y, dy) => [g.where(g.equal(x, y), dy, 0)],
  // y = [a b ...]: each gets the slice of dy at its own position
  Concat: concatRule,
  // y = a / b: da = dy / b, db = -y dy / b
  Div: (g, [a, b], y, dy) => {
    const da = g.div(dy, b);
    return [g.unbroadcast(da, a), g.unbroadcast(g.neg(g.mul(y, da)), b)];
  },
  Equal: flat,
  // y = erf(x): dx = 2 / sqrt(pi) exp(-x^2) dy
  Erf: (g, [x], _y, dy) => [g.mul(g.mul(dy, g.exp(g.neg(g.mul(x, x)))), 2 / Math.sqrt(Math.PI))],
  // y = exp(x): dx = y dy
  Exp: (g, _inputs, y, dy) => [g.mul(y, dy)],
  // y = x repeated: dx = sum of dy over the repeats
  Expand: (g, [x], _y, dy) => [g.unbroadcast(dy, x)],
  FusedMatMul: productRule,
  // y = rows of data: each row of dy is added to the row that it came from
  Gather: gatherRule,
  // y = elements of data: each element of dy is added to where it came from
  GatherElements: (g, [data, indices], _y, dy, { axis }) => {
    const zeros = g.full(0, data.shape, data.dtype);
    return [g.op("ScatterElements", [zeros, indices, dy], { axis, reduction: "add" }), null];
  },
  // y = slices of data by index tuples: as Gather, with the tuples made into row numbers
  GatherND: gatherNDRule,
  // y = x Phi(x), Phi = (1 + erf(x / sqrt 2)) / 2: dx = (Phi + x exp(-x^2 / 2) / sqrt(2 pi)) dy
  Gelu: (g, [x], _y, dy) => {
    const phi = g.add(g.mul(g.erf(g.mul(x, Math.SQRT1_2)), 0.5), 0.5);
    const density = g.exp(g.mul(g.mul(x, x), -0.5));
    return [g.mul(dy, g.add(phi, g.mul(g.mul(x, 1 / Math.sqrt(2 * Math.PI)), density)))];
  },
  Gemm: gemmRule,
  Greater: flat,
  // y = x: dx = dy
  Identity: (_g, _inputs, _y, dy) => [dy],
  LayerNormalization: layerNormRule,
  Less: flat,
  // y = log x: dx = dy / x
  Log: (g, [x], _y, dy) => [g.div(dy, x)],
  // y = x - log sum exp x: dx = dy - exp(y) sum(dy), the sum along the axis
  LogSoftmax: (g, _inputs, y, dy, { axis }) => [g.sub(dy, g.mul(g.exp(y), g.sum(dy, axis)))],
  // y = xw: dx = dy wT, dw = xT dy
  MatMul: (g, [x, w], y, dy) =>
    w.shape.length === 2 ? sharedProductRule(g, x, w, dy) : productRule(g, [x, w], y, dy, { transA: 0, transB: 0, alpha: 1 }, []),
  MatMulIntegerToFloat: flat,
  // y = max(a, b): dy goes to the larger, to a when equal
  Max: (g, [a, b], _y, dy) => {
    const second = g.less(a, b);
    return [g.unbroadcast(g.where(second, 0, dy), a), g.unbroadcast(g.where(second, dy, 0), b)];
  },
  // y = min(a, b): dy goes to the smaller, to a when equal
  Min: (g, [a, b], _y, dy) => {
    const second = g.greater(a, b);
    return [g.unbroadcast(g.where(second, 0, dy), a), g.unbroadcast(g.where(second, dy, 0), b)];
  },
  Mod: flat,
  // y = ab: da = b dy, db = a dy
  Mul: (g, [a, b], _y, dy) => [g.unbroadcast(g.mul(dy, b), a), g.unbroadcast(g.mul(dy, a), b)],
  // y = -x: dx = -dy
  Neg: (g, _inputs, _y, dy) => [g.neg(dy)],
  // y = 0 x 0: dx is the middle of dy
  Pad: padRule,
  // y = a^b: da = b a^(b-1) dy, db = y log(a) dy
  Pow: (g, [a, b], y, dy) => [
    g.unbroadcast(g.mul(dy, g.mul(b, g.pow(a, g.sub(b, 1)))), a),
    g.unbroadcast(g.mul(dy, g.mul(y, g.log(a))), b),
  ],
  QuantizeLinear: flat,
  // s = sigmoid(alpha x), y = x s: dx = (s + alpha y (1 - s)) dy
  QuickGelu: (g, _inputs, y, dy, { alpha }, statistics) => {
    const s = itemAt(statistics, 0);
    return [g.mul(dy, g.add(s, g.mul(g.mul(y, alpha), g.sub(1, s))))];
  },
  // y = rows of x in another order: each row of dy goes back to where it came from
  Rearrange: (g, [_x, from, back], _y, dy) => [g.rearrange(dy, back, from), null, null],
  // y = 1 / x: dx = -y^2 dy
  Reciprocal: (g, _inputs, y, dy) => [g.neg(g.mul(dy, g.mul(y, y)))],
  // y = max x: dy is shared equally among the elements that are the largest
  ReduceMax: (g, [x], y, dy, { axes }) => {
    const largest = g.cast(g.equal(x, unreduced(g, x, y, axes)), x.dtype);
    return [g.mul(largest, g.div(unreduced(g, x, dy, axes), g.sum(largest, axes)))];
  },
  // y = sum x / n: dx = dy / n
  ReduceMean: (g, [x], y, dy, { axes }) => [
    g.expand(g.mul(unreduced(g, x, dy, axes), sizeOf(y.shape) / sizeOf(x.shape)), x.shape),
  ],
  // y = sum x: dx = dy
  ReduceSum: (g, [x], _y, dy, { axes }) => [g.expand(unreduced(g, x, dy, axes), x.shape)],
  // y = sum x^2: dx = 2 x dy
  ReduceSumSquare: (g, [x], _y, dy, { axes }) => [g.mul(x, g.mul(unreduced(g, x, dy, axes), 2))],
  // y = max(x, 0): dx = dy where x > 0
  Relu: (g, [x], _y, dy) => [g.where(g.greater(x, 0), dy, 0)],
  // y = x in another shape: dx = dy in the shape of x
  Reshape: (g, [x], _y, dy) => [g.reshape(dy, x.shape)],
  // y = data with updates added at (or put to) the indices: d updates = dy there, d data = dy (0 where it was replaced)
  ScatterElements: (g, [_data, indices, updates], _y, dy, { axis, reduction }) => {
    const zeros = g.full(0, updates.shape, updates.dtype);
    const rest = reduction === "add" ? dy : g.op("ScatterElements", [dy, indices, zeros], { axis, reduction });
    return [rest, null, g.op("GatherElements", [dy, indices], { axis })];
  },
  // y = sigmoid(x): dx = y (1 - y) dy
  Sigmoid: (g, _inputs, y, dy) => [g.mul(dy, g.mul(y, g.sub(1, y)))],
  Sign: flat,
  // y = the middle of x: dx = 0 dy 0
  Slice: sliceRule,
  // y = softmax(x): dx = y (dy - sum(y dy)), the sum along the softmax axis
  Softmax: (g, _inputs, y, dy, { axis }) => [g.mul(y, g.sub(dy, g.sum(g.mul(y, dy), axis)))],
  // y = sqrt x: dx = dy / (2 y)
  Sqrt: (g, _inputs, y, dy) => [g.div(g.mul(dy, 0.5), y)],
  // y = a - b: da = dy, db = -dy
  Sub: (g, [a, b], _y, dy) => [g.unbroadcast(dy, a), g.neg(g.unbroadcast(dy, b))],
  // y = tanh x: dx = (1 - y^2) dy
  Tanh: (g, _inputs, y, dy) => [g.mul(dy, g.sub(1, g.mul(y, y)))],
  // y = x with axes exchanged: dx = dy with axes exchanged back
  Transpose: (g, _inputs, _y, dy, { perm }) => [
    g.transpose(
      dy,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  // y = x where c, else z: dx = dy where c, else 0; dz = 0 where c, else dy
  Where: (g, [c, x, z], _y, dy) => [null, g.unbroadcast(g.where(c, dy, 0), x), g.unbroadcast(g.where(c, 0, dy), z)],
};
