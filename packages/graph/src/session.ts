/** @file Runs a graph on ONNX Runtime. The only file that knows the runtime; feeds and results are plain typed arrays. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { sharingCheck } from "./aliasing.ts";
import { dtypes, type TypedArray } from "./dtypes.ts";
import { formatShape, graphError } from "./errors.ts";
import { Graph } from "./graph.ts";
import { encodeRunnable, written } from "./onnx.ts";
import type { DType, Shape, Value } from "./ops.ts";
import { sizeOf } from "./shapes.ts";

export type Device = "auto" | "cpu" | "cuda" | "webgpu" | "coreml" | "dml";

export interface SessionOptions {
  /** Threads of one op; all processors by default. */
  readonly threads?: number;
  /** "cpu" by default; "auto" takes the first of cuda, webgpu and cpu that starts. */
  readonly device?: Device;
  /** Folder of the files that `ExternalData` names. */
  readonly externalFolder?: string;
  /** Rearranges weights once for faster products: costs start-up time and a second copy of them. True by default. */
  readonly prepack?: boolean;
  /** Threads spin while they wait for the next op: faster when the processors are free, a waste when they are shared. True by default. */
  readonly spin?: boolean;
  /** Keeps the memory of intermediate results for the next run; false: given back at once, so that the peak is what lives at one time. True by default. */
  readonly keepMemory?: boolean;
  /** Beginning of the file name of a profile (Chrome trace JSON) that is written on close. */
  readonly profile?: string;
}

export type Arrays = Record<string, TypedArray>;

export interface Session {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** The device that it runs on. */
  readonly device: Exclude<Device, "auto">;
  /**
   * Runs the graph. Results for which `outputs` has an array are written into it; the others come in new arrays. Fastest when all have one.
   * An output may lie over an input only where that is safe (see `aliasing.ts`); anything else is refused.
   */
  run(feeds: Readonly<Arrays>, outputs?: Readonly<Arrays>): Promise<Arrays>;
  close(): Promise<void>;
}

/** Devices that this build of ONNX Runtime can try, cpu among them. */
export const availableDevices = (): string[] => listSupportedBackends().map((backend) => backend.name);

function runtimeOptions(options: SessionOptions, device: string): InferenceSession.SessionOptions {
  const session = {
    disable_prepacking: options.prepack === false ? "1" : "0",
    ...(options.externalFolder && { model_external_initializers_file_folder_path: options.externalFolder }),
    intra_op: { allow_spinning: options.spin === false ? "0" : "1" },
  };
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    graphOptimizationLevel: "all",
    ...(options.keepMemory === false && { enableCpuMemArena: false, enableMemPattern: false }),
    // Errors are thrown; the runtime would also print them.
    logSeverityLevel: 4,
    ...(options.profile && { enableProfiling: true, profileFilePrefix: options.profile }),
    extra: { session },
  };
}

/** What to do about a device that is not there. */
const REMEDIES: Record<Exclude<Device, "auto">, string> = {
  cpu: "Reinstall onnxruntime-node",
  cuda: 'It needs an NVIDIA card with its driver, CUDA 12, cuDNN 9, and "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false"; or choose "cpu" or "auto"',
  webgpu: 'It needs a graphics card with its driver (on Linux also the Vulkan loader, libvulkan1); or choose "cpu" or "auto"',
  coreml: 'It needs a Mac; choose "cpu" or "auto"',
  dml: 'It needs Windows; choose "cpu" or "auto"',
};

/** Why a device need not be tried; empty when it may be there. The runtime prints a page of its own when CUDA's library is missing. */
function absence(device: Exclude<Device, "auto">): string {
  if (!availableDevices().includes(device)) return "this build of ONNX Runtime does not have it";
  return device === "cuda" && process.platform === "linux" && !existsSync(cudaLibrary())
    ? "ONNX Runtime's CUDA library is not installed"
    : "";
}

function cudaLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(root, "bin/napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so");
}

/** The part of the runtime's message that is for people: what comes before it are places in its source. */
const reasonOf = (error: unknown): string =>
  firstLine(error)
    .replace(/^.* was false\. /, "")
    .replace(/[.\s]+$/, "");

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0]!;

