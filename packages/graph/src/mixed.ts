/** @file Mixed precision (Micikevicius et al. 2018): products in float16, all else in float32, weights kept in float32. A rewrite of the graph. */
import { Graph } from "./graph.ts";
import type { Node, Op, Value } from "./ops.ts";

/** Where the time goes. */
const products: ReadonlySet<Op> = new Set<Op>(["FusedMatMul", "Gemm", "MatMul"]);
/** Ops that only move numbers stay in the precision in which these come. */
const layouts: ReadonlySet<Op> = new Set<Op>(["Concat", "Identity", "Reshape", "Slice", "Transpose"]);

/** The graph that is being written: each value of the old one in float32, in float16, or in both once both are asked for. */
class Twins {
  readonly g: Graph;
  readonly #own = new Map<Value, Value>();
  readonly #cast = new Map<Value, Value>();

  constructor(name: string) {
    this.g = new Graph(name);
  }

  set(old: Value, now: Value): void {
    this.#own.set(old, now);
  }

  isLow(old: Value): boolean {
    return this.#own.get(old)!.dtype === "float16" && old.dtype === "float32";
  }

  /**
   * The value as it was written, or in float16. The Identity beside a Cast is for the processor, which would take two casts in a row away and with
   * them the rounding (see `optimize` of a session); other devices take the Identity away.
   */
  low(old: Value): Value {
    const now = this.#own.get(old)!;
    return now.dtype === "float32" ? this.#once(now, () => this.g.identity(this.g.cast(now, "float16"))) : now;
  }

  full(old: Value): Value {
    const now = this.#own.get(old)!;
    return this.isLow(old) ? this.#once(now, () => this.g.cast(this.g.identity(now), "float32")) : now;
  }

  #once(now: Value, make: () => Value): Value {
    const made = this.#cast.get(now) ?? make();
    this.#cast.set(now, made);
    return made;
  }
}

/** alpha op(a) op(b) without the op that not every device has in float16; alpha in float32. */
function fusedProduct(g: Graph, { inputs, attributes }: Extract<Node, { op: "FusedMatMul" }>, low: (x: Value) => Value): Value {
  const side = (x: Value, isTransposed: 0 | 1) => (isTransposed ? g.swapLast(low(x)) : low(x));
  const y = g.matmul(side(inputs[0], attributes.transA), side(inputs[1], attributes.transB));
  return attributes.alpha === 1 ? y : g.mul(g.cast(g.identity(y), "float32"), attributes.alpha);
}

function emit(twins: Twins, node: Node): readonly Value[] {
  const { g } = twins;
  const isFloat32 = node.inputs.every((x) => x.dtype === "float32");
  const isLow = products.has(node.op) ? isFloat32 : layouts.has(node.op) && node.inputs.every((x) => twins.isLow(x));
  if (isLow && node.op === "FusedMatMul") return [fusedProduct(g, node, (x) => twins.low(x))];
  const inputs = node.inputs.map((x) => (isLow ? twins.low(x) : twins.full(x)));
  return g.node(node.op, inputs as never, node.attributes).outputs;
}

/**
 * The same graph with its float32 products in float16. Inputs, initializers and outputs keep their names and dtypes: what is trained stays in
 * float32 and is rounded anew in each run. Gradients that are smaller than 6e-8 vanish: give `gradients` a large seed and divide by it.
 */
export function mixedPrecision(g: Graph): Graph {
  const twins = new Twins(g.name);
  const copy = twins.g;
  for (const x of g.inputs) twins.set(x, copy.input(x.name, x.dtype, x.shape, x.role));
  for (const { value, data } of g.initializers) twins.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of g.nodes) {
    const outputs = emit(twins, node);
    for (const [i, y] of node.outputs.entries()) twins.set(y, outputs[i]!);
  }
  for (const { name, value } of g.outputs) copy.output(name, twins.full(value));
  return copy;
}
