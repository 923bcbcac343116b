/** @file A part of a graph as a graph of its own: cut off at some values, with some nodes written otherwise. */
import { entryOf, itemAt } from "@pickapic/errors";
import { Graph, type Node, type Value } from "@pickapic/graph";

export interface Excerpt {
  /** What the part computes. */
  results: readonly Value[];
  /** Values that become inputs of these names: nothing above them is copied. */
  cuts?: ReadonlyMap<Value, string>;
  /** Another name for an input of the source. */
  rename?(name: string): string;
  /** Writes a node otherwise; null: as it is. */
  replace?(g: Graph, node: Node, inputs: readonly Value[]): Value | null;
}

/** Copies what `results` need. @returns the copy, and the copies of the results */
export function excerpt(source: Graph, { results, cuts = new Map(), rename = (name) => name, replace }: Excerpt) {
  const needed = neededBy(source, results, cuts);
  const copy = new Graph(source.name);
  const twins = new Map<Value, Value>();
  for (const [value, name] of cuts) if (needed.values.has(value)) twins.set(value, copy.input(name, value.dtype, value.shape));
  for (const x of source.inputs)
    if (needed.values.has(x) && !cuts.has(x)) twins.set(x, copy.input(rename(x.name), x.dtype, x.shape, x.role));
  for (const { value, data } of source.initializers)
    if (needed.values.has(value)) twins.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of needed.nodes) {
    const inputs = node.inputs.map((x) => entryOf(twins, x));
    const other = replace?.(copy, node, inputs);
    const outputs = other ? [other] : copy.node(node.op, inputs as never, node.attributes).outputs;
    for (const [i, y] of node.outputs.entries()) twins.set(y, itemAt(outputs, i));
  }
  return { graph: copy, results: results.map((value) => entryOf(twins, value)) };
}

function neededBy({ nodes }: Graph, results: readonly Value[], cuts: ReadonlyMap<Value, string>) {
  const values = new Set(results);
  const above = nodes.toReversed().filter((node) => {
    const live = node.outputs.some((y) => values.has(y) && !cuts.has(y));
    if (live) for (const x of node.inputs) values.add(x);
    return live;
  });
  return { values, nodes: above.toReversed() };
}
