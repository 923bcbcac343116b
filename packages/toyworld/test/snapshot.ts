/** @file What is kept of the golden requests: the hash of the hidden truth, and the picture as 8 x 8 mean colours. */

import { createHash } from "node:crypto";
import type { GenerationRequest } from "@pickapic/generation";
import { type Depiction, describeImage, type Pixels, renderPixels } from "../src/index.ts";

export interface Snapshot {
  request: GenerationRequest;
  /** SHA-256 of the depiction as JSON, fractions to six places. */
  depiction: string;
  /** Mean RGB of 8 x 8 tiles, row by row, 0...255. Not a hash: other processors round pixels differently. */
  tiles: number[];
}

export async function snapshot(request: GenerationRequest): Promise<Snapshot> {
  return { request, depiction: hashOf(describeImage(request)), tiles: tilesOf(await renderPixels(request)) };
}

function hashOf(depiction: Depiction): string {
  const json = JSON.stringify(depiction, (_key, value) => (typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value));
  return createHash("sha256").update(json).digest("hex");
}

export function tilesOf({ width, height, data }: Pixels, n = 8): number[] {
  const sums = new Float64Array(3 * n * n);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const tile = Math.floor((y * n) / height) * n + Math.floor((x * n) / width);
      for (let c = 0; c < 3; c++) sums[3 * tile + c]! += data[3 * (y * width + x) + c]!;
    }
  return [...sums].map((sum) => Math.round((10 * sum * n * n) / (width * height)) / 10);
}
