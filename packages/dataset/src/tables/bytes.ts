/** @file Reads the bytes of a text table, and decompresses them if the file is compressed with gzip. */

import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { signatureOf, startOfFile } from "@pickapic/disk";
import { tableInvalid } from "./refused.ts";

/** The name that tells the kind of a table: "pairs.csv" of "pairs.csv.gz". */
export function unpackedName(file: string): string {
  return file.replace(/\.gz$/i, "");
}

/**
 * Yields the bytes of a file in chunks. A file that is compressed with gzip, which its first bytes tell, is unpacked as it is read.
 * @throws {DatasetError} TABLE_INVALID for a compressed file that is cut short or damaged
 */
export async function* tableBytes(file: string): AsyncGenerator<Uint8Array> {
  const isPacked = signatureOf(await startOfFile(file)) === "gzip";
  // `pipeline` hands a failure of the file on to the stream that is read.
  const stream: Readable = isPacked ? pipeline(createReadStream(file), createGunzip(), () => {}) : createReadStream(file);
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (!isPacked || !(cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_"))) throw cause;
    throw tableInvalid(
      file,
      `it is compressed with gzip, but cut short or damaged (${cause.message}): copy or download it again`,
      cause,
    );
  } finally {
    stream.destroy();
  }
}

/** The first bytes of a table, at most `most`, unpacked where its file is compressed. @throws {DatasetError} TABLE_INVALID as `tableBytes` */
export async function startOfTable(file: string, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of tableBytes(file)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}
