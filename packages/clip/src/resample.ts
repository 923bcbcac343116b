/** @file Pillow's antialiased bicubic for 8-bit pictures, byte for byte: two passes with fixed-point weights (Pillow's Resample.c). */

import type { RgbImage } from "./decode.ts";

/** Fractional bits of a weight: 32 of an int, less 8 of a pixel, less 2 for overshoot. */
const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);

/** Keys' cubic with a = -1/2, in Pillow's order of operations. */
function bicubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

/** For each output place: its first input place, how many it reads, and their weights (`stride` of them, fixed point). */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Weights of output places `from` ... `from + length - 1` when `input` pixels become `output` pixels. */
function planTaps(input: number, output: number, from: number, length: number): Taps {
  const scale = input / output;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const taps = { first: new Int32Array(length), count: new Int32Array(length), weights: new Int32Array(length * stride), stride };
  for (let place = 0; place < length; place++) {
    const center = (from + place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(input, Math.trunc(center + support + 0.5)) - first;
    taps.first[place] = first;
    taps.count[place] = count;
    taps.weights.set(fixedWeights(first - center + 0.5, count, stretch), place * stride);
  }
  return taps;
}

/** Cubic weights at start, start + 1, ... that sum to one, rounded half away from zero. */
function fixedWeights(start: number, count: number, stretch: number): number[] {
  // Pillow multiplies by the inverse, which rounds differently from a division.
  const inverse = 1 / stretch;
  const weights = Array.from({ length: count }, (_, i) => bicubic((i + start) * inverse));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => {
    const share = (sum === 0 ? weight : weight / sum) * 2 ** PRECISION_BITS;
    return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
  });
}

/** A part of a picture; pixels from the top left. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes to `width` x `height` and returns the part `box` of the result, without working on the rest.
 * Equals `image.resize((width, height), Image.BICUBIC).crop(box)` of Pillow.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  box: Box = { left: 0, top: 0, width, height },
): RgbImage {
  const vertical = planTaps(image.height, height, box.top, box.height);
  const rows = rowsRead(vertical, image.height === height ? box : null);
  const wide =
    image.width === width
      ? copyColumns(image, rows, box)
      : resizeRows(image, rows, planTaps(image.width, width, box.left, box.width));
  if (image.height === height) return wide;
  return resizeColumns(wide, vertical, rows.first);
}

/** Input rows that the second pass will read. */
function rowsRead(taps: Taps, whole: Box | null): { first: number; count: number } {
  if (whole) return { first: whole.top, count: whole.height };
  const first = taps.first[0]!;
  return { first, count: taps.first.at(-1)! + taps.count.at(-1)! - first };
}

function copyColumns(image: RgbImage, rows: { first: number; count: number }, box: Box): RgbImage {
  const data = new Uint8Array(box.width * rows.count * 3);
  for (let row = 0; row < rows.count; row++) {
    const start = ((rows.first + row) * image.width + box.left) * 3;
    data.set(image.data.subarray(start, start + box.width * 3), row * box.width * 3);
  }
  return { width: box.width, height: rows.count, data };
}

/** First pass: each row of `rows` to as many pixels as there are taps. */
function resizeRows(image: RgbImage, rows: { first: number; count: number }, { first, count, weights, stride }: Taps): RgbImage {
  const source = image.data;
  const width = first.length;
  const data = new Uint8ClampedArray(width * rows.count * 3);
  let to = 0;
  for (let row = 0; row < rows.count; row++) {
    const line = (rows.first + row) * image.width * 3;
    for (let x = 0; x < width; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = line + first[x]! * 3;
      const end = x * stride + count[x]!;
      for (let tap = x * stride; tap < end; tap++) {
        const weight = weights[tap]!;
        red = (red + Math.imul(source[from]!, weight)) | 0;
        green = (green + Math.imul(source[from + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[from + 2]!, weight)) | 0;
        from += 3;
      }
      data[to] = red >> PRECISION_BITS;
      data[to + 1] = green >> PRECISION_BITS;
      data[to + 2] = blue >> PRECISION_BITS;
      to += 3;
    }
  }
  return { width, height: rows.count, data: new Uint8Array(data.buffer) };
}

/** Second pass: whole rows are added up, so that memory is read in order. `top` is the input row that `image` starts with. */
function resizeColumns(image: RgbImage, { first, count, weights, stride }: Taps, top: number): RgbImage {
  const source = image.data;
  const line = image.width * 3;
  const height = first.length;
  const data = new Uint8ClampedArray(line * height);
  const sums = new Int32Array(line);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let tap = 0; tap < count[y]!; tap++) {
      const weight = weights[y * stride + tap]!;
      const start = (first[y]! - top + tap) * line;
      for (let i = 0; i < line; i++) sums[i] = (sums[i]! + Math.imul(source[start + i]!, weight)) | 0;
    }
    for (let i = 0; i < line; i++) data[y * line + i] = sums[i]! >> PRECISION_BITS;
  }
  return { width: image.width, height, data: new Uint8Array(data.buffer) };
}
