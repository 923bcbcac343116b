/** @file Fréchet distance between two sets of images (FID when the features are Inception's), and what it would be for endlessly many images. */

import { type Random, shuffled } from "@pickapic/chance";
import { at, Matrix, real, type Vector } from "../matrix.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";
import {
  checkComparable,
  checkFeatures,
  checkWidths,
  type Features,
  pickRows,
  rowsOf,
  type TimesTransposed,
  timesTransposed,
} from "./features.ts";

/** A faster product of matrices; default: plain TypeScript. */
export interface DistanceSettings {
  readonly product?: TimesTransposed;
}

/**
 * Squared Fréchet distance between the normal distributions with the means and covariances of two sets of features (Heusel et al. 2017):
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), covariances with n - 1. It is 0 for equal sets and has no upper bound. For few images it is
 * too large: compare only sets of equal size, and see `frechetBySize`.
 *
 * The last trace is the sum of the singular values of F1 F2^T, where S = F^T F. F has as many rows as S has rank, so that sets with fewer
 * images than features need no regularisation, and no imaginary parts appear.
 * @throws RangeError for sets that cannot be compared
 */
export async function frechetDistance(a: Features, b: Features, settings: DistanceSettings = {}): Promise<number> {
  checkWidths(a, b);
  return (await frechetDistanceTo(b, settings))(a);
}

/**
 * The same distance from many sets to one set, whose mean and covariance are computed once.
 * @returns a function of the other set, which throws RangeError for one that cannot be compared
 */
export async function frechetDistanceTo(
  b: Features,
  { product = timesTransposed }: DistanceSettings = {},
): Promise<(a: Features) => Promise<number>> {
  const compare = await comparisonWith(b, product);
  return async (a) => {
    const compared = await compare(a);
    const { cross } = compared;
    const wide = cross.rows <= cross.columns ? cross : transpose(cross);
    const squares = symmetricEigenvalues(await product(wide, wide));
    const overlap = squares.reduce((sum, square) => sum + Math.sqrt(Math.max(0, square)), 0);
    return distanceOf(compared, overlap);
  };
}

/** Two sets of features, as a Fréchet distance compares them. */
export interface Compared {
  readonly one: Moments;
  readonly two: Moments;
  /** F1 F2^T, the product of the factors of the two covariances. */
  readonly cross: Matrix;
}

/**
 * Prepares the comparison of many sets with one, whose mean and covariance are computed once.
 * @returns a function of the other set, which throws RangeError for one that cannot be compared
 */
export async function comparisonWith(b: Features, product: TimesTransposed): Promise<(a: Features) => Promise<Compared>> {
  checkFeatures(b);
  const two = await momentsOf(b, product);
  return async (a) => {
    checkWidths(a, b);
    checkFeatures(a);
    const one = await momentsOf(a, product);
    return { one, two, cross: await product(one.factor, two.factor) };
  };
}

/** The squared Fréchet distance of two sets. @param overlap the sum of the singular values of F1 F2^T */
export function distanceOf({ one, two }: Compared, overlap: number): number {
  const means = one.mean.reduce((sum, value, i) => sum + (value - real(two.mean, i)) ** 2, 0);
  // Rounding may leave equal sets a little below zero.
  return Math.max(0, means + one.trace + two.trace - 2 * overlap);
}

/** What the Fréchet distance knows of a set. */
interface Moments {
  readonly mean: Vector;
  /** Of the covariance. */
  readonly trace: number;
  /** F with F^T F = covariance; as many rows as its rank at most. */
  readonly factor: Matrix;
}

/** Images whose products are summed at a time: enough for a fast product, little beside the features themselves. */
const BLOCK = 1024;

/** Mean, trace and a factor of the covariance of a set. */
async function momentsOf(features: Features, product: TimesTransposed): Promise<Moments> {
  const { count, width } = features;
  const mean = meanOf(features);
  if (count <= width) {
    const factor = centred(features, mean, 0, count, Math.sqrt(count - 1));
    return { mean, factor, trace: squaredLength(factor.data) };
  }
  const covariance = new Matrix(width, width);
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(count, from + BLOCK);
    const columns = transpose(centred(features, mean, from, to, Math.sqrt(count - 1)));
    addTo(covariance, await product(columns, columns));
  }
  let trace = 0;
  for (let i = 0; i < width; i++) trace += covariance.at(i, i);
  return { mean, trace, factor: semidefiniteFactor(covariance) };
}

function meanOf({ values, count, width }: Features): Vector {
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width] = real(mean, i % width) + at(values, i);
  return mean.map((sum) => sum / count);
}

