/** @file SHA256SUMS: the checksums of every file of a dataset, in the format of `sha256sum -c`. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** Formats path -> hexadecimal checksum as SHA256SUMS, in the order of the paths. */
export function formatChecksums(sums: ReadonlyMap<string, string>): string {
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join("");
}

/** Parses SHA256SUMS to path -> hexadecimal checksum; other lines are ignored. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => /^([0-9a-f]{64}) [ *](.+)$/i.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[2] ?? "", (match[1] ?? "").toLowerCase()]] : [])));
}

/** Bytes of a file that are read at once: much more than a stream reads, so that reading costs little beside hashing. */
const READ_BYTES = 1 << 20;

/** Hexadecimal checksum of a file. The next bytes are read while the last are hashed, always into the same two buffers. */
export async function checksumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path);
  try {
    let [now, later] = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
    for (let { bytesRead } = await file.read(now, 0, READ_BYTES); bytesRead > 0; [now, later] = [later, now]) {
      const next = file.read(later, 0, READ_BYTES);
      hash.update(now.subarray(0, bytesRead));
      ({ bytesRead } = await next);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** Checksums of files, one after the other; undefined for one that cannot be read. */
export async function checksumsOf(paths: readonly string[]): Promise<(string | undefined)[]> {
  const sums: (string | undefined)[] = [];
  for (const path of paths) sums.push(await checksumOf(path).catch(() => undefined));
  return sums;
}

/** Hexadecimal checksum of a text. */
export function checksumOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
