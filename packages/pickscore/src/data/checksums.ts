/** @file Computes sha256 of the files that a run depends on, so that run.json identifies them. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Checkpoint } from "@pickapic/clip";

/** Name of the file in its folder -> sha256, hexadecimal. */
export type Checksums = Readonly<Record<string, string>>;

/** Checksums of a dataset folder: of its file SHA256SUMS, which covers all others, or of every Parquet file when it has none. */
export async function datasetChecksums(folder: string): Promise<Checksums> {
  if (existsSync(join(folder, "SHA256SUMS"))) return checksums(folder, ["SHA256SUMS"]);
  const names = await readdir(folder, { recursive: true });
  return checksums(folder, names.filter((name) => name.endsWith(".parquet")).sort());
}

/** Checksums of the weight files of a checkpoint. */
export async function weightChecksums({ folder, tensors }: Pick<Checkpoint, "folder" | "tensors">): Promise<Checksums> {
  const files = new Set([...tensors.values()].map(({ file }) => relative(folder, file)));
  return checksums(folder, [...files].sort());
}

async function checksums(folder: string, names: readonly string[]): Promise<Checksums> {
  const sums: Record<string, string> = {};
  for (const name of names) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array);
    sums[name] = hash.digest("hex");
  }
  return sums;
}

/** The name of the first file whose checksum differs or is missing on one side; null when all are equal. */
export function differenceOf(then: Checksums, now: Checksums): string | null {
  return Object.keys({ ...then, ...now }).find((name) => then[name] !== now[name]) ?? null;
}
