/** @file Where the golden values are, and how they are read. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll } from "vitest";

export const FIXTURES = join(import.meta.dirname, "../../../fixtures/clip");

/** The golden values are those of files that Pillow decoded. */
export const AS_PILLOW = { policy: "transformers" } as const;

export function fixtureJson<T>(name: string): T {
  const bytes = readFileSync(join(FIXTURES, name));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

/** What transformers computed with a fixture checkpoint. */
export interface Golden {
  texts: string[];
  pictures: string[];
  text: number[][];
  image: number[][];
  logits: number[][];
}

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
  const folder = mkdtempSync(join(tmpdir(), "pickapic-clip-"));
  made.push(folder);
  return folder;
}
