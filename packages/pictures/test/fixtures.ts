/** @file Where the golden pictures are, and how they are read. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

export { largestDifference } from "../../../test/support/difference.ts";
export { temporaryFolder } from "../../../test/support/temporaryFolder.ts";

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
