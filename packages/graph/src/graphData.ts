/**
 * @file The graph: pure data with static shapes. Nodes stand in the order in which they were written, which is topological.
 */
import { dtypes, type TypedArray, typedArray } from "./dtypes.ts";
import { formatShape, ShapeError } from "./errors.ts";
import type { DType, Node, NodeOf, Op, Ops, Shape, Value } from "./ops.ts";
import { sizeOf } from "./shapes/axes.ts";
import { shapes } from "./shapes/shapes.ts";

/** A range of bytes in a file beside the model (ONNX external data). `file` is relative to the session's `externalFolder`. */
export interface ExternalData {
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A tensor that belongs to the graph: its values in memory, or where they are in a file. */
export interface Initializer {
  readonly value: Value;
  readonly data: TypedArray | ExternalData;
}

/**
 * What an input is: a parameter of the model, data of the run (also a number such as the learning rate), or a sum to which the
 * graph adds. It is declared where the input is made, so that no code has to guess it from the name.
 */
export type InputRole = "parameter" | "data" | "sum";

/** A tensor that the caller feeds at every run. */
export interface GraphInput extends Value {
  readonly role: InputRole;
}

/** A result of the graph under the name by which a caller gets it. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/**
 * A graph as data: its inputs, initializers, nodes and outputs, each value under a name of its own. What does not fit throws a
 * ShapeError when it is written.
 */
export class GraphData {
  readonly name: string;
  readonly inputs: GraphInput[] = [];
  readonly initializers: Initializer[] = [];
  readonly nodes: Node[] = [];
  readonly outputs: GraphOutput[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Value>();
  readonly #counts = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  /** Declares a tensor that the caller feeds at every run. */
  input(name: string, dtype: DType, shape: Shape, role: InputRole = "data"): GraphInput {
    const value = { ...this.#value(name, dtype, shape), role };
    this.inputs.push(value);
    return value;
  }

  /** Declares a tensor that belongs to the model, in memory or as a range of a file (see `ExternalData`). */
  initializer(name: string, dtype: DType, shape: Shape, data: TypedArray | ExternalData): Value {
    const [expected, came] = [sizeOf(shape) * dtypes[dtype].bytes, "file" in data ? data.length : data.byteLength];
    if (expected !== came) {
      throw new ShapeError(`initializer: ${name} ${dtype} ${formatShape(shape)} must have ${expected} bytes; got ${came}`);
    }
    const value = this.#value(name, dtype, shape);
    this.initializers.push({ value, data });
    return value;
  }

  /** Declares a constant. Equal small constants become one value. */
  constant(values: number | readonly number[] | TypedArray, shape: Shape, dtype: DType): Value {
    const data = ArrayBuffer.isView(values) ? values : typedArray([values].flat(), dtype);
    const key = data.length <= 16 ? `${dtype} [${shape}] ${data}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const value = this.initializer(this.#fresh("const"), dtype, shape, data);
    if (key !== undefined) this.#constants.set(key, value);
    return value;
  }

  /** Declares a constant of shape []. */
  scalar(value: number, dtype: DType): Value {
    return this.constant(value, [], dtype);
  }

  /** Adds a node and returns its first output. @throws ShapeError when the inputs do not fit the op */
  op<K extends Op>(op: K, inputs: Ops[K]["inputs"], attributes: Ops[K]["attributes"], name?: string): Value {
    return this.node(op, inputs, attributes, name).outputs[0];
  }

  /** Adds a node and returns it. */
  node<K extends Op>(op: K, inputs: Ops[K]["inputs"], attributes: Ops[K]["attributes"], name?: string): NodeOf<K> {
    const specs = shapes[op](inputs, attributes);
    const [first, ...further] = "dtype" in specs ? [specs] : specs;
    const y = this.#value(name || this.#fresh(op), first.dtype, first.shape);
    const statistics = further.map(({ dtype, shape }) => this.#value(this.#fresh(op), dtype, shape));
    const node: NodeOf<K> = { op, inputs, attributes, outputs: [y, ...statistics] };
    // The compiler does not see that a node of one op is a node of some op.
    this.nodes.push(node as Node);
    return node;
  }

  /** Names a value as an output of the graph. The name must not belong to another value or to an input. */
  output(name: string, value: Value): void {
    const own = value.name === name && !this.inputs.some((input) => input === value);
    const taken = this.outputs.some((o) => o.name === name) || (this.#names.has(name) && !own);
    if (taken) throw new ShapeError(`output: the name ${name} is taken in graph ${this.name}`);
    this.#names.add(name);
    this.outputs.push({ name, value });
  }

  #value(name: string, dtype: DType, shape: Shape): Value {
    if (this.#names.has(name)) throw new ShapeError(`value: the name ${name} is taken in graph ${this.name}`);
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(`value: axes of ${name} must be integers of at least 1; got ${formatShape(shape)}`);
    }
    this.#names.add(name);
    return { name, dtype, shape: [...shape] };
  }

  #fresh(kind: string): string {
    const stem = kind.toLowerCase();
    for (;;) {
      const n = (this.#counts.get(stem) ?? 0) + 1;
      this.#counts.set(stem, n);
      if (!this.#names.has(`${stem}_${n}`)) return `${stem}_${n}`;
    }
  }
}
