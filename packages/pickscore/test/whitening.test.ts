import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/random.ts";
import { patchFilters } from "../src/whitening.ts";

const SIZE = 24;

/** Patches as pictures have them: a strong common brightness and a hundredth as much detail. */
function smoothPatches(count: number): Float32Array {
  const random = seededRandom(1);
  return Float32Array.from({ length: count }, () => 2 * random() - 1).reduce(
    (patches, brightness, p) => {
      for (let i = 0; i < SIZE; i++) patches[p * SIZE + i] = brightness + 0.06 * (random() - 0.5);
      return patches;
    },
    new Float32Array(count * SIZE),
  );
}

const answer = (filter: Float32Array, patch: Float32Array) => filter.reduce((sum, w, i) => sum + w * patch[i]!, 0);

describe("patchFilters", () => {
  const patches = smoothPatches(2000);
  const filters = patchFilters(patches, SIZE, 32, seededRandom(2));
  const rows = Array.from({ length: 32 }, (_, i) => filters.subarray(i * SIZE, (i + 1) * SIZE));

  it("answers to the patches with mean square 1", () => {
    const power = rows.map((filter) => {
      let sum = 0;
      for (let p = 0; p < 2000; p++) sum += answer(filter, patches.subarray(p * SIZE, (p + 1) * SIZE)) ** 2;
      return sum / 2000;
    });
    // wᵀ(M + 10⁻³)w is 1: the ridge keeps 10⁻³ |w|² of it, which is much where a filter hardly answers to brightness.
    for (const [i, value] of power.entries()) {
      const size = rows[i]!.reduce((sum, w) => sum + w * w, 0);
      expect(value + 1e-3 * size).toBeCloseTo(1, 4);
    }
  });

  it("sees detail with its second half, brightness alone with its first", () => {
    const flat = new Float32Array(SIZE).fill(0.5);
    const detailed = flat.map((value, i) => value + (i % 2 === 0 ? 0.03 : -0.03));
    const change = rows.map((filter) => Math.abs(answer(filter, detailed) - answer(filter, flat)));
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(change.slice(16))).toBeGreaterThan(5 * mean(change.slice(0, 16)));
  });

  it("gives the same filters for the same seed", () => {
    expect(patchFilters(patches, SIZE, 32, seededRandom(2))).toEqual(filters);
    expect(patchFilters(patches, SIZE, 32, seededRandom(3))).not.toEqual(filters);
  });
});
