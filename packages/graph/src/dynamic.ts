/** @file Writes an ONNX model whose batch sizes are open, by comparing the graphs of several sizes. */
import { itemAt } from "@pickapic/errors";
import type { TypedArray } from "./dtypes.ts";
import { formatShape, ShapeError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Initializer } from "./graphData.ts";
import { encodeOnnx } from "./onnx.ts";
import type { Node, Value } from "./ops.ts";
import { rewrite, standard } from "./rewrite.ts";

/** Lengths of the open axes, by name. */
export type Sizes<Axis extends string> = Readonly<Record<Axis, number>>;

type Twins<T> = readonly (readonly [one: T, other: T])[];

/**
 * Returns the bytes of an .onnx file in which some axes have a name instead of a length. Its ops are standard ONNX, except
 * integer products, which are ONNX Runtime's own.
 *
 * Graphs have static shapes. So the graph is written once with arbitrary lengths, and once more for each open axis with that
 * length changed. An axis that differs between the two is the open axis; in a Reshape it becomes -1. Nothing else may differ.
 * @throws ShapeError naming the node or constant that depends on a length
 */
export function encodeDynamic<Axis extends string>(axes: readonly Axis[], write: (sizes: Sizes<Axis>) => Graph): Uint8Array {
  // All lengths differ, so that no two axes can be mistaken for each other.
  const sizes = Object.fromEntries(axes.map((axis, i) => [axis, 2 + i])) as Record<Axis, number>;
  const written = (lengths: Sizes<Axis>) => rewrite(rewrite(write(lengths)), standard, () => true);
  const g = written(sizes);
  const open = new Map<Value, (string | undefined)[]>();
  for (const axis of axes) {
    const other = written({ ...sizes, [axis]: 3 + axes.length });
    checkConstants(axis, pairs(axis, g.initializers, other.initializers));
    for (const [x, y] of pairs(axis, g.inputs, other.inputs)) markOpen(open, axis, x, y);
    for (const [x, y] of pairs(axis, g.nodes, other.nodes)) markNode(open, axis, x, y);
  }
  for (const x of [...g.inputs, ...g.outputs.map(({ value }) => value)]) checkNames(x, open.get(x) ?? [], sizes);
  return encodeOnnx(g, open);
}

/** Throws unless inputs and outputs have the open axes themselves. A multiple of an open axis has no name. */
function checkNames(x: Value, names: readonly (string | undefined)[], sizes: Sizes<string>): void {
  const wrong = names.findIndex((name, i) => name !== undefined && sizes[name] !== x.shape[i]);
  if (wrong < 0) return;
  throw new ShapeError(
    `encodeDynamic: axes of inputs and outputs must be as long as those that are open; got axis ${wrong} of ${x.name} ${formatShape(x.shape)}`,
  );
}

/** Returns the inputs, constants or nodes of two graphs, each beside the one at the same position of the other. */
function pairs<T>(axis: string, ones: readonly T[], others: readonly T[]): Twins<T> {
  if (ones.length !== others.length)
    throw new ShapeError(`encodeDynamic: the graph must have as many inputs, constants and nodes for every length of ${axis}`);
  return ones.map((one, i) => [one, itemAt(others, i)]);
}

/** Records which axes of a value differ from those of the same value in the other graph. */
function markOpen(open: Map<Value, (string | undefined)[]>, axis: string, one: Value, other: Value): void {
  if (one.shape.length !== other.shape.length) throw depends(axis, one.name, formatShape(one.shape), formatShape(other.shape));
  if (formatShape(one.shape) === formatShape(other.shape)) return;
  const known = open.get(one) ?? [];
  open.set(
    one,
    one.shape.map((n, i) => (n === other.shape[i] ? known[i] : axis)),
  );
}

function markNode(open: Map<Value, (string | undefined)[]>, axis: string, one: Node, other: Node): void {
  const [result] = one.outputs;
  if (one.op !== other.op) throw depends(axis, result.name, one.op, other.op);
  for (const [i, output] of one.outputs.entries()) markOpen(open, axis, output, itemAt(other.outputs, i));
  if (one.op === "Reshape") {
    const left = (open.get(result) ?? []).filter((name) => name !== undefined);
    if (left.length > 1)
      throw new ShapeError(`encodeDynamic: Reshape ${result.name} must have one open axis at most; got ${left.join(" and ")}`);
  } else if (JSON.stringify(one.attributes) !== JSON.stringify(other.attributes))
    throw depends(axis, `${one.op} ${result.name}`, JSON.stringify(one.attributes), JSON.stringify(other.attributes));
}

function checkConstants(axis: string, constants: Twins<Initializer>): void {
  for (const [{ value, data }, other] of constants) {
    const [before, after] = [formatShape(value.shape), formatShape(other.value.shape)];
    if (before !== after) throw depends(axis, `constant ${value.name}`, before, after);
    if (!isSame(data, other.data)) throw depends(axis, `constant ${value.name}`, "some numbers", "others");
  }
}

function isSame(one: Initializer["data"], other: Initializer["data"]): boolean {
  if ("file" in one || "file" in other) return JSON.stringify(one) === JSON.stringify(other);
  const bytes = ({ buffer, byteOffset, byteLength }: TypedArray) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(one).equals(bytes(other));
}

function depends(axis: string, what: string, one: string, other: string): ShapeError {
  return new ShapeError(`encodeDynamic: ${what} must be the same for every length of ${axis}; got ${one} and ${other}`);
}
