/** @file The cluster jackknife: how an estimate moves when one cluster of answers (a person, a prompt) is left out. */

import { type Clusters, rowsByCluster } from "../clusters.ts";
import { at, Matrix, real, type Vector, whole } from "../matrix.ts";
import { ClusterSums, type Maximum } from "./clusterSums.ts";

/** Covariance of the parameters under one clustering. */
export interface ClusterCovariance {
  /** [parameters, parameters]. Of strengths, it is meaningful only for contrasts (weights that sum to 0). */
  readonly covariance: Matrix;
  /** Number of clusters with an answer. */
  readonly clusters: number;
  /** Of each parameter: number of clusters with an answer that depends on it. */
  readonly clustersOf: Int32Array;
  /**
   * Of each parameter: the effective number of clusters, (sum n^2)^2 / sum n^4, where n is the number of its answers in a
   * cluster. It applies where a cluster acts as a whole.
   */
  readonly effective: Vector;
  /** The effective number where each answer acts alone: (sum n)^2 / sum n^2. */
  readonly effectiveAlone: Vector;
}

/**
 * Returns the jackknife covariance. Without cluster c, one Newton step moves theta by -(I - I_c)^-1 S_c, where S_c and I_c are
 * the cluster's contributions to the score and to the information I. The covariance is (G - 1)/G times the sum of the squares of
 * these moves (CV3 of MacKinnon, Nielsen and Webb 2023), plus the contribution of the prior. A cluster without which the
 * information is singular counts with its plain score.
 */
export function jackknife(maximum: Maximum, clusters: Clusters): ClusterCovariance {
  const { inverse, priorScore } = maximum;
  const parameters = priorScore.length;
  const meat = new Matrix(parameters, parameters);
  const counts = new AnswerCounts(parameters);
  const used = eachKindOfCluster(maximum, clusters, (sums, times) => {
    sums.addSquare(meat, times);
    counts.add(sums, times);
  });
  const scale = used > 1 ? (used - 1) / used : 1;
  // A cluster adds each product of two different parameters to one of its two elements.
  for (let i = 0; i < parameters; i++) {
    meat.set(i, i, scale * meat.at(i, i));
    for (let j = 0; j < i; j++) {
      const both = scale * (meat.at(i, j) + meat.at(j, i));
      meat.set(i, j, both);
      meat.set(j, i, both);
    }
  }
  for (let i = 0; i < parameters; i++) meat.add(i, i, real(priorScore, i));
  return { covariance: inverse.times(meat).times(inverse), clusters: used, ...counts.read() };
}

/**
 * Calls `visit` with the sums of each cluster that has a row, which are valid only during the call; returns the number of clusters.
 * Clusters of a single row of one kind are visited together: `times` is their number.
 */
function eachKindOfCluster(maximum: Maximum, clusters: Clusters, visit: (sums: ClusterSums, times: number) => void): number {
  const { order, starts } = rowsByCluster(clusters);
  const sums = new ClusterSums(maximum);
  const single = new SingleRows(maximum.kinds);
  let used = 0;
  for (let c = 0; c < clusters.size; c++) {
    const from = whole(starts, c);
    const to = whole(starts, c + 1);
    if (from === to) continue;
    used++;
    if (to === from + 1 && single.add(whole(order, from))) continue;
    for (let index = from; index < to; index++) sums.add(maximum, whole(order, index));
    visit(sums, 1);
    sums.clear();
  }
  single.each((row, times) => {
    sums.add(maximum, row);
    visit(sums, times);
    sums.clear();
  });
  return used;
}

/** Clusters of a single row, counted by the kind of the row: there may be a million of them. */
class SingleRows {
  readonly #kinds: Int32Array | null;
  /** Of each kind: the number of clusters, and one of their rows. */
  readonly #times: Int32Array;
  readonly #row: Int32Array;

  constructor(kinds: Int32Array | null) {
    const size = kinds ? kinds.reduce((most, kind) => Math.max(most, kind), -1) + 1 : 0;
    this.#kinds = kinds;
    this.#times = new Int32Array(size);
    this.#row = new Int32Array(size);
  }

  /** Counts a cluster; false when rows have no kinds. */
  add(row: number): boolean {
    if (!this.#kinds) return false;
    const kind = whole(this.#kinds, row);
    this.#times[kind] = whole(this.#times, kind) + 1;
    this.#row[kind] = row;
    return true;
  }

  each(visit: (row: number, times: number) => void): void {
    for (let kind = 0; kind < this.#times.length; kind++) {
      const times = whole(this.#times, kind);
      if (times > 0) visit(whole(this.#row, kind), times);
    }
  }
}

/** Of each parameter: the number of clusters, and sums of powers of the answers in them. */
class AnswerCounts {
  readonly #clusters: Int32Array;
  readonly #answers: Vector;
  readonly #squares: Vector;
  readonly #fourthPowers: Vector;

  constructor(parameters: number) {
    this.#clusters = new Int32Array(parameters);
    this.#answers = new Float64Array(parameters);
    this.#squares = new Float64Array(parameters);
    this.#fourthPowers = new Float64Array(parameters);
  }

  add(sums: ClusterSums, times: number): void {
    for (let slot = 0; slot < sums.size; slot++) {
      const [parameter, n] = [sums.parameterOf(slot), sums.answersOf(slot)];
      this.#clusters[parameter] = whole(this.#clusters, parameter) + times;
      this.#answers[parameter] = real(this.#answers, parameter) + times * n;
      this.#squares[parameter] = real(this.#squares, parameter) + times * n * n;
      this.#fourthPowers[parameter] = real(this.#fourthPowers, parameter) + times * n ** 4;
    }
  }

  read(): Pick<ClusterCovariance, "clustersOf" | "effective" | "effectiveAlone"> {
    return {
      clustersOf: this.#clusters,
      effective: this.#squares.map((s, i) => (s * s) / at(this.#fourthPowers, i)),
      effectiveAlone: this.#answers.map((n, i) => (n * n) / at(this.#squares, i)),
    };
  }
}
