/** @file Writes a graph as an ONNX ModelProto (format: onnx/onnx.proto, IR version 10, opset 21). */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { dtypes, type TypedArray, typedArray } from "./dtypes.ts";
import type { Graph } from "./graph.ts";
import type { Initializer } from "./graphData.ts";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx/onnx_pb.js";
import type { DType, Node, Op, Ops, Value } from "./ops.ts";
import { rewrite, shareSigmoids, spellOut } from "./rewrite.ts";

type AttributeName = { [K in Op]: keyof Ops[K]["attributes"] }[Op];

/**
 * Attributes that ONNX takes as further inputs, in the order of those inputs. The bounds of Clip are scalars of the dtype of x.
 */
const tensorAttributes: { readonly [K in Op]?: readonly (keyof Ops[K]["attributes"])[] } = {
  Clip: ["min", "max"],
  Expand: ["shape"],
  Pad: ["pads"],
  ReduceMax: ["axes"],
  ReduceMean: ["axes"],
  ReduceSum: ["axes"],
  ReduceSumSquare: ["axes"],
  Reshape: ["shape"],
  Slice: ["starts", "ends", "axes"],
};

const floatAttributes: ReadonlySet<string> = new Set<AttributeName>(["alpha", "beta", "epsilon"]);

const domains: { readonly [K in Op]?: string } = {
  FusedMatMul: "com.microsoft",
  MatMulIntegerToFloat: "com.microsoft",
  QuickGelu: "com.microsoft",
};
/** The opset of these graphs. Older opsets differ only in Gelu, which came with 20. */
const OPSET = 21;

type AttributeValue = number | string | readonly number[];
type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

function attributeFields(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === "string") return { type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value !== "number") return { type: AttributeType.INTS, ints: value.map(BigInt) };
  return floatAttributes.has(name) ? { type: AttributeType.FLOAT, f: value } : { type: AttributeType.INT, i: BigInt(value) };
}

const attribute = (name: string, value: AttributeValue): AttributeProto =>
  create(AttributeProtoSchema, { ...attributeFields(name, value), name });

const rawBytes = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function tensor({ value, data }: Initializer): TensorProto {
  const header = { name: value.name, dataType: dtypes[value.dtype].onnx, dims: value.shape.map(BigInt) };
  if (!("file" in data)) return create(TensorProtoSchema, { ...header, rawData: rawBytes(data) });
  const range = { location: data.file, offset: String(data.offset), length: String(data.length) };
  const externalData = Object.entries(range).map(([key, text]) => ({ key, value: text }));
  return create(TensorProtoSchema, { ...header, dataLocation: DataLocation.EXTERNAL, externalData });
}

/** Names of the open axes of each value; undefined for axes with a length. */
export type OpenAxes = ReadonlyMap<Value, readonly (string | undefined)[]>;

const NONE: OpenAxes = new Map();

function valueInfo(name: string, value: Value, open: OpenAxes): ValueInfoProto {
  const { dtype, shape } = value;
  const dim = shape.map((n, i) => {
    const axis = open.get(value)?.[i];
    return { value: axis ? { case: "dimParam" as const, value: axis } : { case: "dimValue" as const, value: BigInt(n) } };
  });
  const type = { value: { case: "tensorType" as const, value: { elemType: dtypes[dtype].onnx, shape: { dim } } } };
  return create(ValueInfoProtoSchema, { name, type });
}

/** Collects, while nodes are encoded, the names and the initializers that stand for attributes. */
class Encoder {
  readonly extra = new Map<string, Initializer>();
  readonly #names: ReadonlyMap<Value, string>;
  readonly #read: ReadonlySet<Value>;
  readonly #open: OpenAxes;

  constructor(names: ReadonlyMap<Value, string>, read: ReadonlySet<Value>, open: OpenAxes) {
    this.#names = names;
    this.#read = read;
    this.#open = open;
  }

  nameOf(value: Value): string {
    return this.#names.get(value) ?? value.name;
  }

  /**
   * Returns the name of an initializer for an attribute; equal ones are used together. The "#" keeps its name apart from all
   * other names.
   */
  tensorInput(value: number | readonly number[], dtype: DType): string {
    const shape = typeof value === "number" ? [] : [value.length];
    const name = `#${dtype}${typeof value === "number" ? "" : "s"}_${value}`;
    this.extra.set(name, { value: { name, dtype, shape }, data: typedArray([value].flat(), dtype) });
    return name;
  }

