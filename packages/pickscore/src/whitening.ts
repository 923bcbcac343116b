/** @file First filters for the patches of an image tower that see fine detail from the first step on. */
import type { Random } from "./random.ts";

/** Keeps directions in which pictures hardly vary from being blown up: a thousandth of the variance of a normalised pixel. */
const RIDGE = 1e-3;

/**
 * Neighbouring pixels are nearly equal, so a randomly drawn filter answers to brightness and colour alone, and a small model that starts from such
 * filters stays blind to noise and sharpness. The first half of the filters here is random but scaled so that each answers with mean square 1; the second
 * half is random on whitened patches, where the finest detail counts as much as the coarsest: with the second moments M = L Lᵀ, w = L⁻ᵀ r
 * answers to a patch x with wᵀx = rᵀ(L⁻¹x), of mean square |r|² = 1.
 * @param patches [n, size], normalised pixels
 * @param size values of a patch: channels × side × side
 * @returns [filters, size]
 */
export function patchFilters(patches: Float32Array, size: number, filters: number, random: Random): Float32Array {
  const moments = secondMoments(patches, size);
  const lower = cholesky(moments, size);
  const result = new Float32Array(filters * size);
  for (let i = 0; i < filters; i++) {
    const direction = unitDirection(size, random);
    const filter = i < filters / 2 ? scaled(direction, moments) : solveTransposed(lower, direction);
    result.set(filter, i * size);
  }
  return result;
}

/** Mean of x xᵀ over the patches, plus the ridge; [size, size]. */
function secondMoments(patches: Float32Array, size: number): Float64Array {
  const count = patches.length / size;
  const sums = new Float64Array(size * size);
  for (let p = 0; p < count; p++) {
    const patch = patches.subarray(p * size, (p + 1) * size);
    for (let i = 0; i < size; i++) {
      const value = patch[i]! / count;
      for (let j = 0; j <= i; j++) sums[i * size + j]! += value * patch[j]!;
    }
  }
  for (let i = 0; i < size; i++) {
    sums[i * size + i]! += RIDGE;
    for (let j = 0; j < i; j++) sums[j * size + i] = sums[i * size + j]!;
  }
  return sums;
}

/** The lower triangular L with L Lᵀ = `matrix`, which must be positive definite. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= lower[i * size + k]! * lower[j * size + k]!;
      lower[i * size + j] = i === j ? Math.sqrt(rest) : rest / lower[j * size + j]!;
    }
  }
  return lower;
}

/** w with Lᵀ w = r. */
function solveTransposed(lower: Float64Array, r: Float64Array): Float64Array {
  const size = r.length;
  const w = Float64Array.from(r);
  for (let i = size - 1; i >= 0; i--) {
    w[i]! /= lower[i * size + i]!;
    for (let j = 0; j < i; j++) w[j]! -= lower[i * size + j]! * w[i]!;
  }
  return w;
}

/** w / √(wᵀ M w) */
function scaled(direction: Float64Array, moments: Float64Array): Float64Array {
  const size = direction.length;
  let power = 0;
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) power += direction[i]! * moments[i * size + j]! * direction[j]!;
  return direction.map((value) => value / Math.sqrt(power));
}

/** Uniform on the unit sphere. */
function unitDirection(size: number, random: Random): Float64Array {
  const direction = Float64Array.from({ length: size }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
  const length = Math.hypot(...direction);
  return direction.map((value) => value / length);
}
