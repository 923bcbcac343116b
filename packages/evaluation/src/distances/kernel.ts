/** @file Distances by kernels (maximum mean discrepancy) between two sets of images: the kernel distance (KID) and CMMD, unbiased, with intervals. */

import type { Interval } from "../interval.ts";
import { at, type Matrix, real, type Vector } from "../matrix.ts";
import { studentQuantile } from "../student.ts";
import { checkComparable, type Features, rowsOf, type TimesTransposed, timesTransposed } from "./features.ts";
import type { DistanceSettings } from "./frechet.ts";

/** A squared maximum mean discrepancy. It may be a little below 0 where the sets come from one distribution, because it is unbiased. */
export interface KernelDistance {
  readonly value: number;
  /** Of the value, from a jackknife over the images of both sets; null with fewer than 3 images on a side. */
  readonly interval: Interval | null;
  /** Why there is no interval, as a phrase; null when there is one. */
  readonly reason: string | null;
}

/** Similarity of two images from their product x.y and their squared lengths. */
type Kernel = (product: number, xx: number, yy: number) => number;

/**
 * The kernel distance (KID, Bińkowski et al. 2018): kernel (x.y / width + 1)^3, unbiased. Unlike the Fréchet distance it does not depend on
 * the number of images.
 * @throws RangeError for sets that cannot be compared
 */
export function kernelDistance(a: Features, b: Features, settings: DistanceSettings = {}): Promise<KernelDistance> {
  return discrepancy(a, b, (product) => (product / a.width + 1) ** 3, settings);
}

/** Of the Gaussian kernel, and the factor that makes distances readable; both as published. */
const CMMD_SIGMA = 10;
const CMMD_SCALE = 1000;

/**
 * CMMD (Jayasumana et al. 2024): the discrepancy of CLIP embeddings under the kernel exp(-|x - y|^2 / (2 10^2)), times 1,000. The authors'
 * program gives the biased form; this one is unbiased, so that sets of any size may be compared.
 * @param a embeddings of length 1
 * @throws RangeError for sets that cannot be compared
 */
export async function cmmd(a: Features, b: Features, settings: DistanceSettings = {}): Promise<KernelDistance> {
  const kernel: Kernel = (product, xx, yy) => Math.exp(-(xx + yy - 2 * product) / (2 * CMMD_SIGMA ** 2));
  const { value, interval, reason } = await discrepancy(a, b, kernel, settings);
  const scaled: Interval | null = interval && [interval[0] * CMMD_SCALE, interval[1] * CMMD_SCALE];
  return { value: value * CMMD_SCALE, interval: scaled, reason };
}

async function discrepancy(a: Features, b: Features, kernel: Kernel, settings: DistanceSettings): Promise<KernelDistance> {
  checkComparable(a, b);
  const product = settings.product ?? timesTransposed;
  const sides = await similarities(a, b, kernel, product);
  const value = sides.reduce((sum, { within, across }) => sum + mean(within) - mean(across), 0);
  const smallest = Math.min(a.count, b.count);
  if (smallest < 3) return { value, interval: null, reason: `too few images (${smallest}), at least 3 are needed` };
  const variance = sides.reduce((sum, side) => sum + jackknife(side), 0);
  const half = studentQuantile(0.975, smallest - 1) * Math.sqrt(variance);
  return { value, interval: [value - half, value + half], reason: null };
}

/** How similar each image of one side is to others, on average. */
interface Similarities {
  /** To the other images of its own side. */
  readonly within: Vector;
  /** To the images of the other side. */
  readonly across: Vector;
}

/** Means of the kernel over all pairs of different images, computed in blocks so that no matrix of all pairs is in memory. */
async function similarities(a: Features, b: Features, kernel: Kernel, product: TimesTransposed): Promise<Similarities[]> {
  const withinA = await sumsOverPairs(a, null, kernel, product);
  const withinB = await sumsOverPairs(b, null, kernel, product);
  const across = await sumsOverPairs(a, b, kernel, product);
  const divided = (sums: Vector, by: number) => sums.map((sum) => sum / by);
  return [
    { within: divided(withinA.rows, a.count - 1), across: divided(across.rows, b.count) },
    { within: divided(withinB.rows, b.count - 1), across: divided(across.columns, a.count) },
  ];
}

/** Images of one side in a block. */
const BLOCK = 1024;

/** Sums of the kernel, for each image of `a` over all of `other` and the other way round. With null, over the other images of `a`: none is compared with itself. */
async function sumsOverPairs(a: Features, other: Features | null, kernel: Kernel, product: TimesTransposed) {
  const b = other ?? a;
  const rows = new Float64Array(a.count);
  const columns = new Float64Array(b.count);
  const [lengthsA, lengthsB] = [squaredLengths(a), squaredLengths(b)];
  for (let top = 0; top < a.count; top += BLOCK) {
    const upper = rowsOf(a, top, Math.min(a.count, top + BLOCK));
    for (let left = 0; left < b.count; left += BLOCK) {
      const products = await product(upper, rowsOf(b, left, Math.min(b.count, left + BLOCK)));
      addBlock(products, top, left);
    }
  }
  return { rows, columns };

  function addBlock(products: Matrix, top: number, left: number): void {
    for (let i = 0; i < products.rows; i++) {
      const xx = real(lengthsA, top + i);
      let sum = 0;
      for (let j = 0; j < products.columns; j++) {
        if (other === null && top + i === left + j) continue;
        const value = kernel(products.at(i, j), xx, real(lengthsB, left + j));
        sum += value;
        columns[left + j] = real(columns, left + j) + value;
      }
      rows[top + i] = real(rows, top + i) + sum;
    }
  }
}

function squaredLengths({ values, count, width }: Features): Vector {
  const lengths = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const image = Math.floor(i / width);
    lengths[image] = real(lengths, image) + at(values, i) ** 2;
  }
  return lengths;
}

const mean = (values: Vector) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The variance that one side's images give the discrepancy: each image is left out once (Efron and Stein 1981). */
function jackknife({ within, across }: Similarities): number {
  const n = within.length;
  const [meanWithin, meanAcross] = [mean(within), mean(across)];
  const without = within.map((own, i) => {
    // Leaving out an image takes away its pairs in both orders.
    const rest = (n * meanWithin - 2 * own) / (n - 2);
    return rest - (2 * (n * meanAcross - real(across, i))) / (n - 1);
  });
  const centre = mean(without);
  return ((n - 1) / n) * without.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
