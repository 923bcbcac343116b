/** @file Reverse mode: adds to a graph the gradients of a loss by any of its values. */
import { itemAt } from "@pickapic/errors";
import { isFloat } from "../dtypes.ts";
import { formatShape, ShapeError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { Node, NodeOf, Op, Value } from "../ops.ts";
import { sizeOf } from "../shapes/axes.ts";
import { gradientRules, type Rules } from "./rules.ts";

/** Returns the values through which the result can depend on any of `wrt`; only these need a gradient. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): Set<Value> {
  const found = new Set<Value>(wrt);
  for (const { inputs, outputs } of nodes) {
    if (inputs.some((x) => found.has(x))) for (const y of outputs) if (isFloat(y.dtype)) found.add(y);
  }
  return found;
}

/** Applies the rule of a node's op. It is generic so that the compiler knows that inputs and attributes belong to that op. */
function applyRule<K extends Op>(rules: Rules, g: Graph, node: NodeOf<K>, dy: Value): readonly (Value | null)[] {
  const [y, ...statistics] = node.outputs;
  return rules[node.op](g, node.inputs, y, dy, node.attributes, statistics);
}

/** Drops the nodes from `start` on that no value of `keep` depends on: branches of rules whose gradients are not needed. */
function prune(g: Graph, start: number, keep: readonly Value[]): void {
  const needed = new Set(keep);
  const live = g.nodes
    .splice(start)
    .reverse()
    .filter((node) => {
      const live = node.outputs.some((y) => needed.has(y));
      if (live) for (const x of node.inputs) needed.add(x);
      return live;
    });
  g.nodes.push(...live.reverse());
}

/**
 * Adds the gradients of y by each of `wrt` to the graph (reverse mode) and returns them. y must have one element, unless `seed`,
 * the gradient of something else by y, is given; then the results are gradients of that. A value on which y does not depend gets
 * the gradient 0.
 */
export function gradients(g: Graph, y: Value, wrt: readonly Value[], seed?: Value, rules: Rules = gradientRules): Value[] {
  if (!seed && sizeOf(y.shape) !== 1)
    throw new ShapeError(`gradients: the loss must have one element; got ${y.name} ${formatShape(y.shape)}`);
  const start = g.nodes.length;
  const wanted = dependents(g.nodes, wrt);
  const adjoints = new Map<Value, Value>([[y, seed ?? g.constant(1, y.shape, y.dtype)]]);
  const accumulate = (x: Value, dx: Value) => {
    const before = adjoints.get(x);
    adjoints.set(x, before ? g.add(before, dx) : dx);
  };
  for (const node of g.nodes.slice(0, start).reverse()) {
    const [y, ...statistics] = node.outputs;
    const dy = adjoints.get(y);
    if (statistics.some((v) => adjoints.has(v))) throw new ShapeError(`gradients: statistics of ${node.op} have no gradient`);
    if (!dy || !node.inputs.some((x) => wanted.has(x))) continue;
    const results = applyRule(rules, g, node, dy);
    for (const [i, x] of node.inputs.entries()) {
      const dx = itemAt(results, i);
      if (dx && wanted.has(x)) accumulate(x, dx);
    }
  }
  const results = wrt.map((x) => adjoints.get(x) ?? g.full(0, x.shape, x.dtype));
  prune(g, start, results);
  return results;
}
