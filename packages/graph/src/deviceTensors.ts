/**
 * @file Sessions whose results stay on the device and can be fed to other sessions there, so that what changes from step to step
 * is not copied.
 */
import { fieldOf } from "@pickapic/errors";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import { fitToDevice, opsetOf } from "./deviceOps.ts";
import { type RealDevice, requireDevice } from "./devices.ts";
import type { TypedArray } from "./dtypes.ts";
import { formatShape } from "./errors.ts";
import { Graph } from "./graph.ts";
import { encodeOnnx } from "./onnx.ts";
import type { DType, Shape, Value } from "./ops.ts";
import { openRuntime, type RuntimeOptions, runtimeTensor, toArray, toTensor } from "./runtime.ts";
import type { Arrays } from "./session.ts";

/**
 * A result where the run left it: in the memory of a webgpu device. The binding of onnxruntime-node 1.30 cannot hold tensors of
 * other devices; for these it is an array in the memory of the process.
 */
export interface DeviceTensor {
  readonly dtype: Value["dtype"];
  readonly shape: Shape;
  /** Frees the memory. The tensor cannot be used afterwards; a second call does nothing. */
  free(): void;
}

/** What a session is fed, by input name: an array of the process, or a tensor that another run left on the same device. */
export type Feeds = Readonly<Record<string, TypedArray | DeviceTensor>>;

/** A graph that runs on one device as often as it is called. The caller closes it, and frees the tensors that it keeps. */
export interface DeviceSession {
  readonly inputs: readonly Value[];
  readonly device: RealDevice;
  /** Runs the graph. Results named in `keep` come as tensors, which the caller must free; the others come as arrays. */
  run(feeds: Feeds): Promise<{ tensors: Record<string, DeviceTensor>; arrays: Arrays }>;
  close(): Promise<void>;
}

/** On which device a graph runs, and which of its results stay there. The device must be able to start. */
export interface DeviceSessionOptions extends RuntimeOptions {
  readonly device: RealDevice;
  /** Names of the results that stay on the device. Default: none. */
  readonly keep?: readonly string[];
}

class HeldTensor implements DeviceTensor {
  readonly dtype;
  readonly shape;
  #tensor: Tensor | null;

  constructor({ dtype, shape }: Pick<Value, "dtype" | "shape">, tensor: Tensor) {
    this.dtype = dtype;
    this.shape = shape;
    this.#tensor = tensor;
  }

  /** The tensor as a value of this shape. @throws Error when it was freed */
  as({ name, shape }: Value): Tensor {
    const tensor = this.#tensor;
    if (!tensor) throw new Error(`${name}: its tensor ${formatShape(this.shape)} was freed`);
    if (tensor.location !== "gpu-buffer") return runtimeTensor(this.dtype, toArray(tensor), shape);
    return Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: bufferType(this.dtype), dims: [...shape] });
  }

  free(): void {
    this.#tensor?.dispose();
    this.#tensor = null;
  }
}

/** Returns the runtime's name for the elements of a buffer of a device. @throws Error for dtypes that no buffer can have */
function bufferType(dtype: DType): Tensor.GpuBufferDataTypes {
  if (dtype !== "float64" && dtype !== "int8") return dtype;
  throw new Error(`HeldTensor: a buffer of the device cannot hold ${dtype}; leave this result in the memory of the process`);
}

/** @throws Error for an object that no session and no memory of this file has returned */
function held(tensor: DeviceTensor): HeldTensor {
  if (tensor instanceof HeldTensor) return tensor;
  throw new Error("DeviceTensor: expected a result of a device session or of a device's memory; got another object");
}

/** Devices whose tensors the binding can hold. */
const holds = (device: RealDevice): boolean => device === "webgpu";

function toFeed(value: Value, given: TypedArray | DeviceTensor | undefined, graph: string): Tensor {
  if (given === undefined || ArrayBuffer.isView(given)) return toTensor(value, given, graph);
  if (given.dtype === value.dtype && formatShape(given.shape) === formatShape(value.shape)) return held(given).as(value);
  const came = `${given.dtype} ${formatShape(given.shape)}`;
  throw new Error(`${graph}: ${value.name} must be ${value.dtype} ${formatShape(value.shape)}; got a tensor ${came}`);
}

/** Prepares a graph for running. @throws GraphError when the device or the weights are missing */
export async function openDeviceSession(g: Graph, options: DeviceSessionOptions): Promise<DeviceSession> {
  const { device, keep = [] } = options;
  await requireDevice(device);
  const stays = new Set(keep);
  const locationOf = (name: string) => (stays.has(name) ? "gpu-buffer" : "cpu");
  const locations = Object.fromEntries(g.outputs.map(({ name }) => [name, locationOf(name)] as const));
  const session = await openRuntime(
    encodeOnnx(fitToDevice(g, device), undefined, opsetOf(device)),
    options,
    device,
    holds(device) ? locations : undefined,
  );
  return {
    inputs: g.inputs,
    device,
    async run(feeds) {
      const fed = Object.fromEntries(g.inputs.map((x) => [x.name, toFeed(x, feeds[x.name], g.name)]));
      const results = await session.run(fed);
      const tensors: Record<string, DeviceTensor> = {};
      const arrays: Arrays = {};
      for (const { name, value } of g.outputs) {
        if (stays.has(name)) tensors[name] = new HeldTensor(value, fieldOf(results, name));
        else arrays[name] = toArray(fieldOf(results, name));
      }
      return { tensors, arrays };
    },
    close: () => session.release(),
  };
}

/** Copies float32 arrays to a device and back. */
export interface DeviceMemory {
  put(array: Float32Array, shape: Shape): Promise<DeviceTensor>;
  /** Copies a tensor into an array of its size. */
  take(tensor: DeviceTensor, into: Float32Array): Promise<void>;
  close(): Promise<void>;
}

/** A graph that copies one axis of any length. It serves tensors of every shape, because a shape does not change the memory. */
function copyModel(): Uint8Array {
  const g = new Graph("copy");
  const x = g.input("x", "float32", [1]);
  const y = g.identity(x);
  g.output("y", y);
  return encodeOnnx(g, new Map([x, y].map((value) => [value, ["length"]])));
}

/** Opens the memory of a device. @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING */
export async function openDeviceMemory(device: RealDevice): Promise<DeviceMemory> {
  await requireDevice(device);
  const open = (location: "cpu" | "gpu-buffer") =>
    holds(device) ? openRuntime(copyModel(), {}, device, { y: location }) : Promise.resolve(null);
  const [up, down] = [await open("gpu-buffer"), await open("cpu")];
  return {
    async put(array, shape) {
      const x = new Tensor("float32", up ? array : array.slice(), [array.length]);
      return new HeldTensor({ dtype: "float32", shape }, up ? await copyOf(up, x) : x);
    },
    async take(tensor, into) {
      const x = held(tensor).as({ name: "take", dtype: "float32", shape: [into.length] });
      const data = toArray(down ? await copyOf(down, x) : x);
      if (!(data instanceof Float32Array)) throw new Error(`DeviceMemory.take: expected a float32 tensor; got ${tensor.dtype}`);
      into.set(data);
    },
    async close() {
      await up?.release();
      await down?.release();
    },
  };
}

const copyOf = async (copier: InferenceSession, x: Tensor): Promise<Tensor> => fieldOf(await copier.run({ x }), "y");