/** Rows from ... to - 1, minus the mean, divided by `divisor`. */
function centred(features: Features, mean: Vector, from: number, to: number, divisor: number): Matrix {
  const rows = rowsOf(features, from, to);
  const { data, columns } = rows;
  for (let i = 0; i < data.length; i++) data[i] = (real(data, i) - real(mean, i % columns)) / divisor;
  return rows;
}

function addTo(total: Matrix, more: Matrix): void {
  for (let i = 0; i < total.data.length; i++) total.data[i] = real(total.data, i) + real(more.data, i);
}

function transpose({ data, rows, columns }: Matrix): Matrix {
  const turned = new Matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned.data[j * rows + i] = real(data, i * columns + j);
  return turned;
}

const squaredLength = (values: Vector) => values.reduce((sum, value) => sum + value * value, 0);

/**
 * Returns F with F^T F = a covariance, by Cholesky's method for matrices that may lack full rank: a feature that does not vary beyond
 * the ones before it gets no row. It overwrites the covariance's lower triangle.
 */
function semidefiniteFactor(covariance: Matrix): Matrix {
  const n = covariance.rows;
  const a = covariance.data;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, covariance.at(i, i));
  const negligible = largest * n * Number.EPSILON;
  const independent: number[] = [];
  const pivots = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = real(a, i * n + j);
      const [x, y] = [i * n, j * n];
      for (let k = 0; k < j; k++) value -= real(a, x + k) * real(a, y + k);
      const pivot = i === j ? Math.sqrt(Math.max(0, value)) : real(pivots, j);
      a[x + j] = i === j ? (value > negligible ? pivot : 0) : pivot > 0 ? value / pivot : 0;
    }
    pivots[i] = real(a, i * n + i);
    if (real(pivots, i) > 0) independent.push(i);
  }
  const factor = new Matrix(independent.length, n);
  for (const [row, j] of independent.entries()) for (let i = j; i < n; i++) factor.set(row, i, real(a, i * n + j));
  return factor;
}

/** The mean Fréchet distance of subsets of each size, and the line through them over 1 / images. */
export interface FrechetBySize {
  /** From the smallest subsets to all images (of the smaller set). */
  readonly points: readonly { images: number; distance: number }[];
  /** Where the line through the points meets endlessly many images; null when there are fewer than 3 different sizes. */
  readonly endless: number | null;
}

/** Fewer images than this say nothing of a distribution. */
const SMALLEST_SUBSET = 10;

/**
 * Shows how much of a Fréchet distance comes from the number of images: its bias falls with 1 / images, so that a straight line over
 * 1 / images is read off at 0 (Chong and Forsyth 2020). For each size both sets are cut at random into as many subsets as there are
 * images for, and the mean of their distances is taken.
 * @param sizes images of each side; default: an eighth, a quarter and half of the smaller set. Its whole size is always there.
 * @throws RangeError for sets that cannot be compared
 */
export async function frechetBySize(
  a: Features,
  b: Features,
  { random, sizes, product }: DistanceSettings & { random: Random; sizes?: readonly number[] },
): Promise<FrechetBySize> {
  checkComparable(a, b);
  const most = Math.min(a.count, b.count);
  const wanted = sizes ?? [most / 8, most / 4, most / 2].map(Math.floor);
  const used = [...new Set(wanted.filter((size) => size >= SMALLEST_SUBSET && size < most)), most].sort((x, y) => x - y);
  const points: { images: number; distance: number }[] = [];
  for (const images of used) {
    const [left, right] = [subsets(a, images, random), subsets(b, images, random)];
    let sum = 0;
    const draws = Math.floor(most / images);
    for (let i = 0; i < draws; i++) sum += await frechetDistance(left(i), right(i), { product });
    points.push({ images, distance: sum / draws });
  }
  return { points, endless: points.length < 3 ? null : intercept(points) };
}

/** Cuts a set at random into subsets of equal size, and returns how to get the i-th. */
function subsets(features: Features, size: number, random: Random): (i: number) => Features {
  const order = shuffled(
    Array.from({ length: features.count }, (_, i) => i),
    random,
  );
  return (i) => pickRows(features, order.slice(i * size, (i + 1) * size));
}

/** Least squares: the distance at 1 / images = 0. */
export function intercept(points: FrechetBySize["points"]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x0 = mean(points.map(({ images }) => 1 / images));
  const y0 = mean(points.map(({ distance }) => distance));
  let [xx, xy] = [0, 0];
  for (const { images, distance } of points) {
    xx += (1 / images - x0) ** 2;
    xy += (1 / images - x0) * (distance - y0);
  }
  return y0 - (xy / xx) * x0;
}
