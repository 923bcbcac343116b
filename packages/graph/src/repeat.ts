/** @file One run that goes through a graph many times: ONNX's Loop around it. What is carried from turn to turn stays where the graph runs. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Tensor } from "onnxruntime-node";
import { fitToDevice, opsetOf } from "./deviceOps.ts";
import { type RealDevice, requireDevice } from "./devices.ts";
import { dtypes } from "./dtypes.ts";
import type { Graph } from "./graph.ts";
import {
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type ModelProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx/onnx_pb.js";
import { encodeRunnable, toModel } from "./onnx.ts";
import type { DType, Value } from "./ops.ts";
import { openRuntime, type RuntimeOptions, runInPlace, toTensor } from "./runtime.ts";
import type { Arrays } from "./session.ts";

export interface Repetition {
  /** The graph of one turn. */
  body: Graph;
  /** Input -> the result that it is in the next turn. All results but `goOn` are carried. */
  carried: ReadonlyMap<string, string>;
  /** Inputs of which each turn has a slice of its own; all others are the same in every turn. */
  each: readonly string[];
  /** The result, bool [], that ends the run early when it is false. */
  goOn: string;
}

export interface RepeatedSession {
  /**
   * Goes through the graph.
   * @param feeds of `each` the slices of all turns one after another; of the others one
   * @param state by the names of the carried inputs: read, and overwritten by what the last turn made of it
   */
  run(turns: number, feeds: Readonly<Arrays>, state: Readonly<Arrays>): Promise<void>;
  close(): Promise<void>;
}

const TURN = "#turn";
const TURNS = "#turns";
const GO_ON = "#go on";
const before = (name: string): string => `${name}, before`;
const after = (name: string): string => `${name}, after`;
const every = (name: string): string => `${name}, every`;

type Dim = number | string;

function info(name: string, dtype: DType, shape: readonly Dim[]): ValueInfoProto {
  const dim = shape.map((n) => ({
    value: typeof n === "string" ? { case: "dimParam" as const, value: n } : { case: "dimValue" as const, value: BigInt(n) },
  }));
  const tensor: MessageInitShape<typeof ValueInfoProtoSchema>["type"] = {
    value: { case: "tensorType", value: { elemType: dtypes[dtype].onnx, shape: { dim } } },
  };
  return create(ValueInfoProtoSchema, { name, type: tensor });
}

/** The graph of a turn as the body of a Loop: it reads the turn and the condition, what is carried, and from outside all else. */
function toBody(graph: GraphProto, { carried, each, goOn }: Repetition): void {
  const slices = each.map((name) =>
    create(NodeProtoSchema, { opType: "Gather", name: every(name), input: [every(name), TURN], output: [name] }),
  );
  graph.node.unshift(...slices);
  const byName = (list: readonly ValueInfoProto[]) => new Map(list.map((value) => [value.name, value]));
  const [inputs, outputs] = [byName(graph.input), byName(graph.output)];
  graph.input = [info(TURN, "int64", []), info(GO_ON, "bool", []), ...[...carried.keys()].map((name) => inputs.get(name)!)];
  graph.output = [outputs.get(goOn)!, ...[...carried.values()].map((name) => outputs.get(name)!)];
}

/** The Loop and nothing else around the body. */
function around(model: ModelProto, repetition: Repetition, inputs: readonly Value[]): void {
  const { carried, each } = repetition;
  const body = model.graph!;
  toBody(body, repetition);
  const names = [...carried.keys()];
  const loop = create(NodeProtoSchema, {
    opType: "Loop",
    name: "turns",
    input: [TURNS, "", ...names.map(before)],
    output: names.map(after),
    attribute: [{ name: "body", type: AttributeType.GRAPH, g: body }],
  });
  const outside = inputs.map(({ name, dtype, shape }) => {
    if (carried.has(name)) return info(before(name), dtype, shape);
    return each.includes(name) ? info(every(name), dtype, ["turns", ...shape]) : info(name, dtype, shape);
  });
  const results = inputs.filter(({ name }) => carried.has(name)).map((x) => info(after(x.name), x.dtype, x.shape));
  const order = new Map(results.map((value) => [value.name, value]));
  model.graph = {
    ...body,
    name: `${body.name}, turns`,
    node: [loop],
    initializer: [],
    input: [info(TURNS, "int64", []), ...outside],
    output: names.map((name) => order.get(after(name))!),
  };
}

/** Prepares a graph for many turns. @throws GraphError when the device is missing */
export async function openRepeated(
  repetition: Repetition,
  options: RuntimeOptions & { readonly device: RealDevice },
): Promise<RepeatedSession> {
  const { device } = options;
  const { carried, each, body } = repetition;
  await requireDevice(device);
  const model = toModel(fitToDevice(body, device), undefined, opsetOf(device));
  around(model, repetition, body.inputs);
  const session = await openRuntime(encodeRunnable(model), options, device);
  return {
    async run(turns, feeds, state) {
      const tensors: Record<string, Tensor> = { [TURNS]: new Tensor("int64", BigInt64Array.of(BigInt(turns)), []) };
      const results: Record<string, Tensor> = {};
      for (const x of body.inputs) {
        const { name, shape } = x;
        if (carried.has(name)) {
          tensors[before(name)] = toTensor(x, state[name], body.name);
          results[after(name)] = toTensor(x, state[name], body.name);
        } else if (each.includes(name)) {
          tensors[every(name)] = toTensor({ ...x, shape: [turns, ...shape] }, feeds[name], body.name);
        } else tensors[name] = toTensor(x, feeds[name], body.name);
      }
      await runInPlace(session, tensors, results);
    },
    close: () => session.release(),
  };
}
