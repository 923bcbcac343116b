/** @file Images that are in both of two folders: distances between samples take the two sides as independent. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { KernelDistance } from "@pickapic/evaluation";

/** How many files of `b` have the same bytes as a file of `a`. Only files of one length are read. */
export async function countShared(a: readonly string[], b: readonly string[], signal?: AbortSignal): Promise<number> {
  const byLength = Map.groupBy(await lengthsOf(a), ({ length }) => length);
  const known = new Map<number, Set<string>>();
  let shared = 0;
  for (const { file, length } of await lengthsOf(b)) {
    signal?.throwIfAborted();
    const alike = byLength.get(length);
    if (!alike) continue;
    const hashes = known.get(length) ?? new Set(await hashesOf(alike));
    known.set(length, hashes);
    if (hashes.has(await hashOf(file))) shared++;
  }
  return shared;
}

const lengthsOf = (files: readonly string[]) =>
  Promise.all(files.map(async (file) => ({ file, length: (await stat(file)).size })));

const hashOf = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

async function hashesOf(files: readonly { file: string }[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const { file } of files) hashes.push(await hashOf(file));
  return hashes;
}

/**
 * The distance without its interval when images are on both sides: they make the unbiased form too small, even below 0, because a set is never compared with
 * its own images but with those that it shares, and their chance errors are not independent.
 */
export function withoutShared(distance: KernelDistance, shared: number): KernelDistance {
  if (shared === 0) return distance;
  const which = shared === 1 ? "1 image is" : `${shared} images are`;
  const reason = `${which} on both sides, which makes a kernel distance too small, even below 0: leave the shared images out on one side`;
  return { ...distance, interval: null, reason };
}
