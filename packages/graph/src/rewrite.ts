/** @file Replaces ops by others: what a dtype or a device has no kernel for is written with what it has. */
import { Graph } from "./graph.ts";
import type { Node, Op, Ops, Value } from "./ops.ts";

/** Writes the op with other ops and gives its outputs, or undefined to leave the op as it is. */
type Replacement<Inputs, Attributes> = (g: Graph, inputs: Inputs, attributes: Attributes) => readonly Value[] | undefined;
export type Replacements = { readonly [K in Op]?: Replacement<Ops[K]["inputs"], Ops[K]["attributes"]> };

const unlessFloat32 =
  <I extends readonly Value[], A>(replacement: (g: Graph, inputs: I, attributes: A) => readonly Value[]): Replacement<I, A> =>
  (g, inputs, attributes) =>
    inputs[0]!.dtype === "float32" ? undefined : replacement(g, inputs, attributes);

/** Ops that ONNX Runtime's CPU device has in float32 only (LayerNormalization: its statistics), written with what it has in float64. */
export const replacements: Replacements = {
  FusedMatMul: unlessFloat32((g, [a, b], { transA, transB, alpha }) => [
    g.mul(g.matmul(transA ? g.swapLast(a) : a, transB ? g.swapLast(b) : b), alpha),
  ]),
  Gelu: unlessFloat32((g, [x]) => [g.mul(x, g.add(g.mul(g.erf(g.mul(x, Math.SQRT1_2)), 0.5), 0.5))]),
  LayerNormalization: unlessFloat32((g, [x, scale, bias], { axis, epsilon }) => {
    const axes = x.shape.map((_, i) => i).slice(axis);
    const mean = g.mean(x, axes);
    const centred = g.sub(x, mean);
    const r = g.reciprocal(g.sqrt(g.add(g.mean(g.mul(centred, centred), axes), epsilon)));
    return [g.add(g.mul(g.mul(centred, r), scale), bias), mean, r];
  }),
  QuickGelu: unlessFloat32((g, [x], { alpha }) => [g.mul(x, g.sigmoid(g.mul(x, alpha)))]),
};

function emit(g: Graph, node: Node, inputs: readonly Value[], rules: Replacements): readonly Value[] {
  const replace = rules[node.op] as Replacement<readonly Value[], Node["attributes"]> | undefined;
  return replace?.(g, inputs, node.attributes) ?? g.node(node.op, inputs as never, node.attributes).outputs;
}

/** The same graph with ops replaced by the rules; inputs, initializers and outputs keep their names, nodes do not. */
export function rewrite(g: Graph, rules: Replacements = replacements): Graph {
  if (!g.nodes.some((node) => rules[node.op])) return g;
  const copy = new Graph(g.name);
  const twin = new Map<Value, Value>();
  for (const x of g.inputs) twin.set(x, copy.input(x.name, x.dtype, x.shape));
  for (const { value, data } of g.initializers) twin.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of g.nodes) {
    const outputs = emit(
      copy,
      node,
      node.inputs.map((x) => twin.get(x)!),
      rules,
    );
    for (const [i, y] of node.outputs.entries()) twin.set(y, outputs[i]!);
  }
  for (const { name, value } of g.outputs) copy.output(name, twin.get(value)!);
  return copy;
}
