/**
 * @file A checkpoint's weights as initializers: ranges of its own file, without conversion or copy; also how int8 weights are
 * multiplied.
 */

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isDiskFull } from "@pickapic/disk";
import { entryOf, itemAt } from "@pickapic/errors";
import type { DType, Graph, Value } from "@pickapic/graph";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { listTensors, type TensorDType, type TensorEntry } from "../checkpoint/safetensors.ts";
import { checkFinite, readBytes, readTensor, scanFloats } from "../checkpoint/tensorValues.ts";
import { streamSafetensors, type TensorSource } from "../checkpoint/writeSafetensors.ts";
import { ClipError } from "../errors.ts";
import { type Shape, sizeOf } from "./parameters.ts";
import { quantizedForm, scaleName } from "./quantize.ts";
import type { ParameterSource } from "./towers.ts";

/** Weights in files of one folder: float32, or int8 with scales. */
export interface Weights {
  readonly folder: string;
  /** Total size of the tensors. */
  readonly bytes: number;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /**
   * Checks every float, to explain results that are not finite. @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE, naming the
   * first
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Maps the weights: the checkpoint's own files if they are float32 or int8, else a float32 copy in a temporary folder that exists
 * until `close`. One tensor is in memory at a time.
 *
 * Float32 weights are not checked here, because that takes seconds for a large model and results would show it. Quantization
 * could hide a weight that is not finite, so the few floats of an int8 model are checked.
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE
 */
export async function mapWeights({ tensors, folder }: Checkpoint): Promise<Weights> {
  const has = (dtype: TensorDType) => [...tensors.values()].some((entry) => entry.dtype === dtype);
  if (has("F16") || has("BF16")) return widen(tensors, folder);
  const weights = weightsOf(await resolveLinks(tensors), folder);
  if (has("I8")) await weights.check();
  return weights;
}

/**
 * Gives parameters as initializers; float16 is widened in the graph. A patch embedding is flat, so that it needs no reshape.
 * @param cuts also gives `slice`: rows of a weight are a range of the file; columns are copied once when the session opens
 */
export function initializers(g: Graph, { tensors }: Pick<Weights, "tensors">, { cuts = false } = {}): ParameterSource {
  const known = new Map<string, Value>();
  const parameter = (name: string) => {
    const { shape, dtype, file, offset, length } = entryOf(tensors, name);
    const range = { file: basename(file), offset, length };
    const value = known.get(name) ?? widenedIn(g, g.initializer(name, dtypeOf(dtype), flatPatches(shape), range));
    known.set(name, value);
    return value;
  };
  const slice = (name: string, axis: 0 | 1, from: number, to: number) => {
    if (axis === 1) return g.slice(parameter(name), 1, from, to);
    const { shape, file, offset, length } = entryOf(tensors, name);
    const [rows, rest] = [itemAt(shape, 0), shape.slice(1)];
    const range = { file: basename(file), offset: offset + (length / rows) * from, length: (length / rows) * (to - from) };
    return g.initializer(`${name}[${from}:${to}]`, "float32", [to - from, ...rest], range);
  };
  const isInteger = (name: string) => entryOf(tensors, name).dtype === "I8";
  const floatsOf = (name: string) => g.mul(g.cast(parameter(name), "float32"), g.reshape(parameter(scaleName(name)), [-1, 1]));
  const quantized = new Map<Value, QuantizedRows>();
  return Object.assign(parameter, {
    ...(cuts && { slice }),
    product(x: Value, name: string, bias?: Value) {
      if (!isInteger(name)) return g.gemm(x, parameter(name), bias, { transB: 1 });
      if (quantizedForm(name) === "rows") return g.gemm(x, floatsOf(name), bias, { transB: 1 });
      const rows = quantized.get(x) ?? quantizeRows(g, x);
      quantized.set(x, rows);
      return integerProduct(g, rows, parameter(name), parameter(scaleName(name)), bias);
    },
    rows(name: string, ids: Value) {
      const picked = g.gather(parameter(name), ids);
      if (!isInteger(name)) return picked;
      const scales = g.gather(parameter(scaleName(name)), ids);
      return g.mul(g.cast(picked, "float32"), g.reshape(scales, [...ids.shape, 1]));
    },
  });
}

/** The dtypes in which a checkpoint may store weights, as graphs name them. */
const DTYPES: { readonly [K in TensorDType]?: DType } = { F32: "float32", F16: "float16", I8: "int8" };

function dtypeOf(stored: TensorDType): DType {
  const dtype = DTYPES[stored];
  if (dtype === undefined) throw new Error(`initializers: expected weights in ${Object.keys(DTYPES).join(", ")}; got ${stored}`);
  return dtype;
}

const widenedIn = (g: Graph, value: Value): Value => (value.dtype === "float16" ? g.cast(value, "float32") : value);

/** Rows of x as unsigned bytes around 128, and the factor of each row, `steps` [rows, 1]. */
interface QuantizedRows {
  readonly values: Value;
  readonly steps: Value;
}

/**
 * Quantizes rows. Each row has its own step, so that the score of a text or picture does not depend on the rest of its batch, and
 * an outlier affects only its row.
 * @param x [rows, in]
 */
function quantizeRows(g: Graph, x: Value): QuantizedRows {
  const steps = g.max(g.mul(g.reduceMax(g.abs(x), 1), 1 / 127), 1e-30);
  const scales = g.reshape(steps, [itemAt(x.shape, 0)]);
  const zeros = g.cast(g.add(g.mul(scales, 0), ZERO), "uint8");
  return { values: g.op("QuantizeLinear", [x, scales, zeros], { axis: 0 }), steps };
}

/** The byte that represents 0. */
const ZERO = 128;

function integerProduct(g: Graph, { values, steps }: QuantizedRows, weight: Value, scales: Value, bias?: Value): Value {
  const one = g.scalar(1, "float32");
  const product = g.op("MatMulIntegerToFloat", [values, weight, one, scales, g.scalar(ZERO, "uint8")], {});
  const scaled = g.mul(product, steps);
  return bias ? g.add(scaled, bias) : scaled;
}

function flatPatches(shape: Shape): Shape {
  return shape.length === 4 ? [itemAt(shape, 0), sizeOf(shape.slice(1))] : shape;
}

async function widen(tensors: ReadonlyMap<string, TensorEntry>, source: string): Promise<Weights> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-float32-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, "model.safetensors");
    const sources = [...tensors].map(([name, entry]): [string, TensorSource] => [
      name,
      entry.dtype === "I8"
        ? { ...entry, read: () => readBytes(entry) }
        : { ...entry, dtype: "F32", read: () => readChecked(source, name, entry) },
    ]);
    await streamSafetensors(file, new Map(sources));
    return weightsOf(await listTensors(file), source, close);
  } catch (error) {
    await close();
    throw isDiskFull(error) ? noRoom(source, folder).because(error) : error;
  }
}

