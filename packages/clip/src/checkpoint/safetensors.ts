/**
 * @file The safetensors format: eight bytes of header length, a JSON header, then the tensors back to back
 * (huggingface.co/docs/safetensors).
 */

import { type FileHandle, open, stat } from "node:fs/promises";
import { openWholeFile, SIGNATURE_BYTES } from "@pickapic/disk";
import { z } from "zod";
import { ClipError, issueText } from "../errors.ts";
import { type Shape, sizeOf } from "../model/parameters.ts";
import { repeatedKey } from "./jsonKeys.ts";
import { strangerOf } from "./strangers.ts";

const DTYPES = ["F64", "F32", "F16", "BF16", "I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8", "BOOL"] as const;

/** The dtype of a stored tensor, spelled as in the header of a safetensors file. */
export type TensorDType = (typeof DTYPES)[number];

/** Bytes per value of each dtype that a file may contain. */
export const BYTES: Readonly<Record<TensorDType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Where a tensor is stored. `offset` and `length` are bytes in `file`. */
export interface TensorEntry {
  readonly dtype: TensorDType;
  readonly shape: Shape;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Values that a scan reads at a time. */
const SCANNED = 2 ** 20;

/** A longer header is damage or an attack; the reference implementation has the same limit. */
const LONGEST_HEADER = 100_000_000;

const entrySchema = z.object({
  dtype: z.enum(DTYPES),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/**
 * Lists the tensors of a safetensors file without reading them.
 * @throws ClipError PICKAPIC_CLIP_FILE_MISSING, PICKAPIC_CLIP_SAFETENSORS_BROKEN
 */
export async function listTensors(file: string): Promise<Map<string, TensorEntry>> {
  const { size } = await statFile(file);
  await using handle = await open(file, "r");
  const start = await bytesAt(handle, 0, Math.min(SIGNATURE_BYTES, size), file);
  const stranger = strangerOf(start);
  if (stranger !== null)
    throw new ClipError("PICKAPIC_CLIP_SAFETENSORS_BROKEN", file, `expected a safetensors file; ${stranger}`);
  const length = headerLength(start.subarray(0, 8), size, file);
  return parseHeader(await bytesAt(handle, 8, length, file), size, file);
}

/** Returns the length of the header in bytes, from the first eight bytes of a file of `size` bytes. */
export function headerLength(start: Uint8Array, size: number, file: string): number {
  if (start.length < 8) broken(file, `expected at least 8 bytes; got ${start.length}`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > LONGEST_HEADER) broken(file, `its header claims ${length} bytes, more than the ${LONGEST_HEADER} allowed`);
  if (Number(length) + 8 > size)
    broken(file, `its header claims ${length} bytes, but the file ends after ${size}: it is truncated, fetch it again`);
  return Number(length);
}

/** Returns the tensors that a header describes. Every byte after the header belongs to exactly one of them. */
export function parseHeader(header: Uint8Array, size: number, file: string): Map<string, TensorEntry> {
  const start = 8 + header.length;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(headerJson(header, file))) {
    if (name !== "__metadata__") tensors.set(name, parseEntry(name, value, start, file));
  }
  checkLayout(tensors, start, size, file);
  return tensors;
}

function headerJson(header: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let parsed: Record<string, unknown>;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
    parsed = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw new ClipError("PICKAPIC_CLIP_SAFETENSORS_BROKEN", file, "expected a JSON object as its header; it is not one").because(
      error,
    );
  }
  const twice = repeatedKey(text);
  if (twice !== null) broken(file, `its header has ${twice} twice, and which of them counts is not said`);
  return parsed;
}

function parseEntry(name: string, value: unknown, start: number, file: string): TensorEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) return broken(file, `tensor ${name}: ${issueText(parsed.error)}`);
  const { dtype, shape, data_offsets } = parsed.data;
  const [from, to] = data_offsets;
  const length = sizeOf(shape) * BYTES[dtype];
  if (to - from !== length)
    broken(file, `tensor ${name}: ${dtype} [${shape}] takes ${length} bytes; its offsets ${from} to ${to} give ${to - from}`);
  return { dtype, shape, file, offset: start + from, length };
}

