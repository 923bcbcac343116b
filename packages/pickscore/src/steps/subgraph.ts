/** @file Copies some values of a graph, and what they depend on, into a new graph, which may begin at given values and replace some nodes. */
import { entryOf, itemAt } from "@pickapic/errors";
import { Graph, type Node, type Value } from "@pickapic/graph";

/** Which values of a graph are copied, and what changes on the way. */
export interface Excerpt {
  /** The values that the copy computes. */
  results: readonly Value[];
  /** Values that become inputs of the copy, with their new names. The nodes that compute them are not copied. */
  cuts?: ReadonlyMap<Value, string>;
  /** Gives the name of an input in the copy; the same name by default. */
  rename?(name: string): string;
  /** Adds a replacement for a node to the copy and gives its output; null copies the node unchanged. */
  replace?(g: Graph, node: Node, inputs: readonly Value[]): Value | null;
}

/** Copies everything that `results` depend on, up to `cuts`. @returns the new graph, and the copies of the results */
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
