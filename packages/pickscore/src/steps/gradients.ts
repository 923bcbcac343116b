/** @file Gradients of a training graph: what they are called, and how a graph adds them to sums that it is fed. */
import { itemAt } from "@pickapic/errors";
import { type Arrays, type Graph, gradients, type Session, type Value } from "@pickapic/graph";

/** A training graph whose towers can be told apart from the loss. */
export interface PairGraph {
  graph: Graph;
  loss: Value;
  /** Unit rows. */
  text: Value;
  image: Value;
}

/** The result that is the gradient by an input. */
export const gradientName = (name: string): string => `gradient of ${name}`;
/** The input that a gradient is added to. */
export const sumName = (name: string): string => `sum of ${name}`;

/** Adds the gradients of a result by `wrt` to sums that the caller feeds: `sum of n` and `gradient of n` may be one array. */
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

/** Only what a session reads. */
export const fitting = (session: Session, arrays: Arrays): Arrays =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (arrays[name] ? [[name, arrays[name]]] : [])));
