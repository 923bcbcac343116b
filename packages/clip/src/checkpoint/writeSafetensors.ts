/** @file Writes safetensors files, one tensor in memory at a time. */
import type { FileHandle } from "node:fs/promises";
import { openWholeFile } from "@pickapic/disk";
import { type Shape, sizeOf } from "../model/parameters.ts";
import { BYTES, type TensorDType } from "./safetensors.ts";

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
