/** @file How far the last of several means lies below the best of them, with an interval that allows for the choice of the best. */

import type { Random } from "@pickapic/chance";
import { clustersOf } from "./clusters.ts";
import { areAlike, type Estimate, estimate, type MeanSettings, sameDifference } from "./estimate.ts";
import { type Interval, quantile } from "./interval.ts";
import { at, real, type Vector } from "./matrix.ts";
import { normalQuantile } from "./normal.ts";
import { studentQuantile } from "./student.ts";

/** The column with the highest mean, and the last mean minus that one. */
export interface FallFromBest {
  /** The index of the column with the highest mean, the first of equal ones. */
  readonly best: number;
  /** 0 or less. Where the last column is the best there is no interval. */
  readonly difference: Estimate;
}

/**
 * Compares the last of several columns of scores of the same examples with the column that has the highest mean. That column was chosen because its mean came
 * out high, so that the fall looks larger than it is, never smaller. The upper end of the interval therefore holds for all columns at once: it is the
 * `confidence` quantile of the largest studentised deviation over the columns in draws of whole clusters (Westfall and Young 1993; Romano and Wolf 2005), and
 * knows how much the columns have in common, as Bonferroni's rule does not. The lower end is that of one column.
 * @param columns scores of the same examples in the same order, [columns][examples], at least one column
 * @throws RangeError without columns, or for columns of different lengths
 */
export function fallFromBest(columns: readonly (readonly number[])[], random: Random, settings: MeanSettings = {}): FallFromBest {
  const last = columns.at(-1);
  if (!last || columns.some(({ length }) => length !== last.length))
    throw new RangeError(
      `fallFromBest: columns of one length are needed; got lengths ${columns.map(({ length }) => length).join(", ") || "of none"}`,
    );
  const sums = columns.map((column) => column.reduce((sum, value) => sum + value, 0));
  const best = sums.indexOf(Math.max(...sums));
  const falls = columns.slice(0, -1).map((column) => last.map((value, i) => value - (column[i] ?? 0)));
  const chosen = falls[best] ?? last.map(() => 0);
  const difference = estimate(chosen, settings, (value) =>
    areAlike(chosen)
      ? sameDifference(value, chosen.length, settings)
      : chosenInterval({ falls, best, value, clusters: settings.clusters ?? [...last.keys()].map(String) }, random, settings),
  );
  return { best, difference };
}

interface Chosen {
  falls: readonly (readonly number[])[];
  best: number;
  value: number;
  clusters: readonly string[];
}

function chosenInterval(
  { falls, best, value, clusters }: Chosen,
  random: Random,
  { confidence = 0.95, resamples = 2000 }: MeanSettings,
): Interval {
  const { of, size } = clustersOf(clusters);
  const drawn = drawnMeans(falls, of, size, resamples, random);
  const deviations = drawn.map(deviationOf);
  const largest = new Float64Array(resamples);
  for (const [k, fall] of falls.entries()) {
    const mean = fall.reduce((sum, each) => sum + each / fall.length, 0);
    const deviation = at(deviations, k);
    if (deviation === 0) continue;
    for (const [draw, each] of (drawn[k] ?? new Float64Array(0)).entries())
      largest[draw] = Math.max(real(largest, draw), (mean - each) / deviation);
  }
  const level = 0.5 + confidence / 2;
  // Draws of G clusters have (G - 1)/G of the variance, and a deviation of few clusters is not known well: as one mean, all of them are widened by t/z.
  const one = Math.sqrt(size / (size - 1)) * studentQuantile(level, size - 1);
  const all = Math.max(one, (one / normalQuantile(level)) * quantile(largest.sort(), level));
  return [value - one * at(deviations, best), value + all * at(deviations, best)];
}

/** The means of each column in draws of whole clusters, the same draws for all columns. [columns][draws] */
function drawnMeans(
  columns: readonly (readonly number[])[],
  of: ArrayLike<number>,
  size: number,
  draws: number,
  random: Random,
): Float64Array[] {
  const counts = new Float64Array(size);
  const sums = columns.map(() => new Float64Array(size));
  for (let i = 0; i < of.length; i++) {
    const cluster = at(of, i);
    counts[cluster] = real(counts, cluster) + 1;
    for (const [k, column] of columns.entries()) {
      const own = sums[k];
      if (own) own[cluster] = real(own, cluster) + at(column, i);
    }
  }
  const drawn = columns.map(() => new Float64Array(draws));
  const picked = new Int32Array(size);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < size; i++) picked[i] = Math.floor(random() * size);
    const count = sumAt(counts, picked);
    for (const [k, own] of sums.entries()) drawn[k]?.set([sumAt(own, picked) / count], draw);
  }
  return drawn;
}

function sumAt(values: Vector, places: Int32Array): number {
  let sum = 0;
  for (const place of places) sum += real(values, place);
  return sum;
}

function deviationOf(values: Vector): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
