/** @file The longer shape rules: those of single ops, with the conditions of the ONNX operator of the same name. */
import { itemAt } from "@pickapic/errors";
import { formatShape } from "../errors.ts";
import type { Op, Ops, Shape, Value } from "../ops.ts";
import { broadcastShapes, lengthAt, sizeOf } from "./axes.ts";
import {
  broadcast,
  broken,
  describe,
  floatInput,
  floatOnly,
  indexDType,
  normalizeAxis,
  type Spec,
  type Specs,
  sameDType,
} from "./conditions.ts";

const swapped = (shape: Shape, swap: 0 | 1 | undefined): Shape =>
  swap ? [...shape.slice(0, -2), lengthAt(shape, -1), lengthAt(shape, -2)] : shape;

/** [..., m, k] x [..., k, n] -> [..., m, n], after the transpositions; batch axes broadcast. */
export function product(op: Op, [a, b]: [Value, Value], transA: 0 | 1 = 0, transB: 0 | 1 = 0): Spec {
  if (a.shape.length < 2 || b.shape.length < 2) throw broken(op, "both must have at least 2 axes", [a, b]);
  const [left, right] = [swapped(a.shape, transA), swapped(b.shape, transB)];
  const transposed = `${transA ? ", the first transposed" : ""}${transB ? ", the second transposed" : ""}`;
  if (left.at(-1) !== right.at(-2)) throw broken(op, `columns of the first must equal rows of the second${transposed}`, [a, b]);
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
  if (!batch) throw broken(op, "batch axes must broadcast", [a, b]);
  return { dtype: sameDType(op, [a, b]), shape: [...batch, lengthAt(left, -2), lengthAt(right, -1)] };
}

/** [m, k] x [k, n] -> [m, n]; a third input must broadcast to that. */
export function gemm(inputs: Ops["Gemm"]["inputs"], { transA, transB }: Ops["Gemm"]["attributes"]): Spec {
  const [a, b, c] = inputs;
  if (a.shape.length !== 2 || b.shape.length !== 2) throw broken("Gemm", "both factors must have 2 axes", [a, b]);
  const y = product("Gemm", [a, b], transA, transB);
  if (!c) return y;
  const added = broadcastShapes(y.shape, c.shape);
  if (!added?.every((n, i) => n === y.shape[i]) || added.length !== 2) {
    throw broken("Gemm", `the third must broadcast to the product ${formatShape(y.shape)}`, [c]);
  }
  return { dtype: sameDType("Gemm", [a, b, c]), shape: y.shape };
}

/** All inputs are equal but along the axis, whose lengths are added. */
export function concat(inputs: Value[], { axis }: { axis: number }): Spec {
  const [first, ...rest] = inputs;
  if (!first) throw broken("Concat", "at least one input is needed", "none");
  const at = normalizeAxis("Concat", axis, first.shape.length);
  const fits = inputs.every(
    (v) => v.shape.length === first.shape.length && v.shape.every((n, i) => i === at || n === first.shape[i]),
  );
  if (!fits) throw broken("Concat", `all axes but axis ${axis} must be equal`, inputs);
  const length = inputs.reduce((sum, v) => sum + lengthAt(v.shape, at), 0);
  return { dtype: sameDType("Concat", [first, ...rest]), shape: first.shape.with(at, length) };
}

/** The input must broadcast to the given shape, which is that of the output. */
export function expand([x]: [Value], { shape }: { shape: Shape }): Spec {
  const wide = broadcastShapes(x.shape, shape);
  if (!wide || wide.length !== shape.length || wide.some((n, i) => n !== shape[i])) {
    throw broken("Expand", `the input must broadcast to ${formatShape(shape)}`, [x]);
  }
  return { dtype: x.dtype, shape };
}

/** The axis is replaced by the axes of the indices. */
export function gather([data, indices]: [Value, Value], { axis }: { axis: number }): Spec {
  indexDType("Gather", indices);
  const at = normalizeAxis("Gather", axis, data.shape.length);
  return { dtype: data.dtype, shape: data.shape.toSpliced(at, 1, ...indices.shape) };
}

