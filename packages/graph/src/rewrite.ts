/** @file Replaces ops by others, for example ops that ONNX Runtime has in float32 only. */
import { itemAt } from "@pickapic/errors";
import { Graph } from "./graph.ts";
import { mapInputs, type Node, type NodeOf, type Op, type Ops, type Value } from "./ops.ts";

/** Writes the op with other ops and returns its outputs. */
type Replacement<Inputs, Attributes> = (g: Graph, inputs: Inputs, attributes: Attributes) => readonly Value[];
/** How some ops are written with others. An op without a replacement stays as it is. */
export type Replacements = { readonly [K in Op]?: Replacement<Ops[K]["inputs"], Ops[K]["attributes"]> };

/** Replacements for ops whose CPU kernels are float32 only (of LayerNormalization: its statistics), by their definitions. */
export const replacements = {
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
} satisfies Replacements;

/** x s, s = sigmoid(alpha x), with s as second output. */
const quickGelu: Replacements["QuickGelu"] = (g, [x], { alpha }) => {
  const s = g.sigmoid(g.mul(x, alpha));
  return [g.mul(x, s), s];
};

/**
 * Standard ONNX in place of ONNX Runtime's own ops, for other runtimes. ONNX Runtime fuses them again when it loads the model.
 */
export const standard: Replacements = {
  FusedMatMul: replacements.FusedMatMul,
  QuickGelu: quickGelu,
};

/**
 * ONNX Runtime's QuickGelu does not return its sigmoid. Where a gradient reads it, writing both out is faster than computing the
 * sigmoid twice.
 */
export function shareSigmoids(g: Graph): Graph {
  const read = new Set(g.nodes.flatMap((node) => [...node.inputs]));
  return rewrite(g, { QuickGelu: quickGelu }, ({ op, outputs: [, s] }) => op === "QuickGelu" && s !== undefined && read.has(s));
}

/** Pads x with a row of zeros at the end, which the index -1 finds. */
const rearrange: Replacements["Rearrange"] = (g, [x, from]) => [g.gather(g.pad(x, [0, 0, 1, 0]), from)];

/** Returns the graph without Rearrange, which neither ONNX nor ONNX Runtime has. */
export const spellOut = (g: Graph): Graph => rewrite(g, { Rearrange: rearrange }, () => true);

type Concerns = (node: Node) => boolean;

const notFloat32: Concerns = ({ inputs }) => inputs[0]?.dtype !== "float32";

/** Writes a node with the values of the new graph as its inputs: itself, or its replacement. Returns its outputs there. */
function emit<K extends Op>(g: Graph, node: NodeOf<K>, rule: Replacements[K], twins: Twins): readonly Value[] {
  const inputs = mapInputs(node.inputs, (x) => twins.of(x));
  return rule ? rule(g, inputs, node.attributes) : g.node(node.op, inputs, node.attributes).outputs;
}

/** The values of one graph, and what stands for each of them in the graph that is written from it. */
export class Twins {
  readonly #twins = new Map<Value, Value>();

  set(old: Value, twin: Value): void {
    this.#twins.set(old, twin);
  }

  /** @throws Error when the value belongs to no node, input or constant that was written before */
  of(old: Value): Value {
    const twin = this.#twins.get(old);
    if (!twin) throw new Error(`rewrite: ${old.name} is no value of this graph, or is read before it is computed`);
    return twin;
  }

  /** Sets the twins of a node's outputs. @throws RangeError when there are fewer than the node has */
  setAll(node: Node, outputs: readonly Value[]): void {
    for (const [i, y] of node.outputs.entries()) this.set(y, itemAt(outputs, i));
  }
}

/** Returns the graph with ops replaced by the rules. Inputs, initializers and outputs keep their names; nodes do not. */
export function rewrite(g: Graph, rules: Replacements = replacements, concerns: Concerns = notFloat32): Graph {
  if (!g.nodes.some((node) => node.op in rules && concerns(node))) return g;
  const copy = new Graph(g.name);
  const twins = new Twins();
  for (const x of g.inputs) twins.set(x, copy.input(x.name, x.dtype, x.shape, x.role));
  for (const { value, data } of g.initializers) twins.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of g.nodes) {
    twins.setAll(node, emit(copy, node, concerns(node) ? rules[node.op] : undefined, twins));
  }
  for (const { name, value } of g.outputs) copy.output(name, twins.of(value));
  return copy;
}
