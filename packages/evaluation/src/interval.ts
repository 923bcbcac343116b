/** @file Confidence intervals: bootstrap of a mean (percentile and BCa), Wilson. */

import type { Random } from "@pickapic/chance";
import { clustersOf } from "./clusters.ts";
import { at, real } from "./matrix.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { studentQuantile } from "./student.ts";

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** How an interval is bootstrapped. The default is BCa at 95 %, from 2000 resamples. */
export interface BootstrapSettings {
  /** Default 0.95. */
  readonly confidence?: number;
  /** Default 2000. */
  readonly resamples?: number;
  /** "bca" is bias-corrected and accelerated (Efron 1987), "percentile" takes the plain quantiles. */
  readonly method?: "bca" | "percentile";
  /** The cluster of each score, such as its prompt; whole clusters are resampled. Default: each score is its own cluster. */
  readonly clusters?: readonly string[] | undefined;
}

/**
 * Interval of the mean of independent scores or clusters. Both methods are widened for small samples, because plain resampling
 * would cover the truth too seldom (Hesterberg 2015, section 5.3). Scores that are all equal give an interval of width 0: for
 * plain successes out of n use `wilsonInterval`.
 */
export function bootstrapInterval(scores: readonly number[], random: Random, settings: BootstrapSettings = {}): Interval {
  const { confidence = 0.95, resamples = 2000, method = "bca", clusters } = settings;
  if (scores.length === 0) throw new RangeError("bootstrapInterval: at least one score is needed; got none");
  if (clusters && clusters.length !== scores.length)
    throw new RangeError(`bootstrapInterval: each score needs a cluster; got ${scores.length} and ${clusters.length}`);
  checkConfidence("bootstrapInterval", confidence);
  const groups = groupScores(scores, clusters);
  const means = resampledMeans(groups, random, resamples);
  const levels = method === "bca" ? bcaLevels(groups, means, confidence) : expandedLevels(groups.sums.length, confidence);
  return [quantile(means, levels[0]), quantile(means, levels[1])];
}

/** Scores that are resampled together: the sum and the size of each group, which is all that a mean needs. */
interface Groups {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

function groupScores(scores: readonly number[], clusters: readonly string[] | undefined): Groups {
  if (!clusters) return { sums: Float64Array.from(scores), counts: new Float64Array(scores.length).fill(1) };
  const { of, size } = clustersOf(clusters);
  const groups = { sums: new Float64Array(size), counts: new Float64Array(size) };
  for (const [i, score] of scores.entries()) {
    const group = at(of, i);
    groups.sums[group] = at(groups.sums, group) + score;
    groups.counts[group] = at(groups.counts, group) + 1;
  }
  return groups;
}

/** Interval of a share of independent successes (Wilson 1927). It stays within 0...1 and is valid for 0 or n of n. */
export function wilsonInterval(successes: number, n: number, { confidence = 0.95 } = {}): Interval {
  if (!(n > 0 && successes >= 0 && successes <= n)) {
    throw new RangeError(`wilsonInterval: 0 <= successes <= n and n > 0 are needed; got ${successes} of ${n}`);
  }
  checkConfidence("wilsonInterval", confidence);
  const z = normalQuantile(0.5 + confidence / 2);
  const share = successes / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [successes === 0 ? 0 : Math.max(0, centre - half), successes === n ? 1 : Math.min(1, centre + half)];
}

/**
 * Wilson's interval of a mean score in 0...1, for scores that come in clusters. In place of the number of scores it takes their effective number: p(1 - p)/v
 * for a mean p whose variance between clusters is v, times (z/t)^2, where t has the degrees of freedom of the clusters (Korn and Graubard 1998). With ties
 * (scores of 1/2) the effective number may exceed the real one; it is limited to twice the real one, because few clusters may vary too little by chance.
 * Where all scores are 0 or all are 1, each cluster counts as one score. A single cluster gives 0...1.
 * @param clusters the cluster of each score
 * @throws RangeError without scores, or when there is not one cluster for each
 */
export function clusteredWilsonInterval(
  scores: readonly number[],
  clusters: readonly string[],
  { confidence = 0.95 } = {},
): Interval {
  if (scores.length === 0 || clusters.length !== scores.length)
    throw new RangeError(
      `clusteredWilsonInterval: scores with a cluster each are needed; got ${scores.length} and ${clusters.length}`,
    );
  const groups = groupScores(scores, clusters);
  const [size, n] = [groups.sums.length, scores.length];
  const share = meanOf(groups);
  let squares = 0;
  for (const [i, sum] of groups.sums.entries()) squares += (sum - share * real(groups.counts, i)) ** 2;
  return sharedWilsonInterval({ share, examples: n, clusters: size, squares }, { confidence });
}

/** What Wilson's interval over clusters knows of a mean score. */
export interface ClusteredShare {
  /** The mean score, 0...1. */
  readonly share: number;
  readonly examples: number;
  /** At most as many as examples. */
  readonly clusters: number;
  /** Over clusters c, the sum of (score of c - share * examples of c)^2. */
  readonly squares: number;
}

/** The interval of `clusteredWilsonInterval` from sums, where a database has added up the scores of each cluster. @throws RangeError without clusters */
export function sharedWilsonInterval(
  { share, examples, clusters, squares }: ClusteredShare,
  { confidence = 0.95 } = {},
): Interval {
  if (!(clusters >= 1 && clusters <= examples))
    throw new RangeError(`sharedWilsonInterval: 1 to ${examples} clusters are needed for ${examples} examples; got ${clusters}`);
  if (clusters === examples) return wilsonInterval(share * examples, examples, { confidence });
  if (clusters === 1) return [0, 1];
  if (share === 0 || share === 1) return wilsonInterval(share * clusters, clusters, { confidence });
  const variance = ((clusters / (clusters - 1)) * squares) / examples ** 2;
  const level = 0.5 + confidence / 2;
  const worth =
    Math.min(2 * examples, (share * (1 - share)) / variance) *
    (normalQuantile(level) / studentQuantile(level, clusters - 1)) ** 2;
  return wilsonInterval(share * worth, worth, { confidence });
}

/** Quantile of sorted values with linear interpolation (type 7 of Hyndman and Fan), level in 0...1. */
export function quantile(sorted: ArrayLike<number>, level: number): number {
  const position = Math.min(1, Math.max(0, level)) * (sorted.length - 1);
  const [below, above] = [at(sorted, Math.floor(position)), at(sorted, Math.ceil(position))];
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Returns the sorted means of `resamples` draws of whole groups with replacement. A mean is sum by count, since groups differ in
 * size.
 */
function resampledMeans({ sums, counts }: Groups, random: Random, resamples: number): Float64Array {
  const n = sums.length;
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < n; i++) {
      const drawn = Math.floor(random() * n);
      sum += real(sums, drawn);
      count += real(counts, drawn);
    }
    return sum / count;
  });
  return means.sort();
}