  /** Returns the output names of a node. Statistics that no node reads get no name, so that ONNX Runtime may skip them. */
  outputsOf(node: Node): string[] {
    const names = node.outputs.map((y, i) => (i === 0 || this.#read.has(y) ? this.nameOf(y) : ""));
    return names.slice(0, names.findLastIndex((name) => name !== "") + 1);
  }

  /** Returns the attributes of a node as ONNX has them: dtypes as numbers, and the open axis of a Reshape as -1. */
  #attributesOf({ op, attributes, outputs }: Node): Attributes {
    if (op === "Cast") return { to: dtypes[attributes.to].onnx };
    const axes = this.#open.get(outputs[0]);
    if (op !== "Reshape" || !axes) return attributes;
    return { shape: attributes.shape.map((n, i) => (axes[i] ? -1 : n)) };
  }

  node(node: Node): NodeProto {
    const attributes = this.#attributesOf(node);
    const asTensors: readonly string[] = tensorAttributes[node.op] ?? [];
    const dtype = node.op === "Clip" ? node.inputs[0].dtype : "int64";
    const tensors = asTensors.map((key) => this.tensorInput(numbersIn(attributes, key), dtype));
    const plain = Object.entries(attributes).filter(([key]) => !asTensors.includes(key));
    return create(NodeProtoSchema, {
      opType: node.op,
      domain: domains[node.op] ?? "",
      name: node.outputs[0].name,
      input: [...node.inputs.map((x) => this.nameOf(x)), ...tensors],
      output: this.outputsOf(node),
      attribute: plain.flatMap(([key, value]) => (value === undefined ? [] : [attribute(key, value)])),
    });
  }
}

/** Returns an attribute that ONNX takes as a further input. @throws Error when it is absent or a text */
function numbersIn(attributes: Attributes, key: string): number | readonly number[] {
  const value = attributes[key];
  if (value !== undefined && typeof value !== "string") return value;
  throw new Error(`Encoder: expected numbers as ${key}; got ${value ?? "nothing"}`);
}

/** Returns the nodes on which an output depends, in order. */
function liveNodes(g: Graph): Node[] {
  const needed = new Set(g.outputs.map((o) => o.value));
  const live = g.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((y) => needed.has(y))) return false;
    for (const x of node.inputs) needed.add(x);
    return true;
  });
  return live.reverse();
}

/**
 * Returns the output name of each value. A value that is fed, or has two output names, gets its output through an Identity node.
 */
function nameOutputs(g: Graph, produced: ReadonlySet<Value>): { names: Map<Value, string>; copies: NodeProto[] } {
  const names = new Map<Value, string>();
  const copies: NodeProto[] = [];
  for (const { name, value } of g.outputs) {
    if (produced.has(value) && !names.has(value)) names.set(value, name);
    else
      copies.push(create(NodeProtoSchema, { opType: "Identity", name, input: [names.get(value) ?? value.name], output: [name] }));
  }
  return { names, copies };
}

/** Converts a graph to an ONNX model. @param opset 18 ... 21; below 20 the graph may have no Gelu */
export function toModel(graph: Graph, open: OpenAxes = NONE, opset: number = OPSET): ModelProto {
  const g = shareSigmoids(rewrite(spellOut(graph)));
  const nodes = liveNodes(g);
  const read = new Set([...nodes.flatMap((node) => [...node.inputs]), ...g.outputs.map((o) => o.value)]);
  const { names, copies } = nameOutputs(g, new Set(nodes.flatMap((node) => node.outputs)));
  const encoder = new Encoder(names, read, open);
  const node = [...nodes.map((n) => encoder.node(n)), ...copies];
  const opsets = [
    { domain: "", version: BigInt(opset) },
    { domain: "com.microsoft", version: 1n },
  ];
  const initializers = [...g.initializers.filter((i) => read.has(i.value)), ...encoder.extra.values()];
  return create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: "pickapic",
    opsetImport: opsets.filter(({ domain }) => domain === "" || node.some((n) => n.domain === domain)),
    graph: {
      name: g.name,
      node,
      initializer: initializers.map(tensor),
      input: g.inputs.map((x) => valueInfo(x.name, x, open)),
      output: g.outputs.map(({ name, value }) => valueInfo(name, value, open)),
    },
  });
}

/** Returns the graph as bytes of an .onnx file. Nodes and initializers on which no output depends are left out; inputs stay. */
export const encodeOnnx = (g: Graph, open?: OpenAxes, opset?: number): Uint8Array =>
  toBinary(ModelProtoSchema, toModel(g, open, opset));

/** Name of the output that `encodeRunnable` adds. */
export const written = "#written";

/**
 * Encodes a model with an empty sequence as an additional first output, by which a session runs without copying its results (see
 * `runtime.ts`).
 */
export function encodeRunnable(model: ModelProto): Uint8Array {
  const elemType = { value: { case: "tensorType" as const, value: { elemType: dtypes.float32.onnx } } };
  const type = { value: { case: "sequenceType" as const, value: { elemType } } };
  const { graph } = model;
  if (!graph) throw new Error("encodeRunnable: expected a model with a graph; it has none");
  graph.node.push(create(NodeProtoSchema, { opType: "SequenceEmpty", name: written, output: [written] }));
  graph.output.unshift(create(ValueInfoProtoSchema, { name: written, type }));
  return toBinary(ModelProtoSchema, model);
}
