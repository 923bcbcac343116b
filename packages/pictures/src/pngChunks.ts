/** @file The chunks of a PNG: those before its pixels, and how one is written. */

import { crc32 } from "node:zlib";

/** Bytes before the first chunk. */
export const SIGNATURE = 8;
/** Bytes of a chunk's length, name and checksum. */
const FRAME = 12;
/** Where the first chunk after the header (IHDR) begins. */
const AFTER_HEADER = SIGNATURE + FRAME + 13;

/** A chunk: four letters, and its data without length and checksum. */
export interface PngChunk {
  name: string;
  data: Uint8Array;
}

/** Returns the chunks of a PNG before its pixels, in their order. Reading ends where the file does. */
export function chunksBeforePixels(bytes: Uint8Array): PngChunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  for (let at = SIGNATURE; at + FRAME <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = Buffer.from(bytes.subarray(at + 4, at + 8)).toString("latin1");
    if (name === "IDAT" || at + FRAME + length > bytes.length) break;
    chunks.push({ name, data: bytes.subarray(at + 8, at + 8 + length) });
    at += FRAME + length;
  }
  return chunks;
}

/** Returns the bytes of a chunk, with its length and its checksum. */
function encodeChunk({ name, data }: PngChunk): Uint8Array {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Returns the PNG with more chunks right behind its header. The rest of its bytes stays as it is. */
export function withChunks(png: Uint8Array, chunks: readonly PngChunk[]): Uint8Array {
  return Buffer.concat([png.subarray(0, AFTER_HEADER), ...chunks.map(encodeChunk), png.subarray(AFTER_HEADER)]);
}
