/**
 * @file Opens ONNX Runtime on a device and converts arrays to its tensors and back. The peculiarities of the runtime and its
 * binding are handled only here.
 */
import { availableParallelism } from "node:os";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { deviceMissing, firstLine, type RealDevice, reasonOf } from "./devices.ts";
import { dtypes, type TypedArray } from "./dtypes.ts";
import { formatShape, GraphError } from "./errors.ts";
import { written } from "./onnx.ts";
import type { DType, Shape, Value } from "./ops.ts";
import { sizeOf } from "./shapes/axes.ts";

/** How ONNX Runtime runs a graph: its threads, its memory, and where the weights are. Everything has a default. */
export interface RuntimeOptions {
  /** Threads per op. Default: all processors. */
  readonly threads?: number;
  /** Folder of the files that `ExternalData` names. */
  readonly externalFolder?: string;
  /** Rearranges weights once for faster products, at the cost of start-up time and a second copy of them. Default true. */
  readonly prepack?: boolean;
  /**
   * Lets threads spin while they wait for the next op: faster when processors are idle, wasteful when they are busy. Default
   * true.
   */
  readonly spin?: boolean;
  /**
   * Keeps the memory of intermediate results for the next run. False frees it at once, so that the peak is what is in use at one
   * time. Default true.
   */
  readonly keepMemory?: boolean;
  /**
   * Lets the runtime rewrite the graph. Default true. The processor has no products in float16: with true it drops the casts and
   * computes in float32, with false it rounds as a device would.
   */
  readonly optimize?: boolean;
  /** Beginning of the file name of a profile (Chrome trace JSON), which is written on close. */
  readonly profile?: string;
}

/** Where each result is left, by its name. */
export type ResultLocations = Readonly<Record<string, "cpu" | "gpu-buffer">>;

function runtimeOptions(
  options: RuntimeOptions,
  device: RealDevice,
  locations?: ResultLocations,
): InferenceSession.SessionOptions {
  const session = {
    disable_prepacking: options.prepack === false ? "1" : "0",
    ...(options.externalFolder && { model_external_initializers_file_folder_path: options.externalFolder }),
    intra_op: { allow_spinning: options.spin === false ? "0" : "1" },
  };
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    graphOptimizationLevel: options.optimize === false ? "disabled" : "all",
    ...(options.keepMemory === false && { enableCpuMemArena: false, enableMemPattern: false }),
    // Errors are thrown; at a lower level the runtime would also print them.
    logSeverityLevel: 4,
    ...(options.profile && { enableProfiling: true, profileFilePrefix: options.profile }),
    ...(locations && { preferredOutputLocation: locations }),
    extra: { session },
  };
}

/** @throws GraphError when the device or the weights are missing */
export async function openRuntime(
  model: Uint8Array,
  options: RuntimeOptions,
  device: RealDevice,
  locations?: ResultLocations,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, runtimeOptions(options, device, locations));
  } catch (error) {
    if (device !== "cpu") throw deviceMissing(device, reasonOf(error)).because(error);
    if (!options.externalFolder) throw error;
    throw new GraphError("PICKAPIC_GRAPH_WEIGHTS_UNREADABLE", options.externalFolder, firstLine(error)).because(error);
  }
}

/** @param graph its name, for the error @throws Error when the array does not fit the value */
export function toTensor({ name, dtype, shape }: Value, data: TypedArray | undefined, graph: string): Tensor {
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
 * Makes a tensor of the runtime from an array of the dtype. The runtime's Tensor converts float16 bits to a Float16Array, which its
 * binding 1.30 reads as empty, so the bits are put back.
 */
export function runtimeTensor(dtype: DType, data: TypedArray, shape: Shape): Tensor {
  const tensor: Tensor = new Tensor(dtype, data, shape);
  return dtype === "float16" ? Object.defineProperty(tensor, "data", { value: data }) : tensor;
}

/** Returns a result as an array; for float16 its bits. @throws Error when the runtime returns a dtype that no graph has */
export function toArray({ type, data }: Tensor): TypedArray {
  if (type === "float16" && ArrayBuffer.isView(data)) return new Uint16Array(data.buffer, data.byteOffset, data.length);
  if (isTypedArray(data)) return data;
  throw new Error(`toArray: expected a tensor of one of the dtypes ${Object.keys(dtypes).join(", ")}; got ${type}`);
}

const isTypedArray = (data: Tensor["data"]): data is TypedArray =>
  Object.values(dtypes).some(({ array }) => data instanceof array);

/**
 * Runs a graph with every result written into the caller's memory. The binding of onnxruntime-node 1.30 would copy each result
 * into a new array first (half the time of an AdamW update: bench/train.ts). It converts results in the order of the outputs; the
 * first one is a sequence, which it refuses after the run is complete, so that no copy is made. A version that accepts sequences
 * works as well.
 */
export async function runInPlace(
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
