/** @file The cluster jackknife: how an estimate moves when one cluster of answers (a person, a prompt) is left out. */

import { type Clusters, rowsByCluster } from "../clusters.ts";
import { at, eliminate, Matrix, real, type Vector, whole } from "../matrix.ts";

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

/** The maximum of a likelihood: parameters, and what each row of answers contributes to score and information there. */
export interface Maximum {
  /** The parameters at the maximum. */
  readonly theta: Vector;
  /** Inverse of the information. [parameters, parameters] */
  readonly inverse: Matrix;
  /** Variance that the virtual games of the prior add to the score of each parameter. */
  readonly priorScore: Vector;
  /** Adds the score and the information of a row to its cluster. */
  contribute(row: number, cluster: ClusterSums): void;
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
  const used = eachCluster(maximum, clusters, (sums) => {
    sums.addSquare(meat);
    counts.add(sums);
  });
  const scale = used > 1 ? (used - 1) / used : 1;
  for (let i = 0; i < meat.data.length; i++) meat.data[i] = scale * real(meat.data, i);
  for (let i = 0; i < parameters; i++) meat.add(i, i, real(priorScore, i));
  return { covariance: inverse.times(meat).times(inverse), clusters: used, ...counts.read() };
}

/** Calls `visit` with the sums of each cluster that has a row, which are valid only during the call; returns their number. */
export function eachCluster(maximum: Maximum, clusters: Clusters, visit: (sums: ClusterSums, cluster: number) => void): number {
  const { order, starts } = rowsByCluster(clusters);
  const sums = new ClusterSums(maximum.inverse);
  let used = 0;
  for (let c = 0; c < clusters.size; c++) {
    const [from, to] = [whole(starts, c), whole(starts, c + 1)];
    if (from === to) continue;
    used++;
    for (let place = from; place < to; place++) maximum.contribute(whole(order, place), sums);
    visit(sums, c);
    sums.clear();
  }
  return used;
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

  add(sums: ClusterSums): void {
    for (let slot = 0; slot < sums.size; slot++) {
      const [parameter, n] = [sums.parameterOf(slot), sums.answersOf(slot)];
      this.#clusters[parameter] = whole(this.#clusters, parameter) + 1;
      this.#answers[parameter] = real(this.#answers, parameter) + n;
      this.#squares[parameter] = real(this.#squares, parameter) + n * n;
      this.#fourthPowers[parameter] = real(this.#fourthPowers, parameter) + n ** 4;
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

/** Most iterations of `ClusterSums.withoutIt`: with them, contributions of up to a seventh of the whole come to 10 digits. */
const MOST_ITERATIONS = 12;
/** The last relative change after which an iteration has come to rest. */
const AT_REST = 1e-10;

/** Score and information of one cluster, restricted to the parameters on which its answers depend: its slots. */
export class ClusterSums {
  /** Number of slots in use. */
  size = 0;
  readonly #inverse: Matrix;
  readonly #parameters: number;
  /** Slot of each parameter; -1 for those that do not appear. */
  readonly #slots: Int32Array;
  /** Parameter and number of answers of each slot. */
  readonly #touched: Int32Array;
  readonly #answers: Vector;
  readonly #score: Vector;
  /** Row by row, as many columns as parameters. */
  readonly #information: Vector;
  readonly #system: Vector;
  readonly #change: Vector;
  readonly #solution: Vector;

  constructor(inverse: Matrix) {
    const parameters = inverse.rows;
    this.#inverse = inverse;
    this.#parameters = parameters;
    this.#slots = new Int32Array(parameters).fill(-1);
    this.#touched = new Int32Array(parameters);
    this.#answers = new Float64Array(parameters);
    this.#score = new Float64Array(parameters);
    this.#information = new Float64Array(parameters * parameters);
    this.#system = new Float64Array(parameters * parameters);
    this.#change = new Float64Array(parameters);
    this.#solution = new Float64Array(parameters);
  }

  parameterOf(slot: number): number {
    return whole(this.#touched, slot);
  }

  answersOf(slot: number): number {
    return real(this.#answers, slot);
  }

  /** Returns the slot of a parameter on which n further answers depend. */
  touch(parameter: number, n: number): number {
    const known = whole(this.#slots, parameter);
    if (known >= 0) {
      this.#answers[known] = real(this.#answers, known) + n;
      return known;
    }
    const slot = this.size++;
    this.#slots[parameter] = slot;
    this.#touched[slot] = parameter;
    this.#answers[slot] = n;
    return slot;
  }

  addScore(slot: number, value: number): void {
    this.#score[slot] = real(this.#score, slot) + value;
  }

  /** Adds to one element of the information; callers add both halves. */
  addInformation(i: number, j: number, value: number): void {
    const place = i * this.#parameters + j;
    this.#information[place] = real(this.#information, place) + value;
  }

  /** Adds u uT to `meat`, where u = (1 - I_c I^-1)^-1 S_c; I^-1 u is then the move without this cluster. */
  addSquare(meat: Matrix): void {
    const u = this.withoutIt();
    for (let i = 0; i < this.size; i++) {
      const [row, factor] = [whole(this.#touched, i) * this.#parameters, real(u, i)];
      for (let j = 0; j < this.size; j++) {
        const place = row + whole(this.#touched, j);
        meat.data[place] = real(meat.data, place) + factor * real(u, j);
      }
    }
  }

  /** Returns u = (1 - I_c I^-1)^-1 S_c, by slots; valid until the next call. Iterates u = S_c + I_c I^-1 u, or eliminates. */
  withoutIt(): Vector {
    const u = this.#solution;
    for (let i = 0; i < this.size; i++) u[i] = real(this.#score, i);
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) if (this.#iterate(u) < AT_REST) return u;
    return this.#eliminated();
  }

  /** u <- S_c + I_c I^-1 u; returns the largest change, relative to the largest |u|. */
  #iterate(u: Vector): number {
    const [size, p] = [this.size, this.#parameters];
    const { data } = this.#inverse;
    for (let i = 0; i < size; i++) {
      const row = whole(this.#touched, i) * p;
      let sum = 0;
      for (let j = 0; j < size; j++) sum += real(data, row + whole(this.#touched, j)) * real(u, j);
      this.#change[i] = sum;
    }
    let [most, largest] = [0, Number.MIN_VALUE];
    for (let i = 0; i < size; i++) {
      let value = real(this.#score, i);
      for (let j = 0; j < size; j++) value += real(this.#information, i * p + j) * real(this.#change, j);
      most = Math.max(most, Math.abs(value - real(u, i)));
      largest = Math.max(largest, Math.abs(value));
      u[i] = value;
    }
    return most / largest;
  }

  #eliminated(): Vector {
    const [size, p, system, u] = [this.size, this.#parameters, this.#system, this.#solution];
    for (let i = 0; i < size; i++) {
      u[i] = real(this.#score, i);
      for (let j = 0; j < size; j++) {
        let value = i === j ? 1 : 0;
        for (let k = 0; k < size; k++)
          value -= real(this.#information, i * p + k) * this.#inverse.at(whole(this.#touched, k), whole(this.#touched, j));
        system[i * size + j] = value;
      }
    }
    return eliminate(system, u, size) ? u : this.#score;
  }

  /** Empties the sums for the next cluster. */
  clear(): void {
    for (let i = 0; i < this.size; i++) {
      this.#slots[whole(this.#touched, i)] = -1;
      this.#score[i] = 0;
      this.#information.fill(0, i * this.#parameters, i * this.#parameters + this.size);
    }
    this.size = 0;
  }
}
