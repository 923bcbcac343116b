/** @file Runs a graph on ONNX Runtime; feeds and results are plain typed arrays. */
import { fieldOf } from "@pickapic/errors";
import type { Tensor } from "onnxruntime-node";
import { sharingCheck } from "./aliasing.ts";
import { fitToDevice, opsetOf } from "./deviceOps.ts";
import { chooseDevice, type Device, type RealDevice } from "./devices.ts";
import type { TypedArray } from "./dtypes.ts";
import type { Graph } from "./graph.ts";
import type { GraphInput } from "./graphData.ts";
import { encodeRunnable, toModel } from "./onnx.ts";
import type { Value } from "./ops.ts";
import { openRuntime, type RuntimeOptions, runInPlace, toArray, toTensor } from "./runtime.ts";

/** On which device a graph runs, and how. */
export interface SessionOptions extends RuntimeOptions {
  /** Default "cpu"; "auto" takes the fastest of cuda, webgpu and cpu that starts. */
  readonly device?: Device;
}

/** Arrays by the name of an input or output, each of the typed array of its dtype, row by row. */
export type Arrays = Record<string, TypedArray>;

/** A graph that runs as often as it is called. The caller closes it, which frees its memory. */
export interface Session {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly Value[];
  /** The device on which the graph runs. */
  readonly device: RealDevice;
  /**
   * Runs the graph. Results for which `outputs` has an array are written into it; the others come as new arrays. It is fastest
   * when all have one. An output may be the array of an input only where that is safe (see `aliasing.ts`); otherwise it throws.
   */
  run(feeds: Readonly<Arrays>, outputs?: Readonly<Arrays>): Promise<Arrays>;
  close(): Promise<void>;
}

/** Converts arrays to tensors of the values with those names. */
function toTensors(arrays: Readonly<Arrays>, values: ReadonlyMap<string, Value>, graph: string): Record<string, Tensor> {
  const tensors = Object.entries(arrays).map(([name, data]) => {
    const value = values.get(name);
    if (!value) throw new Error(`${graph}: there is no ${name}; it has ${[...values.keys()].join(", ")}`);
    return [name, toTensor(value, data, graph)];
  });
  return Object.fromEntries(tensors);
}

/** Prepares a graph for running. @throws GraphError when the device or the weights are missing */
export async function openSession(g: Graph, options: SessionOptions = {}): Promise<Session> {
  const { device } = await chooseDevice(options.device ?? "cpu");
  const model = toModel(fitToDevice(g, device), undefined, opsetOf(device));
  const session = await openRuntime(encodeRunnable(model), options, device);
  const inputs = new Map(g.inputs.map((x) => [x.name, x]));
  const outputs = new Map(g.outputs.map(({ name, value }) => [name, { ...value, name }]));
  const names = [...outputs.keys()];
  const checkSharing = sharingCheck(g);
  return {
    inputs: g.inputs,
    outputs: [...outputs.values()],
    device,
    async run(feeds, given = {}) {
      const missing = g.inputs.find((x) => !(x.name in feeds));
      if (missing) throw new Error(`${g.name}: input ${missing.name} is missing`);
      const tensors = toTensors(feeds, inputs, g.name);
      const preallocated = toTensors(given, outputs, g.name);
      checkSharing(feeds, given);
      if (names.every((name) => name in given)) {
        await runInPlace(session, tensors, preallocated);
        return { ...given };
      }
      const fetches = Object.fromEntries(names.map((name) => [name, preallocated[name] ?? null]));
      const results = await session.run(tensors, fetches);
      return Object.fromEntries(names.map((name) => [name, given[name] ?? toArray(fieldOf(results, name))]));
    },
    close: () => session.release(),
  };
}
