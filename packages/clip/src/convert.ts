/**
 * @file Converts a checkpoint to weights of another kind: 32 or 16 bits for transformers and this project, 8 bits for this
 * project only; also to ONNX.
 */

import { dirname, join } from "node:path";
import { addFiles, freeBytes, isDiskFull, isSameFolder, writeWholeFile } from "@pickapic/disk";
import { floatAt, itemAt } from "@pickapic/errors";
import { type Checkpoint, openCheckpoint, saveSettings } from "./checkpoint/checkpoint.ts";
import { TOKENIZER_FILES } from "./checkpoint/files.ts";
import { BYTES, type TensorDType } from "./checkpoint/safetensors.ts";
import { checkFinite } from "./checkpoint/tensorValues.ts";
import { streamSafetensors, type TensorSource } from "./checkpoint/writeSafetensors.ts";
import { ClipError } from "./errors.ts";
import { encodeClip } from "./model/onnx.ts";
import { parameterShapes, type Shape, sizeOf } from "./model/parameters.ts";
import { quantize, quantizedForm, quantizedShape, scaleName } from "./model/quantize.ts";

/** Kinds of weights that can be written. bf16 has the range of f32 and 8 bits of precision; f16 has 11 bits and reaches 65504. */
export const WEIGHT_KINDS = ["f32", "f16", "bf16", "int8"] as const;
/** The kind of a checkpoint's weights, as `pickapic model convert` names it. */
export type WeightKind = (typeof WEIGHT_KINDS)[number];

/** What a conversion writes besides the weights, and what it needs from its caller. */
export interface ConvertOptions {
  /** Also writes model.onnx, which points into model.safetensors (see `encodeClip`). */
  readonly onnx?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of tensors written so far. */
  onProgress?(progress: { done: number; total: number; note: string }): void;
  /** Returns the free bytes on the disk of a folder. */
  freeBytes?(folder: string): Promise<number>;
}

/**
 * The dtype in config.json, by transformers' names. transformers cannot read int8, so there it is the dtype after multiplication
 * with the scales.
 */
const DTYPES: Readonly<Record<WeightKind, string>> = { f32: "float32", f16: "float16", bf16: "bfloat16", int8: "float32" };

/** The dtypes of the tensors in the file. */
const STORED: Readonly<Record<WeightKind, readonly TensorDType[]>> = {
  f32: ["F32"],
  f16: ["F16"],
  bf16: ["BF16"],
  int8: ["F32", "I8"],
};

const ONNX = "model.onnx";

/**
 * Files of an earlier model that must not remain in the folder. The config comes last, because a folder with a config counts as a
 * model.
 */
const FILES = [...TOKENIZER_FILES, ONNX, "config.json"];

/** Returns the kind of a checkpoint's weights; null for a mixture. */
export function weightKind({ tensors }: Pick<Checkpoint, "tensors">): WeightKind | null {
  const dtypes = new Set([...tensors.values()].map(({ dtype }) => dtype));
  return (
    WEIGHT_KINDS.find((kind) => STORED[kind].length === dtypes.size && STORED[kind].every((each) => dtypes.has(each))) ?? null
  );
}

