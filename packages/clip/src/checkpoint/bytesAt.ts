/** @file Ranges of bytes of a safetensors file, and the one wording for a file that is not whole. */
import type { FileHandle } from "node:fs/promises";
import { ClipError } from "../errors.ts";

/** Reads exactly `length` bytes into a buffer of their own. One system call reads at most 2 GiB. */
export async function bytesAt(
  handle: FileHandle,
  position: number,
  length: number,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await readInto(bytes, handle, position, file);
  return bytes;
}

/** Fills `bytes` from a position of the file, in bytes. @throws ClipError PICKAPIC_CLIP_SAFETENSORS_BROKEN when the file ends before */
export async function readInto(bytes: Uint8Array, handle: FileHandle, position: number, file: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, 2 ** 30), position + done);
    if (bytesRead === 0) broken(file, `it ended at byte ${position + done} while it was read`);
    done += bytesRead;
  }
}

/** @throws ClipError PICKAPIC_CLIP_SAFETENSORS_BROKEN, which names the file and says what is wrong with it */
export function broken(file: string, what: string): never {
  throw new ClipError("PICKAPIC_CLIP_SAFETENSORS_BROKEN", file, `this is not a whole safetensors file: ${what}`);
}
