/**
 * @file Pillow's antialiased bicubic resize for 8-bit pictures, byte for byte: two passes with fixed-point weights (Pillow's
 * Resample.c).
 */

import { itemAt } from "@pickapic/errors";
import type { RgbImage } from "@pickapic/pictures";
import { resizeColumns, resizeRows, type Taps } from "./resampleKernel.ts";

/** Fractional bits of a weight: 32 of an int, minus 8 of a pixel, minus 2 for overshoot. resample.wat has the same number. */
const PRECISION_BITS = 22;

/** Keys' cubic with a = -1/2, in Pillow's order of operations. */
function bicubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

/** Plans that stay in memory; each takes some 10 kB, and pictures of one size need two. */
const MOST_PLANS = 16;
const plans = new Map<string, Taps>();

/** As `planTaps`, but a plan of a former picture is used again: making it takes a tenth of the time that a picture of 512 px takes in all. */
function tapsOf(input: number, output: number, from: number, length: number): Taps {
  const key = [input, output, from, length].join();
  const taps = plans.get(key) ?? planTaps(input, output, from, length);
  // A map keeps its order of insertion: the plan that was used longest ago is the first.
  plans.delete(key);
  plans.set(key, taps);
  const [oldest] = plans.keys();
  if (oldest !== undefined && plans.size > MOST_PLANS) plans.delete(oldest);
  return taps;
}

/** Weights of output pixels `from` ... `from + length - 1` when `input` pixels become `output` pixels. */
function planTaps(input: number, output: number, from: number, length: number): Taps {
  const scale = input / output;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const taps = { first: new Int32Array(length), count: new Int32Array(length), weights: new Int32Array(length * stride), stride };
  for (let index = 0; index < length; index++) {
    const center = (from + index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(input, Math.trunc(center + support + 0.5)) - first;
    taps.first[index] = first;
    taps.count[index] = count;
    taps.weights.set(fixedWeights(first - center + 0.5, count, stretch), index * stride);
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

/** A rectangle of a picture; pixels from the top left. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes to `width` x `height` and returns the rectangle `box` of the result, without computing the rest. Equals
 * `image.resize((width, height), Image.BICUBIC).crop(box)` of Pillow 13.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  box: Box = { left: 0, top: 0, width, height },
): RgbImage {
  const across = image.width === width ? null : tapsOf(image.width, width, box.left, box.width);
  const down = image.height === height ? null : tapsOf(image.height, height, box.top, box.height);
  const columns = across ? reach(across) : { first: box.left, count: box.width };
  const rows = down ? reach(down) : { first: box.top, count: box.height };
  const resizeAcross = (pixels: RgbImage) => (across ? resizeRows(pixels, across, columns.first) : pixels);
  const resizeDown = (pixels: RgbImage) => (down ? resizeColumns(pixels, down, rows.first) : pixels);
  const needed = cut(image, columns, rows);
  return downFirst(image, width, height) ? resizeAcross(resizeDown(needed)) : resizeDown(resizeAcross(needed));
}

/**
 * Whether the vertical pass comes first, which affects rounding. Before version 13 (python-pillow/Pillow#9549) Pillow always did
 * the horizontal pass first.
 */
function downFirst(image: RgbImage, width: number, height: number): boolean {
  return image.height > height && image.height - height > 2 * (image.width - width);
}

interface Span {
  readonly first: number;
  readonly count: number;
}

/** The range of input pixels that the taps read. */
function reach({ first, count }: Taps): Span {
  const last = first.length - 1;
  return { first: itemAt(first, 0), count: itemAt(first, last) + itemAt(count, last) - itemAt(first, 0) };
}

function cut(image: RgbImage, columns: Span, rows: Span): RgbImage {
  if (columns.count === image.width && rows.count === image.height) return image;
  const line = columns.count * 3;
  const data = new Uint8Array(line * rows.count);
  for (let row = 0; row < rows.count; row++) {
    const start = ((rows.first + row) * image.width + columns.first) * 3;
    data.set(image.data.subarray(start, start + line), row * line);
  }
  return { width: columns.count, height: rows.count, data };
}