async function create(model: Uint8Array, options: SessionOptions, device: Exclude<Device, "auto">): Promise<InferenceSession> {
  const fail = (reason: string, cause?: unknown) =>
    graphError("PICKAPIC_GRAPH_DEVICE_MISSING", [device, reason, REMEDIES[device]], cause);
  const absent = absence(device);
  if (absent) throw fail(absent);
  try {
    return await InferenceSession.create(model, runtimeOptions(options, device));
  } catch (error) {
    if (device !== "cpu") throw fail(reasonOf(error), error);
    if (!options.externalFolder) throw error;
    throw graphError("PICKAPIC_GRAPH_WEIGHTS_UNREADABLE", [options.externalFolder, firstLine(error)], error);
  }
}

async function createOnAny(model: Uint8Array, options: SessionOptions) {
  for (const device of ["cuda", "webgpu"] as const) {
    if (absence(device)) continue;
    const session = await create(model, options, device).catch(() => undefined);
    if (session) return { session, device };
  }
  return { session: await create(model, options, "cpu"), device: "cpu" as const };
}

function toTensor({ name, dtype, shape }: Value, data: TypedArray | undefined, graph: string): Tensor {
  const { array } = dtypes[dtype];
  if (!(data instanceof array) || data.length !== sizeOf(shape)) {
    const came = data ? `${data.constructor.name} of ${data.length}` : "nothing";
    throw new Error(
      `${graph}: ${name} must be a ${array.name} of ${sizeOf(shape)} (${dtype} ${formatShape(shape)}); got ${came}`,
    );
  }
  return runtimeTensor(dtype, data, shape);
}

/**
 * The runtime's own types do not know that a dtype goes with its array. Its Tensor turns float16 bits into a Float16Array, which the binding of
 * 1.30 reads as empty: so the tensor gets its bits back.
 */
function runtimeTensor(dtype: DType, data: TypedArray, shape: Shape): Tensor {
  const tensor = new Tensor(dtype as "float32", data as Float32Array, shape);
  return dtype === "float16" ? Object.defineProperty(tensor, "data", { value: data }) : tensor;
}

/** Arrays as tensors of the values of those names. */
function toTensors(arrays: Readonly<Arrays>, values: ReadonlyMap<string, Value>, graph: string): Record<string, Tensor> {
  const tensors = Object.entries(arrays).map(([name, data]) => {
    const value = values.get(name);
    if (!value) throw new Error(`${graph}: there is no ${name}; it has ${[...values.keys()].join(", ")}`);
    return [name, toTensor(value, data, graph)];
  });
  return Object.fromEntries(tensors);
}

/** Results as arrays; bits for float16. */
function toArray(tensor: Tensor): TypedArray {
  const data = tensor.data as TypedArray;
  return tensor.type === "float16" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

/**
 * Runs with every result written to the caller's memory. The binding of onnxruntime-node 1.30 would copy each result into a new array even
 * then (half the time of an AdamW update: bench/train.ts). It turns results into arrays in the order of the outputs, so the first of these
 * is a sequence, which it refuses after the run is complete; a version that accepts sequences, or copies nothing, does as well.
 */
async function runInPlace(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  results: Record<string, Tensor>,
): Promise<void> {
  try {
    await session.run(feeds, { [written]: null, ...results });
  } catch (error) {
    if (!firstLine(error).startsWith("Non tensor type")) throw error;
  }
}

/**
 * The device that "auto" means here, or the device itself once a session has started on it.
 * @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING, with what to install
 */
export async function chooseDevice(device: Device): Promise<Exclude<Device, "auto">> {
  if (device === "cpu") return device;
  const g = new Graph("device");
  const x = g.input("x", "float32", [1]);
  g.output("y", g.add(x, x));
  const session = await openSession(g, { device, threads: 1 });
  await session.close();
  return session.device;
}

/** Prepares a graph for running. @throws GraphError when the device or the weights are missing. */
export async function openSession(g: Graph, options: SessionOptions = {}): Promise<Session> {
  const wanted = options.device ?? "cpu";
  const model = encodeRunnable(g);
  const { session, device } =
    wanted === "auto" ? await createOnAny(model, options) : { session: await create(model, options, wanted), device: wanted };
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
      return Object.fromEntries(names.map((name) => [name, given[name] ?? toArray(results[name] as Tensor)]));
    },
    close: () => session.release(),
  };
}
