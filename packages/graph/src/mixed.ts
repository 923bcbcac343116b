/**
 * @file Mixed precision (Micikevicius et al. 2018): products in float16, everything else in float32, weights stored in float32.
 * It rewrites the graph.
 */
import { Graph } from "./graph.ts";
import { mapInputs, type Node, type NodeOf, type Op, type Value } from "./ops.ts";
import { Twins } from "./rewrite.ts";

/** Ops that become float16: they take nearly all the time. */
const products: ReadonlySet<Op> = new Set<Op>(["FusedMatMul", "Gemm", "MatMul"]);
/** Ops that only move numbers stay in the precision of their inputs. */
const layouts: ReadonlySet<Op> = new Set<Op>(["Concat", "Identity", "Reshape", "Slice", "Transpose"]);

/** The graph being written. Each value of the old graph exists in float32, in float16, or in both if both are needed. */
class MixedTwins extends Twins {
  readonly g: Graph;
  readonly #cast = new Map<Value, Value>();

  constructor(name: string) {
    super();
    this.g = new Graph(name);
  }

  isLow(old: Value): boolean {
    return this.of(old).dtype === "float16" && old.dtype === "float32";
  }

  /**
   * Returns the value in float16. The Identity beside a Cast prevents that the processor removes two casts in a row together with
   * their rounding (see `optimize` of a session); other devices remove the Identity.
   */
  low(old: Value): Value {
    const now = this.of(old);
    return now.dtype === "float32" ? this.#once(now, () => this.g.identity(this.g.cast(now, "float16"))) : now;
  }

  /** Returns the value in its dtype of the old graph. */
  full(old: Value): Value {
    const now = this.of(old);
    return this.isLow(old) ? this.#once(now, () => this.g.cast(this.g.identity(now), "float32")) : now;
  }

  #once(now: Value, make: () => Value): Value {
    const made = this.#cast.get(now) ?? make();
    this.#cast.set(now, made);
    return made;
  }
}

/** alpha op(a) op(b) without FusedMatMul, which not every device has in float16; alpha is multiplied in float32. */
function fusedProduct(g: Graph, { inputs, attributes }: NodeOf<"FusedMatMul">, low: (x: Value) => Value): Value {
  const side = (x: Value, isTransposed: 0 | 1) => (isTransposed ? g.swapLast(low(x)) : low(x));
  const y = g.matmul(side(inputs[0], attributes.transA), side(inputs[1], attributes.transB));
  return attributes.alpha === 1 ? y : g.mul(g.cast(g.identity(y), "float32"), attributes.alpha);
}

function emit(twins: MixedTwins, node: Node): readonly Value[] {
  const { g } = twins;
  const isFloat32 = node.inputs.every((x) => x.dtype === "float32");
  const isLow = products.has(node.op) ? isFloat32 : layouts.has(node.op) && node.inputs.every((x) => twins.isLow(x));
  if (isLow && node.op === "FusedMatMul") return [fusedProduct(g, node, (x) => twins.low(x))];
  return copied(g, node, (x) => (isLow ? twins.low(x) : twins.full(x)));
}

function copied<K extends Op>(g: Graph, node: NodeOf<K>, twinOf: (x: Value) => Value): readonly Value[] {
  return g.node(node.op, mapInputs(node.inputs, twinOf), node.attributes).outputs;
}

/**
 * Returns the graph with its float32 products in float16. Inputs, initializers and outputs keep their names and dtypes:
 * parameters stay in float32 and are rounded in each run. Gradients below 6e-8 vanish: give `gradients` a large seed and divide
 * by it afterwards.
 */
export function mixedPrecision(g: Graph): Graph {
  const twins = new MixedTwins(g.name);
  const copy = twins.g;
  for (const x of g.inputs) twins.set(x, copy.input(x.name, x.dtype, x.shape, x.role));
  for (const { value, data } of g.initializers) twins.set(value, copy.initializer(value.name, value.dtype, value.shape, data));
  for (const node of g.nodes) twins.setAll(node, emit(twins, node));
  for (const { name, value } of g.outputs) copy.output(name, twins.full(value));
  return copy;
}
