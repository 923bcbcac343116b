/** @file Initial patch filters of an image tower, which see fine detail from the first step on. */
import { gauss, type Random } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";

const CHANNELS = 3;
/** A thousandth of the variance of a normalised pixel; prevents that directions without variance are scaled up. */
const RIDGE = 1e-3;

/**
 * Returns initial patch filters. Neighbouring pixels are nearly equal, so a randomly drawn filter responds only to brightness and
 * colour, and a small model that starts from such filters stays blind to noise, sharpness and torn edges. Here the first half is
 * random; each filter of the second half is random within one octave of detail, in turn, because sharpness is the ratio of
 * octaves. Each filter is scaled to a mean squared response of 1.
 * @param patches [n, 3 × side × side], normalised pixels
 * @param side of a patch, px
 * @returns [filters, 3 × side × side]
 */
export function patchFilters(patches: Float32Array, side: number, filters: number, random: Random): Float32Array {
  const size = CHANNELS * side ** 2;
  const moments = secondMoments(patches, size);
  const waves = cosines(side);
  const octaves = Math.max(1, Math.ceil(Math.log2(side)));
  const result = new Float32Array(filters * size);
  for (let i = 0; i < filters; i++) {
    const direction = i < filters / 2 ? normals(size, random) : withinOctave(i % octaves, waves, random);
    result.set(scaled(direction, moments), i * size);
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
      const value = itemAt(patch, i) / count;
      for (let j = 0; j <= i; j++) sums[i * size + j]! += value * patch[j]!; // Unchecked, because a check would take most of the time.
    }
  }
  for (let i = 0; i < size; i++) {
    sums[i * size + i] = itemAt(sums, i * size + i) + RIDGE;
    for (let j = 0; j < i; j++) sums[j * size + i] = itemAt(sums, i * size + j);
  }
  return sums;
}

/** The basis of a discrete cosine transform of length `side`, one wave per row; row k has k half turns. */
function cosines(side: number): Float64Array[] {
  const wave = (k: number) => Float64Array.from({ length: side }, (_, x) => Math.cos((Math.PI * (x + 0.5) * k) / side));
  return Array.from({ length: side }, (_, k) => wave(k));
}

/**
 * A random sum of the waves with 2^octave ... 2^(octave + 1) - 1 half turns along their faster axis, in a random mix of the three
 * colours.
 */
function withinOctave(octave: number, waves: readonly Float64Array[], random: Random): Float64Array {
  const side = waves.length;
  const area = side ** 2;
  const mix = normals(CHANNELS, random);
  const filter = new Float64Array(CHANNELS * area);
  for (const [ky, down] of waves.entries())
    for (const [kx, across] of waves.entries()) {
      if (Math.floor(Math.log2(Math.max(kx, ky))) !== octave) continue;
      const weight = gauss(random);
      for (let i = 0; i < filter.length; i++) {
        const value = weight * itemAt(down, Math.floor(i / side) % side) * itemAt(across, i % side);
        filter[i] = itemAt(filter, i) + itemAt(mix, Math.floor(i / area)) * value;
      }
    }
  return filter;
}

/** w / √(wᵀ M w) */
function scaled(direction: Float64Array, moments: Float64Array): Float64Array {
  const size = direction.length;
  let power = 0;
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) power += direction[i]! * moments[i * size + j]! * direction[j]!;
  return direction.map((value) => value / Math.sqrt(power));
}

const normals = (count: number, random: Random): Float64Array => Float64Array.from({ length: count }, () => gauss(random));
