/** @file Whether an output may be written over an input while the graph runs. */
import { entryOf } from "@pickapic/errors";
import type { TypedArray } from "./dtypes.ts";
import type { Graph } from "./graph.ts";
import type { Node, Op, Value } from "./ops.ts";

/** Ops that read element i of every input with the output's shape before they write element i. */
const elementwise: ReadonlySet<Op> = new Set<Op>([
  "Abs",
  "Add",
  "Cast",
  "Clip",
  "Div",
  "Exp",
  "Log",
  "Max",
  "Min",
  "Mul",
  "Neg",
  "Pow",
  "Reciprocal",
  "Relu",
  "Sigmoid",
  "Sign",
  "Sqrt",
  "Sub",
  "Tanh",
  "Where",
]);
/** Ops whose output may be the memory of their input. */
const views: ReadonlySet<Op> = new Set<Op>(["Identity", "Reshape"]);

/** Returns the nodes that must run before a value exists. */
function ancestors(nodes: readonly Node[], value: Value): Set<Node> {
  const needed = new Set([value]);
  const found = nodes.toReversed().filter((node) => {
    const above = node.outputs.some((y) => needed.has(y));
    if (above) for (const x of node.inputs) needed.add(x);
    return above;
  });
  return new Set(found);
}

/**
 * Whether an output may be written into the memory of an input. ONNX Runtime runs a node after the nodes whose results it reads,
 * but does not know that the caller gave one memory for both. So it is safe only if all nodes that read the input run before the
 * node that writes the output, and that node works element by element.
 */
function mayShare(g: Graph, input: Value, output: Value): boolean {
  const before = ancestors(g.nodes, output);
  const same = new Set([input]);
  for (const { op, inputs, outputs } of g.nodes) if (views.has(op) && inputs.some((x) => same.has(x))) same.add(outputs[0]);
  const readers = g.nodes.filter((node) => node.inputs.some((x) => same.has(x)));
  const writer = g.nodes.find((node) => node.outputs.includes(output));
  const size = (v: Value) => v.shape.join();
  const inStep = !writer || !readers.includes(writer) || (elementwise.has(writer.op) && size(input) === size(output));
  return writer !== undefined && inStep && readers.every((node) => before.has(node));
}

type Arrays = Readonly<Record<string, TypedArray>>;

const overlap = (a: TypedArray, b: TypedArray): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

const coincide = (a: TypedArray, b: TypedArray): boolean => a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;

/**
 * Returns a check that throws when a result is written over a feed and that could change what is computed. The answer for each
 * pair of names is computed once.
 */
export function sharingCheck(g: Graph): (feeds: Arrays, results: Arrays) => void {
  const inputs = new Map(g.inputs.map((x) => [x.name, x]));
  const outputs = new Map(g.outputs.map(({ name, value }) => [name, value]));
  const known = new Map<string, boolean>();
  const allowed = (input: string, output: string): boolean => {
    const key = `${input} -> ${output}`;
    const answer = known.get(key) ?? mayShare(g, entryOf(inputs, input), entryOf(outputs, output));
    known.set(key, answer);
    return answer;
  };
  return (feeds, results) => {
    const fed = new Set(Object.values(feeds).map((array) => array.buffer));
    for (const [output, y] of Object.entries(results).filter(([, array]) => fed.has(array.buffer))) {
      for (const [input, x] of Object.entries(feeds)) {
        if (!overlap(x, y) || (coincide(x, y) && allowed(input, output))) continue;
        throw new Error(
          `${g.name}: output ${output} may not be written over input ${input}, which is still read then; give it an array of its own`,
        );
      }
    }
  };
}