/** Checks the indices of GatherElements and ScatterElements: one per element taken, and within data except along the axis. */
function elementIndices(op: Op, data: Value, indices: Value, axis: number): void {
  indexDType(op, indices);
  const at = normalizeAxis(op, axis, data.shape.length);
  const inside =
    indices.shape.length === data.shape.length && indices.shape.every((n, i) => i === at || n <= lengthAt(data.shape, i));
  if (!inside) throw broken(op, `indices must lie within data in all axes but axis ${axis}`, [data, indices]);
}

/** The output has the shape of the indices. */
export function gatherElements([data, indices]: [Value, Value], { axis }: { axis: number }): Spec {
  elementIndices("GatherElements", data, indices, axis);
  return { dtype: data.dtype, shape: indices.shape };
}

/** data [b..., n..., r...], indices [b..., k..., depth] -> [b..., k..., r...], where n has depth axes. */
export function gatherND([data, indices]: [Value, Value], { batch_dims: b }: { batch_dims: number }): Spec {
  if (indices.dtype !== "int64") throw broken("GatherND", "indices must be int64", `${indices.name} ${indices.dtype}`);
  const depth = indices.shape.at(-1) ?? 0;
  if (depth < 1 || b + depth > data.shape.length) {
    throw broken("GatherND", `the last axis of the indices must be 1 ... ${data.shape.length - b}`, [data, indices]);
  }
  if (indices.shape.length <= b || data.shape.slice(0, b).some((n, i) => n !== indices.shape[i])) {
    throw broken("GatherND", `the first ${b} axes of data and indices must be equal`, [data, indices]);
  }
  return { dtype: data.dtype, shape: [...indices.shape.slice(0, -1), ...data.shape.slice(b + depth)] };
}

/** y has the shape of x; mean and inverse deviation have length 1 along the normalised axes. */
export function layerNormalization([x, scale, bias]: [Value, Value, Value], { axis }: { axis: number }): Specs {
  const at = normalizeAxis("LayerNormalization", axis, x.shape.length);
  const rest = formatShape(x.shape.slice(at));
  if (formatShape(scale.shape) !== rest || formatShape(bias.shape) !== rest) {
    throw broken("LayerNormalization", `scale and bias must have the normalised axes ${rest}`, [x, scale, bias]);
  }
  const y = floatOnly("LayerNormalization", x);
  sameDType("LayerNormalization", [x, scale, bias]);
  const statistics = { dtype: x.dtype, shape: x.shape.map((n, i) => (i < at ? n : 1)) };
  return [y, statistics, statistics];
}

/** uint8 [m, k] x int8 [k, n] -> float [m, n], with one scale for the first and one a column for the second. */
export function matMulIntegerToFloat(inputs: Ops["MatMulIntegerToFloat"]["inputs"]): Spec {
  const op = "MatMulIntegerToFloat";
  const [a, b, aScale, bScale, aZero] = inputs;
  if (a.dtype !== "uint8" || b.dtype !== "int8" || aZero.dtype !== "uint8")
    throw broken(
      op,
      "factors must be uint8 and int8, the zero uint8",
      [a, b, aZero].map((v) => `${v.name} ${v.dtype}`).join(", "),
    );
  const fits = a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[0];
  if (!fits) throw broken(op, "columns of the first must equal rows of the second, both of 2 axes", [a, b]);
  const [rows, columns] = [lengthAt(a.shape, 0), lengthAt(b.shape, 1)];
  if (aScale.shape.length + aZero.shape.length > 0 || bScale.shape.join() !== `${columns}`)
    throw broken(op, `scale and zero of the first must be scalars, the second scale [${columns}]`, [aScale, aZero, bScale]);
  return { dtype: sameDType(op, [aScale, bScale]), shape: [rows, columns] };
}

/** The shape of x with the dtype of the zero points, of which there is one for each slice along the axis. */
export function quantizeLinear([x, scale, zero]: [Value, Value, Value], { axis }: { axis: number }): Spec {
  const along = `${x.shape[normalizeAxis("QuantizeLinear", axis, x.shape.length)]}`;
  if (scale.shape.join() !== along || zero.shape.join() !== along)
    throw broken("QuantizeLinear", `scale and zero must be [${along}], one for each slice`, [x, scale, zero]);
  sameDType("QuantizeLinear", [floatInput("QuantizeLinear", x), scale]);
  return { dtype: zero.dtype, shape: x.shape };
}

