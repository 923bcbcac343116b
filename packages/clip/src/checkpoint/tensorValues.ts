/** @file Values of tensors in safetensors files: read as float32 or as stored, at once or in pieces, and checked to be finite. */
import { type FileHandle, open } from "node:fs/promises";
import { ClipError } from "../errors.ts";
import { broken, bytesAt, readInto } from "./bytesAt.ts";
import type { TensorEntry } from "./safetensors.ts";

/** Values that a scan reads at a time. */
const SCANNED = 2 ** 20;

/** Reads tensors as float32; F16 and BF16 are widened exactly. Each file is opened once. */
export async function readTensors(tensors: ReadonlyMap<string, TensorEntry>): Promise<Map<string, Float32Array>> {
  const read = new Map<string, Float32Array>();
  for (const [file, entries] of Map.groupBy(tensors, ([, entry]) => entry.file)) {
    await using handle = await open(file, "r");
    for (const [name, entry] of entries) read.set(name, await readFloats(handle, name, entry));
  }
  return read;
}

async function readFloats(handle: FileHandle, name: string, entry: TensorEntry): Promise<Float32Array> {
  return widened(await bytesAt(handle, entry.offset, entry.length, entry.file), name, entry);
}

/** Reads one tensor as float32. */
export async function readTensor(name: string, entry: TensorEntry): Promise<Float32Array> {
  return widened(await readBytes(entry), name, entry);
}

/**
 * Checks that no weight is infinite or not a number.
 * @param source the folder or file of the weights, for the message
 * @param first index in the tensor of the first of `data`, which may be a piece of it
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE, naming the tensor and the index
 */
export function checkFinite(source: string, name: string, data: Float32Array, first = 0): void {
  // The sum of 0 times each value is NaN if any is not finite. That is faster than testing each, and so is reading unchecked.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  if (sum === 0) return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  throw new ClipError(
    "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
    source,
    "finite weights",
    `value ${first + at} of ${name} is ${data[at]}: the file is damaged, or was saved by a training that had failed`,
  );
}

/** Calls `use` with the float32 values of a tensor, some megabytes at a time, and the index of the first of them. */
export async function scanFloats(entry: TensorEntry, use: (data: Float32Array, first: number) => void): Promise<void> {
  await using handle = await open(entry.file, "r");
  const buffer = new Float32Array(Math.min(SCANNED, entry.length / 4));
  for (let start = 0; start < entry.length; start += 4 * SCANNED) {
    const length = Math.min(4 * SCANNED, entry.length - start);
    await readInto(new Uint8Array(buffer.buffer, 0, length), handle, entry.offset + start, entry.file);
    use(buffer.subarray(0, length / 4), start / 4);
  }
}

/** Reads one tensor as stored, into a buffer of its own. */
export async function readBytes(entry: TensorEntry): Promise<Uint8Array<ArrayBuffer>> {
  await using handle = await open(entry.file, "r");
  return bytesAt(handle, entry.offset, entry.length, entry.file);
}

function widened(bytes: Uint8Array<ArrayBuffer>, name: string, { dtype, file }: TensorEntry): Float32Array {
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  if (dtype !== "F16" && dtype !== "BF16") return broken(file, `tensor ${name} is ${dtype}; expected F32, F16 or BF16`);
  const bits = new DataView(bytes.buffer);
  const table = dtype === "F16" ? halves() : null;
  const floats = new Float32Array(bits.byteLength / 2);
  const words = new Uint32Array(floats.buffer);
  // A large model has a billion weights: a table and a shift are ten times faster than arithmetic.
  if (table) for (let i = 0; i < floats.length; i++) floats[i] = table[bits.getUint16(2 * i, true)]!;
  else for (let i = 0; i < words.length; i++) words[i] = bits.getUint16(2 * i, true) << 16;
  return floats;
}

let table: Float32Array | undefined;

/** Returns a table of every half as float32. */
function halves(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToFloat(bits));
  return table;
}

/** Converts IEEE 754 binary16 to a number, exactly. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
