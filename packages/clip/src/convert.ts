/** @file A checkpoint written with weights of another kind: 32 or 16 bits for transformers and us, 8 bits for us. */

import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Checkpoint, saveSettings } from "./checkpoint.ts";
import { ClipError } from "./errors.ts";
import { parameterShapes, type Shape } from "./parameters.ts";
import { quantize, quantizedForm, quantizedShape, scaleName } from "./quantize.ts";
import { checkFinite, streamSafetensors, type TensorSource } from "./safetensors.ts";

/** Kinds of weights that can be written. bf16 has the range of f32 and 8 bits of precision, f16 has 11 and reaches 65504. */
export const WEIGHT_KINDS = ["f32", "f16", "bf16", "int8"] as const;
export type WeightKind = (typeof WEIGHT_KINDS)[number];

export interface ConvertOptions {
  readonly signal?: AbortSignal;
  /** Tensors written so far. */
  onProgress?(progress: { done: number; total: number; note: string }): void;
}

/** transformers' names. Integers are ours alone; what they are multiplied to is float32. */
const DTYPES: Readonly<Record<WeightKind, string>> = { f32: "float32", f16: "float16", bf16: "bfloat16", int8: "float32" };

/**
 * Writes `checkpoint` into `folder`, one tensor in memory at a time.
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE; PICKAPIC_CLIP_CONVERSION_REFUSED when a weight is too large for f16, or the folders are the same
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  folder: string,
  kind: WeightKind,
  options: ConvertOptions = {},
): Promise<void> {
  if (await isSame(checkpoint.folder, folder))
    throw refused(`${folder}: expected another folder than the one that is converted: it is read while the other is written.`);
  const shapes = [...parameterShapes(checkpoint.config)];
  const sources = new Map(shapes.flatMap(([name, shape]) => sourcesOf(checkpoint, name, shape, kind)));
  const counted = [...sources].map(([name, source], done): [string, TensorSource] => [
    name,
    { ...source, read: () => counting(source, name, { done, total: sources.size }, options) },
  ]);
  await mkdir(folder, { recursive: true });
  const metadata: Record<string, string> = kind === "int8" ? { format: "pt", pickapic: "int8" } : { format: "pt" };
  await streamSafetensors(join(folder, "model.safetensors"), new Map(counted), metadata);
  const { config, processor, tokenizer } = checkpoint;
  await saveSettings(folder, { config, processor, tokenizerFiles: tokenizer.files }, DTYPES[kind]);
}

function counting(
  source: TensorSource,
  note: string,
  place: { done: number; total: number },
  { signal, onProgress }: ConvertOptions,
): ReturnType<TensorSource["read"]> {
  signal?.throwIfAborted();
  onProgress?.({ ...place, note });
  return source.read();
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((folder) => stat(resolve(folder)).catch(() => null)));
  return one != null && other != null && one.ino === other.ino && one.dev === other.dev;
}

function sourcesOf(checkpoint: Checkpoint, name: string, shape: Shape, kind: WeightKind): [string, TensorSource][] {
  const read = async () => {
    const data = await checkpoint.read(name);
    checkFinite(checkpoint.folder, name, data);
    return data;
  };
  const form = kind === "int8" ? quantizedForm(name) : null;
  if (form) {
    const quantized = async () => quantize(form, await read(), shape);
    return [
      [name, { dtype: "I8", shape: quantizedShape(form, shape), read: async () => (await quantized()).values }],
      // Written long before the integers, and cheap to compute twice.
      [scaleName(name), { dtype: "F32", shape: [shape[0]!], read: async () => (await quantized()).scales }],
    ];
  }
  if (kind === "f16") return [[name, { dtype: "F16", shape, read: async () => toHalf(await read(), name, checkpoint.folder) }]];
  if (kind === "bf16") return [[name, { dtype: "BF16", shape, read: async () => toBrain(await read()) }]];
  return [[name, { dtype: "F32", shape, read }]];
}

/** The language's own array of halves (Node 24), which TypeScript's library does not list yet. */
const Half = (globalThis as unknown as { Float16Array: new (values: Float32Array) => ArrayBufferView & ArrayLike<number> })
  .Float16Array;

/** Rounded to the nearest half, ties to even. */
function toHalf(data: Float32Array, name: string, folder: string): ArrayBufferView {
  const halves = new Half(data);
  const at = data.findIndex((_, i) => !Number.isFinite(halves[i]!));
  if (at < 0) return halves;
  throw refused(`${folder}: value ${at} of ${name} is ${data[at]}, and f16 ends at 65504: take bf16 or f32.`);
}

/** Rounded to the nearest bfloat16, ties to even: the upper half of a float32. */
export function toBrain(data: Float32Array): Uint16Array {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  // The largest floats round to infinity, as they do in PyTorch.
  return Uint16Array.from(words, (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
}

function refused(message: string): ClipError {
  return new ClipError("PICKAPIC_CLIP_CONVERSION_REFUSED", message);
}
