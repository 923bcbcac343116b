/** @file Where the golden pictures are, and how they are read. */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll } from "vitest";

const FIXTURES = join(import.meta.dirname, "../../../fixtures");

/** Pictures that Pillow made, with the hashes of its `convert("RGB")` in pictures.json. */
export const PILLOW = join(FIXTURES, "clip/pictures");
/** Pictures that programs read in different ways. */
export const FILES = join(FIXTURES, "pictures/files");

export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
}

/** What Chromium painted: all pixels of a small picture, the hash of those of a larger one. */
export interface Painted {
  width: number;
  height: number;
  /** [height, width, 3], deflated, base64 */
  rgb?: string;
  sha256?: string;
}

export const inflated = (rgb: string) => new Uint8Array(inflateSync(Buffer.from(rgb, "base64")));
export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`largestDifference: ${a.length} and ${b.length} values`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that is gone when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pickapic-pictures-"));
  made.push(folder);
  return folder;
}