function checkLayout(tensors: Map<string, TensorEntry>, start: number, size: number, file: string): void {
  let end = start;
  for (const [name, { offset, length }] of [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)) {
    if (offset !== end)
      broken(
        file,
        `tensor ${name} starts at byte ${offset}, ${offset < end ? "inside" : "with a gap after"} the one before, which ends at ${end}`,
      );
    end = offset + length;
    if (end > size) broken(file, `tensor ${name} ends at byte ${end}, but the file at ${size}: it is truncated, fetch it again`);
  }
  if (end !== size) broken(file, `its tensors end at byte ${end}, but the file at ${size}`);
}

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

/** A tensor to write. `read` is called when it is written, so that only one is in memory. */
export interface TensorSource {
  readonly dtype: TensorDType;
  readonly shape: Shape;
  /** Values of `dtype`, little endian. */
  read(): Promise<ArrayBufferView> | ArrayBufferView;
}

/**
 * Writes float32 tensors to a safetensors file, which is whole or absent, also after a crash.
 * @param metadata strings for the header; transformers requires `format: "pt"`
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, { shape: Shape; data: Float32Array }>,
  metadata: Record<string, string> = { format: "pt" },
): Promise<void> {
  const sources = [...tensors].map(([name, tensor]): [string, TensorSource] => [
    name,
    { dtype: "F32", shape: tensor.shape, read: () => tensor.data },
  ]);
  for (const [name, { shape, data }] of tensors) checkLength(name, sizeOf(shape), data.length);
  await streamSafetensors(file, new Map(sources), metadata);
}

/** Writes tensors of any dtype, one after the other. Wider dtypes come first, so that every value is aligned. */
export async function streamSafetensors(
  file: string,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Record<string, string> = { format: "pt" },
): Promise<void> {
  const sorted = [...tensors].sort(([a, x], [b, y]) => BYTES[y.dtype] - BYTES[x.dtype] || (a < b ? -1 : 1));
  const whole = await openWholeFile(file);
  try {
    await writeAll(whole.handle, encodeHeader(sorted, metadata), sorted);
    await whole.commit();
  } finally {
    await whole.discard();
  }
}

function checkLength(name: string, expected: number, came: number): void {
  if (expected !== came) throw new Error(`writeSafetensors: ${name}: expected ${expected} values; got ${came}`);
}

async function writeAll(handle: FileHandle, header: Uint8Array, tensors: [string, TensorSource][]): Promise<void> {
  await handle.writeFile(header);
  for (const [name, { dtype, shape, read }] of tensors) {
    const data = await read();
    checkLength(name, sizeOf(shape) * BYTES[dtype], data.byteLength);
    await handle.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}

/**
 * Returns length and JSON of the header, padded with spaces so that the tensors start at a multiple of 64 bytes and can be
 * mapped.
 */
function encodeHeader(tensors: [string, TensorSource][], metadata: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = offset + sizeOf(shape) * BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil((8 + json.length) / 64) * 64 - 8;
  const bytes = Buffer.alloc(8 + length, " ");
  bytes.writeBigUInt64LE(BigInt(length), 0);
  json.copy(bytes, 8);
  return bytes;
}

async function statFile(file: string): Promise<{ size: number }> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return found;
  throw new ClipError("PICKAPIC_CLIP_FILE_MISSING", file, "a safetensors file", `there is ${found ? "a folder" : "nothing"}`);
}

/** Reads exactly `length` bytes into a buffer of their own. One system call reads at most 2 GiB. */
async function bytesAt(handle: FileHandle, position: number, length: number, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await readInto(bytes, handle, position, file);
  return bytes;
}

async function readInto(bytes: Uint8Array, handle: FileHandle, position: number, file: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, 2 ** 30), position + done);
    if (bytesRead === 0) broken(file, `it ended at byte ${position + done} while it was read`);
    done += bytesRead;
  }
}

function broken(file: string, what: string): never {
  throw new ClipError("PICKAPIC_CLIP_SAFETENSORS_BROKEN", file, `this is not a whole safetensors file: ${what}`);
}
