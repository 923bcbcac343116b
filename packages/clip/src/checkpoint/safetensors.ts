/**
 * @file The safetensors format: eight bytes of header length, a JSON header, then the tensors back to back
 * (huggingface.co/docs/safetensors).
 */
import { open, stat } from "node:fs/promises";
import { SIGNATURE_BYTES } from "@pickapic/disk";
import { expectedOf } from "@pickapic/errors";
import { z } from "zod";
import { ClipError, issueText } from "../errors.ts";
import { type Shape, sizeOf } from "../model/parameters.ts";
import { broken, bytesAt } from "./bytesAt.ts";
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
  const parsed = entrySchema.safeParse(value, { error: expectedOf });
  if (!parsed.success) return broken(file, `tensor ${name}: ${issueText(parsed.error, value)}`);
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

async function statFile(file: string): Promise<{ size: number }> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return found;
  throw new ClipError("PICKAPIC_CLIP_FILE_MISSING", file, "a safetensors file", `there is ${found ? "a folder" : "nothing"}`);
}