async function readChecked(source: string, name: string, entry: TensorEntry): Promise<Float32Array> {
  const data = await readTensor(name, entry);
  checkFinite(source, name, data);
  return data;
}

function noRoom(source: string, folder: string): ClipError {
  return new ClipError(
    "PICKAPIC_CLIP_DISK_FULL",
    source,
    dirname(folder),
    "its 16-bit weights are widened there",
    "free some space, set TMPDIR to another disk, or make a float32 model of it with `pickapic model convert`",
  );
}

function weightsOf(tensors: ReadonlyMap<string, TensorEntry>, source: string, close = async () => {}): Weights {
  const entries = [...tensors.values()];
  return {
    folder: dirname(itemAt(entries, 0).file),
    bytes: entries.reduce((sum, { length }) => sum + length, 0),
    tensors,
    async check() {
      for (const [name, entry] of tensors)
        if (entry.dtype === "F32") await scanFloats(entry, (data, first) => checkFinite(source, name, data, first));
    },
    close,
  };
}

/** Resolves the links of the hub's cache, because ONNX Runtime wants weights inside the folder that it is given. */
async function resolveLinks(tensors: ReadonlyMap<string, TensorEntry>): Promise<Map<string, TensorEntry>> {
  const files = new Map<string, string>();
  for (const { file } of tensors.values()) if (!files.has(file)) files.set(file, await realpath(file));
  return new Map([...tensors].map(([name, entry]) => [name, { ...entry, file: entryOf(files, entry.file) }]));
}
