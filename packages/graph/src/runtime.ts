/** @file Opens ONNX Runtime on a device and turns arrays into its tensors and back. What the runtime or its binding does in its own way is known here only. */
import { availableParallelism } from "node:os";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { deviceMissing, firstLine, type RealDevice, reasonOf } from "./devices.ts";
import { dtypes, type TypedArray } from "./dtypes.ts";
import { formatShape, graphError } from "./errors.ts";
import { written } from "./onnx.ts";
import type { DType, Shape, Value } from "./ops.ts";
import { sizeOf } from "./shapes.ts";

export interface RuntimeOptions {
  /** Threads of one op; all processors by default. */
  readonly threads?: number;
  /** Folder of the files that `ExternalData` names. */
  readonly externalFolder?: string;
  /** Rearranges weights once for faster products: costs start-up time and a second copy of them. True by default. */
  readonly prepack?: boolean;
  /** Threads spin while they wait for the next op: faster when the processors are free, a waste when they are shared. True by default. */
  readonly spin?: boolean;
  /** Keeps the memory of intermediate results for the next run; false: given back at once, so that the peak is what lives at one time. True by default. */
  readonly keepMemory?: boolean;
  /**
   * Lets the runtime rewrite the graph. True by default; false runs it as it is written. The processor has no products in float16: only when
   * false does it round as a device would, else it drops the casts and computes in float32.
   */
  readonly optimize?: boolean;
  /** Beginning of the file name of a profile (Chrome trace JSON) that is written on close. */
  readonly profile?: string;
}

/** Where results are left: by name, or all in one place. */
export type Places = Readonly<Record<string, "cpu" | "gpu-buffer">>;

function runtimeOptions(options: RuntimeOptions, device: RealDevice, places?: Places): InferenceSession.SessionOptions {
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
    // Errors are thrown; the runtime would also print them.
    logSeverityLevel: 4,
    ...(options.profile && { enableProfiling: true, profileFilePrefix: options.profile }),
    ...(places && { preferredOutputLocation: places }),
    extra: { session },
  };
}

/** @throws GraphError when the device or the weights are missing */
export async function openRuntime(
  model: Uint8Array,
  options: RuntimeOptions,
  device: RealDevice,
  places?: Places,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, runtimeOptions(options, device, places));
  } catch (error) {
    if (device !== "cpu") throw deviceMissing(device, reasonOf(error), error);
    if (!options.externalFolder) throw error;
    throw graphError("PICKAPIC_GRAPH_WEIGHTS_UNREADABLE", [options.externalFolder, firstLine(error)], error);
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
 * The runtime's own types do not know that a dtype goes with its array. Its Tensor turns float16 bits into a Float16Array, which the binding of
 * 1.30 reads as empty: so the tensor gets its bits back.
 */
function runtimeTensor(dtype: DType, data: TypedArray, shape: Shape): Tensor {
  const tensor = new Tensor(dtype as "float32", data as Float32Array, shape);
  return dtype === "float16" ? Object.defineProperty(tensor, "data", { value: data }) : tensor;
}

/** Results as arrays; bits for float16. */
export function toArray(tensor: Tensor): TypedArray {
  const data = tensor.data as TypedArray;
  return tensor.type === "float16" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

/**
 * Runs with every result written to the caller's memory. The binding of onnxruntime-node 1.30 would copy each result into a new array even
 * then (half the time of an AdamW update: bench/train.ts). It turns results into arrays in the order of the outputs, so the first of these
 * is a sequence, which it refuses after the run is complete; a version that accepts sequences, or copies nothing, does as well.
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
