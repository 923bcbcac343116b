/** @file Where the golden values are, and how they are read. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export { largestDifference } from "../../../test/support/difference.ts";
export { temporaryFolder } from "../../../test/support/temporaryFolder.ts";

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
