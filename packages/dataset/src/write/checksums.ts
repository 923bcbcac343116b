/** @file SHA256SUMS: the checksums of every file of a dataset, in the format of `sha256sum -c`. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

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

/** Hexadecimal checksum of a file, read as a stream. */
export async function checksumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Hexadecimal checksum of a text. */
export function checksumOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
