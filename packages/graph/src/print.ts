/** @file A graph as text, one line per node, so that a derivative can be read in a diff. */
import { formatShape } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Initializer } from "./graphData.ts";
import type { Node, Value } from "./ops.ts";

const typed = (value: Value): string => `${value.name}: ${value.dtype}${formatShape(value.shape)}`;

const formatAttribute = (value: unknown): string => (Array.isArray(value) ? `[${value.join(", ")}]` : String(value));

function printInitializer({ value, data }: Initializer): string {
  if ("file" in data) return `const ${typed(value)} = ${data.file} @ ${data.offset}`;
  const shown = data.subarray(0, 8).join(", ");
  return `const ${typed(value)} = ${shown}${data.length > 8 ? ", ..." : ""}`;
}

function printNode({ op, inputs, attributes, outputs }: Node): string {
  const args = inputs.map((x) => x.name);
  const settings = Object.entries(attributes).map(([key, value]) => `${key}=${formatAttribute(value)}`);
  return `${outputs.map(typed).join(", ")} = ${op}(${[...args, ...settings].join(", ")})`;
}

/** Returns the graph as text: inputs, constants, nodes in order, outputs. */
export function printGraph(g: Graph): string {
  const lines = [
    ...g.inputs.map((x) => `input ${typed(x)}`),
    ...g.initializers.map(printInitializer),
    ...g.nodes.map(printNode),
    ...g.outputs.map(({ name, value }) => `output ${name} = ${value.name}`),
  ];
  return `graph ${g.name} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}