/**
 * Writes `checkpoint` into `folder`, with one tensor in memory at a time. The files appear when all of them are written; on
 * failure nothing remains. If the folder is the checkpoint's own and its weights have that kind, only model.onnx is written (with
 * `onnx`).
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE, PICKAPIC_CLIP_DISK_FULL; PICKAPIC_CLIP_CONVERSION_REFUSED when a weight is
 * too large for f16, the folders are the same, or ONNX is requested in bf16
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  folder: string,
  kind: WeightKind,
  options: ConvertOptions = {},
): Promise<void> {
  if (options.onnx && kind === "bf16")
    throw refused(folder, "runtimes of ONNX do not compute with bf16 on the CPU: take f32, f16 or int8");
  if (await isSameFolder(checkpoint.folder, folder)) {
    if (options.onnx && weightKind(checkpoint) === kind) return writeWholeFile(join(folder, ONNX), encodeClip(checkpoint));
    throw refused(folder, "expected another folder than the one that is converted: it is read while the other is written");
  }
  const sources = sourcesOf(checkpoint, kind);
  const bytes = [...sources.values()].reduce((sum, { dtype, shape }) => sum + sizeOf(shape) * BYTES[dtype], 0);
  if ((await (options.freeBytes ?? freeBytes)(folder)) < bytes) throw diskFull(folder, bytes);
  const fill = (unfinished: string) => writeAll(unfinished, checkpoint, sources, kind, options);
  await addFiles(folder, fill, FILES).catch((error: unknown) => {
    throw isDiskFull(error) ? diskFull(folder, bytes).because(error) : error;
  });
}

async function writeAll(
  folder: string,
  { config, processor, tokenizer }: Checkpoint,
  sources: ReadonlyMap<string, TensorSource>,
  kind: WeightKind,
  options: ConvertOptions,
): Promise<void> {
  const counted = [...sources].map(([name, source], done): [string, TensorSource] => [
    name,
    { ...source, read: () => counting(source, name, { done, total: sources.size }, options) },
  ]);
  const metadata: Record<string, string> = kind === "int8" ? { format: "pt", pickapic: "int8" } : { format: "pt" };
  await streamSafetensors(join(folder, "model.safetensors"), new Map(counted), metadata);
  await saveSettings(folder, { config, processor, tokenizerFiles: tokenizer.files }, DTYPES[kind]);
  if (options.onnx) await writeWholeFile(join(folder, ONNX), encodeClip(await openCheckpoint(folder)));
}

function counting(
  source: TensorSource,
  note: string,
  count: { done: number; total: number },
  { signal, onProgress }: ConvertOptions,
): ReturnType<TensorSource["read"]> {
  signal?.throwIfAborted();
  onProgress?.({ ...count, note });
  return source.read();
}

/** The tensors to write, by name. */
function sourcesOf(checkpoint: Checkpoint, kind: WeightKind): Map<string, TensorSource> {
  return new Map([...parameterShapes(checkpoint.config)].flatMap(([name, shape]) => tensorsOf(checkpoint, name, shape, kind)));
}

function tensorsOf(checkpoint: Checkpoint, name: string, shape: Shape, kind: WeightKind): [string, TensorSource][] {
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
      // Scales are written long before the integers, and cheap to compute twice.
      [scaleName(name), { dtype: "F32", shape: [itemAt(shape, 0)], read: async () => (await quantized()).scales }],
    ];
  }
  if (kind === "f16") return [[name, { dtype: "F16", shape, read: async () => toHalf(await read(), name, checkpoint.folder) }]];
  if (kind === "bf16") return [[name, { dtype: "BF16", shape, read: async () => toBrain(await read()) }]];
  return [[name, { dtype: "F32", shape, read }]];
}

/** Rounds to the nearest half, ties to even. @throws ClipError when a value is too large */
function toHalf(data: Float32Array, name: string, folder: string): ArrayBufferView {
  // From 65520 on, rounding gives infinity.
  let at = 0;
  while (at < data.length && Math.abs(floatAt(data, at)) < 65520) at++;
  if (at === data.length) return new Float16Array(data);
  throw refused(folder, `value ${at} of ${name} is ${data[at]}, and f16 ends at 65504: take bf16 or f32`);
}

/** Rounds to the nearest bfloat16, ties to even: the upper half of a float32. */
export function toBrain(data: Float32Array): Uint16Array {
  const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < halves.length; i++) {
    const word = words.getUint32(4 * i, true);
    // The largest floats round to infinity, as in PyTorch.
    halves[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}

function refused(folder: string, why: string): ClipError {
  return new ClipError("PICKAPIC_CLIP_CONVERSION_REFUSED", folder, why);
}

function diskFull(folder: string, bytes: number): ClipError {
  return new ClipError(
    "PICKAPIC_CLIP_DISK_FULL",
    folder,
    dirname(folder),
    `the model takes ${Math.ceil(bytes / 1e6)} MB there`,
    "free some space, or choose a folder on another disk",
  );
}