/** Each axis grows by what is added before and after it. */
export function pad([x]: [Value], { pads }: { pads: readonly number[] }): Spec {
  const rank = x.shape.length;
  if (pads.length !== 2 * rank || pads.some((n) => !Number.isInteger(n) || n < 0)) {
    throw broken("Pad", `pads must be ${2 * rank} integers of at least 0: all begins, then all ends`, formatShape(pads));
  }
  return { dtype: x.dtype, shape: x.shape.map((n, i) => n + itemAt(pads, i) + itemAt(pads, i + rank)) };
}

/** x [n, width], from [m], back [n] -> [m, width]. */
export function rearrange([x, from, back]: [Value, Value, Value]): Spec {
  const op = "Rearrange";
  if (from.dtype !== "int64" || back.dtype !== "int64")
    throw broken(op, "both lists of row numbers must be int64", `${from.name} ${from.dtype} and ${back.name} ${back.dtype}`);
  const fits = x.shape.length === 2 && from.shape.length === 1 && back.shape.join() === `${x.shape[0]}`;
  if (!fits) throw broken(op, "x must have 2 axes, `from` one, and `back` one number for each row of x", [x, from, back]);
  return { dtype: floatOnly(op, x).dtype, shape: [lengthAt(from.shape, 0), lengthAt(x.shape, 1)] };
}

/** Another shape with as many elements. */
export function reshape([x]: [Value], { shape }: { shape: Shape }): Spec {
  if (shape.some((n) => n < 0 || !Number.isInteger(n)) || sizeOf(shape) !== sizeOf(x.shape)) {
    throw broken("Reshape", `the new shape ${formatShape(shape)} must hold as many elements`, [x]);
  }
  return { dtype: x.dtype, shape };
}

/** The output has the shape of data; updates have that of the indices. */
export function scatterElements([data, indices, updates]: [Value, Value, Value], { axis }: { axis: number }): Spec {
  elementIndices("ScatterElements", data, indices, axis);
  if (formatShape(indices.shape) !== formatShape(updates.shape)) {
    throw broken("ScatterElements", "indices and updates must have one shape", [indices, updates]);
  }
  return { dtype: sameDType("ScatterElements", [data, updates]), shape: data.shape };
}

/** The named axes shrink to end - start. */
export function slice([x]: [Value], { starts, ends, axes }: Ops["Slice"]["attributes"]): Spec {
  if (starts.length !== axes.length || ends.length !== axes.length) {
    throw broken("Slice", "starts, ends and axes must have one length", [starts, ends, axes].map(formatShape).join(", "));
  }
  const shape = [...x.shape];
  for (const [i, axis] of axes.entries()) {
    const at = normalizeAxis("Slice", axis, shape.length);
    const [start, end] = [itemAt(starts, i), itemAt(ends, i)];
    if (start < 0 || end <= start || end > lengthAt(x.shape, at)) {
      throw broken("Slice", `0 <= start < end <= length must hold along axis ${axis}`, `${start}, ${end} of ${describe([x])}`);
    }
    shape[at] = end - start;
  }
  return { dtype: x.dtype, shape };
}

/** Axis i of the output is axis perm[i] of the input. */
export function transpose([x]: [Value], { perm }: { perm: readonly number[] }): Spec {
  const valid = perm.length === x.shape.length && perm.toSorted((a, b) => a - b).every((n, i) => n === i);
  if (!valid) throw broken("Transpose", `perm must name each axis once, got ${formatShape(perm)}`, [x]);
  return { dtype: x.dtype, shape: perm.map((i) => lengthAt(x.shape, i)) };
}

/** The common shape of all three; the dtype is that of the last two. */
export function where([condition, x, y]: [Value, Value, Value]): Spec {
  if (condition.dtype !== "bool") throw broken("Where", "the condition must be bool", `${condition.name} ${condition.dtype}`);
  return { dtype: sameDType("Where", [x, y]), shape: broadcast("Where", [condition, x, y]) };
}
