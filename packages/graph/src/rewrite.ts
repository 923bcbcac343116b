/** @file Replaces ops by others, for example ops that ONNX Runtime has in float32 only. */
import { Graph } from "./graph.ts";
import type { Node, Op, Ops, Value } from "./ops.ts";

/** Writes the op with other ops and returns its outputs. */
type Replacement<Inputs, Attributes> = (g: Graph, inputs: Inputs, attributes: Attributes) => readonly Value[];
/** How some ops are written with others. An op without a replacement stays as it is. */
export type Replacements = { readonly [K in Op]?: Replacement<Ops[K]["inputs"], Ops[K]["attributes"]> };

/** Replacements for ops whose CPU kernels are float32 only (of LayerNormalization: its statistics), by their definitions. */
export const replacements: Replacements = {
  FusedMatMul: (g, [a, b], { transA, transB, alpha }) => [
    g.mul(g.matmul(transA ? g.swapLast(a) : a, transB ? g.swapLast(b) : b), alpha),
  ],
  Gelu: (g, [x]) => [g.mul(x, g.add(g.mul(g.erf(g.mul(x, Math.SQRT1_2)), 0.5), 0.5))],
  LayerNormalization: (g, [x, scale, bias], { axis, epsilon }) => {
    const axes = x.shape.map((_, i) => i).slice(axis);
    const mean = g.mean(x, axes);
    const centred = g.sub(x, mean);
    const r = g.reciprocal(g.sqrt(g.add(g.mean(g.mul(centred, centred), axes), epsilon)));
    return [g.add(g.mul(g.mul(centred, r), scale), bias), mean, r];
  },
  // Sigmoid is avoided, because ONNX Runtime would fuse x sigmoid(alpha x) to the QuickGelu that it lacks.
  QuickGelu: (g, [x], { alpha }) => {
    const s = g.reciprocal(g.add(g.exp(g.mul(x, -alpha)), 1));
    return [g.mul(x, s), s];
  },
};

/** x s, s = sigmoid(alpha x), with s as second output. */
const quickGelu: Replacements["QuickGelu"] = (g, [x], { alpha }) => {
  const s = g.sigmoid(g.mul(x, alpha));
  return [g.mul(x, s), s];
};

/**
 * Standard ONNX in place of ONNX Runtime's own ops, for other runtimes. ONNX Runtime fuses them again when it loads the model.
 */
export const standard: Replacements = {
  FusedMatMul: replacements.FusedMatMul!,
  QuickGelu: quickGelu,
};

/**
 * ONNX Runtime's QuickGelu does not return its sigmoid. Where a gradient reads it, writing both out is faster than computing the
 * sigmoid twice.
 */
export function shareSigmoids(g: Graph): Graph {
  const read = new Set(g.nodes.flatMap((node) => [...node.inputs]));
  return rewrite(g, { QuickGelu: quickGelu }, ({ op, outputs }) => op === "QuickGelu" && read.has(outputs[1]!));
}

/** Pads x with a row of zeros at the end, which the index -1 finds. */
const rearrange: Replacements["Rearrange"] = (g, [x, from]) => [g.gather(g.pad(x, [0, 0, 1, 0]), from)];

/** Returns the graph in ops that ONNX or ONNX Runtime has. */
export const spellOut = (g: Graph): Graph => rewrite(g, { Rearrange: rearrange }, () => true);

type Concerns = (node: Node) => boolean;

const notFloat32: Concerns = ({ inputs }) => inputs[0]?.dtype !== "float32";

function emit(g: Graph, node: Node, inputs: readonly Value[], rules: Replacements, concerns: Concerns): readonly Value[] {
  if (!(node.op in rules && concerns(node))) return g.node(node.op, inputs as never, node.attributes).outputs;
  const replace = rules[node.op] as Replacement<readonly Value[], Node["attributes"]>;
  return replace(g, inputs, node.attributes);
}

/** Returns the graph with ops replaced by the rules. Inputs, initializers and outputs keep their names; nodes do not. */
export function rewrite(g: Graph, rules: Replacements = replacements, concerns: Concerns = notFloat32): Graph {
  if (!g.nodes.some((node) => node.op in rules && concerns(node))) return g;
  const copy = new Graph(g.name);
  const twin = new Map<Value, Value>();
  for (const x of g.inputs) twin.set(x, copy.input(x.name, x.dtype, x.shape, x.role));
  for (const { value, data } of g.initializers) twin.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of g.nodes) {
    const inputs = node.inputs.map((x) => twin.get(x)!);
    const outputs = emit(copy, node, inputs, rules, concerns);
    for (const [i, y] of node.outputs.entries()) twin.set(y, outputs[i]!);
  }
  for (const { name, value } of g.outputs) copy.output(name, twin.get(value)!);
  return copy;
}