/** Levels that give the width of a t interval: Phi(-+ sqrt(n/(n - 1)) t) instead of (1 -+ confidence)/2. */
function expandedLevels(n: number, confidence: number): Interval {
  if (n < 2) return [0, 1];
  const reach = Math.sqrt(n / (n - 1)) * studentQuantile((1 + confidence) / 2, n - 1);
  return [normalCdf(-reach), normalCdf(reach)];
}

/** Levels corrected by bias z0 and acceleration a: Phi(z0 + (z0 + z)/(1 - a (z0 + z))) (Efron 1987, eq. 6.8). */
function bcaLevels(groups: Groups, means: Float64Array, confidence: number): Interval {
  const z0 = normalQuantile(shareBelow(means, meanOf(groups)));
  const a = acceleration(groups);
  const [low, high] = expandedLevels(groups.sums.length, confidence);
  if (!Number.isFinite(z0) || !Number.isFinite(a)) return [low, high];
  const moved = (level: number): number => {
    const z = z0 + normalQuantile(level);
    // A few very skewed scores can push the level past every resample.
    return a * z < 1 ? normalCdf(z0 + z / (1 - a * z)) : z < 0 ? 0 : 1;
  };
  return [moved(low), moved(high)];
}

/** Share of resampled means below the estimate. Means equal to it count half, since scores of 0, 0.5 and 1 give equal means. */
function shareBelow(means: Float64Array, estimate: number): number {
  const tolerance = 1e-12 * Math.max(1, Math.abs(estimate));
  let below = 0;
  for (const mean of means) below += mean < estimate - tolerance ? 1 : mean <= estimate + tolerance ? 0.5 : 0;
  return below / means.length;
}

/**
 * Skewness / (6 sqrt n) of sum - mean count over the groups: the jackknife acceleration of the mean. NaN when all scores are
 * equal.
 */
function acceleration(groups: Groups): number {
  const { sums, counts } = groups;
  const mean = meanOf(groups);
  let squares = 0;
  let cubes = 0;
  for (const [i, sum] of sums.entries()) {
    const added = sum - mean * real(counts, i);
    squares += added ** 2;
    cubes += added ** 3;
  }
  return cubes / (6 * squares ** 1.5);
}

const meanOf = ({ sums, counts }: Groups): number => total(sums) / total(counts);
const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

function checkConfidence(who: string, confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`${who}: confidence must be between 0 and 1; got ${confidence}`);
}
