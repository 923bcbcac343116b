/** @file Adds gradients to a training graph as outputs, with gradient accumulation inside the graph, and names them. */
import { itemAt } from "@pickapic/errors";
import { type Arrays, type Graph, gradients, type Session, type Value } from "@pickapic/graph";

/** A training graph with its loss and the embeddings of both towers. */
export interface PairGraph {
  graph: Graph;
  loss: Value;
  /** Embeddings of the texts, rows of length 1. */
  text: Value;
  /** Embeddings of the images, rows of length 1. */
  image: Value;
}

/** Name of the output with the gradient of the loss by an input. */
export const gradientName = (name: string): string => `gradient of ${name}`;
/** Name of the input with the accumulated gradient so far. */
export const sumName = (name: string): string => `sum of ${name}`;

/**
 * Adds the gradients of `y` as outputs of a graph. For `wrt` they are accumulated: the output `gradient of n` is the gradient plus the input
 * `sum of n`, and a caller may give one array for both. For `plain` the output is the gradient alone.
 * @param seed gradient of the loss by `y`; 1 by default
 */
export function addGradients(g: Graph, y: Value, wrt: readonly Value[], plain: readonly Value[] = [], seed?: Value): void {
  const all = gradients(g, y, [...wrt, ...plain], seed);
  for (const [i, x] of wrt.entries())
    g.output(gradientName(x.name), g.add(g.input(sumName(x.name), "float32", x.shape, "sum"), itemAt(all, i)));
  for (const [i, x] of plain.entries()) g.output(gradientName(x.name), itemAt(all, wrt.length + i));
}

/** The inputs of a graph with these names, in the order of the names. @throws Error for a name that no input has */
export function inputsNamed({ name: graph, inputs }: Graph, names: readonly string[]): Value[] {
  return names.map((name) => {
    const found = inputs.find((input) => input.name === name);
    if (!found) throw new Error(`${graph}: there is no input ${name}`);
    return found;
  });
}

/** Those of `arrays` that are inputs of a session. */
export const fitting = (session: Session, arrays: Arrays): Arrays =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (arrays[name] ? [[name, arrays[name]]] : [])));
