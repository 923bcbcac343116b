import { mulberry32 } from "@pickapic/chance";
import { describe, expect, it } from "vitest";
import { patchFilters } from "../../src/toy/patchFilters.ts";

const SIDE = 8;
const SIZE = 3 * SIDE ** 2;
const PATCHES = 1000;

/** Patches as pictures have them: a strong common brightness and a hundredth as much detail. */
function smoothPatches(): Float32Array {
  const random = mulberry32(1);
  const patches = new Float32Array(PATCHES * SIZE);
  for (let p = 0; p < PATCHES; p++) {
    const brightness = 2 * random() - 1;
    for (let i = 0; i < SIZE; i++) patches[p * SIZE + i] = brightness + 0.06 * (random() - 0.5);
  }
  return patches;
}

const answer = (filter: Float32Array, patch: Float32Array) => filter.reduce((sum, w, i) => sum + w * patch[i]!, 0);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** A patch of one wave along x, the same in every colour: `halfTurns` changes of sign on its way. */
const wave = (halfTurns: number) =>
  Float32Array.from({ length: SIZE }, (_, i) => 0.03 * Math.cos((Math.PI * ((i % SIDE) + 0.5) * halfTurns) / SIDE));

describe("patchFilters", () => {
  const patches = smoothPatches();
  const filters = patchFilters(patches, SIDE, 30, mulberry32(2));
  const rows = Array.from({ length: 30 }, (_, i) => filters.subarray(i * SIZE, (i + 1) * SIZE));

  it("answers to the patches with mean square 1", () => {
    const power = rows.map((filter) =>
      mean(Array.from({ length: PATCHES }, (_, p) => answer(filter, patches.subarray(p * SIZE, (p + 1) * SIZE)) ** 2)),
    );
    // wᵀ(M + 10⁻³)w is 1: the ridge keeps 10⁻³ |w|² of it, which is much where a filter hardly answers to brightness.
    for (const [i, value] of power.entries()) {
      const size = rows[i]!.reduce((sum, w) => sum + w * w, 0);
      expect(value + 1e-3 * size).toBeCloseTo(1, 3);
    }
  });

  it("sees detail with its second half, brightness alone with its first", () => {
    const change = rows.map((filter) => mean([1, 3, 7].map((halfTurns) => Math.abs(answer(filter, wave(halfTurns))))));
    expect(mean(change.slice(15))).toBeGreaterThan(5 * mean(change.slice(0, 15)));
  });

  it("sees with each of the second half one octave only, and all octaves in turns", () => {
    const octaves = [[1], [2, 3], [4, 5, 6, 7]];
    for (const [i, row] of rows.entries()) {
      if (i < 15) continue;
      const seen = octaves.map((halfTurns) => Math.max(...halfTurns.map((k) => Math.abs(answer(row, wave(k))))));
      for (const [octave, value] of seen.entries())
        if (octave === i % 3) expect(value).toBeGreaterThan(1e-3);
        else expect(value).toBeLessThan(1e-5);
      expect(Math.abs(answer(row, new Float32Array(SIZE).fill(1)))).toBeLessThan(1e-4);
    }
  });

  it("gives the same filters for the same seed", () => {
    expect(patchFilters(patches, SIDE, 30, mulberry32(2))).toEqual(filters);
    expect(patchFilters(patches, SIDE, 30, mulberry32(3))).not.toEqual(filters);
  });
});
