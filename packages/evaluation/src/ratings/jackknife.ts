/** @file The cluster jackknife: how an estimate moves when one cluster of answers (a person, a prompt) is left out. */

import { type Clusters, rowsByCluster } from "../clusters.ts";
import { at, eliminate, Matrix, product, real, type Vector, whole } from "../matrix.ts";

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

/** Where rows add what they contribute. A slot is the number of a parameter within the sums. */
export interface Sums {
  /** Returns the slot of a parameter on which n further answers depend. */
  touch(parameter: number, n: number): number;
  addScore(slot: number, value: number): void;
  /** Adds to one element of the information; callers add both halves. */
  addInformation(i: number, j: number, value: number): void;
}

/** The maximum of a likelihood: parameters, and what each row of answers contributes to score and information there. */
export interface Maximum {
  /** The parameters at the maximum. */
  readonly theta: Vector;
  /** Inverse of the information. [parameters, parameters] */
  readonly inverse: Matrix;
  /** Variance that the virtual games of the prior add to the score of each parameter. */
  readonly priorScore: Vector;
  /** True when the score of a row is r x and its information w x xT with the same x, which is solved without iterating. */
  readonly rankOne: boolean;
  /**
   * A number of each row; rows with the same number contribute the same, so that clusters of one row need to be solved only once
   * for each number. Null when rows differ.
   */
  readonly kinds: Int32Array | null;
  /** Adds the score and the information of a row to its cluster. */
  contribute(row: number, cluster: Sums): void;
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
  for (let i = 0; i < meat.data.length; i++) meat.data[i] = scale * real(meat.data, i);
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
  const single = new Map<number, { row: number; times: number }>();
  let used = 0;
  for (let c = 0; c < clusters.size; c++) {
    const [from, to] = [whole(starts, c), whole(starts, c + 1)];
    if (from === to) continue;
    used++;
    if (maximum.kinds && to === from + 1) {
      const row = whole(order, from);
      const kind = whole(maximum.kinds, row);
      single.set(kind, { row, times: (single.get(kind)?.times ?? 0) + 1 });
      continue;
    }
    for (let place = from; place < to; place++) sums.add(maximum, whole(order, place));
    visit(sums, 1);
    sums.clear();
  }
  for (const { row, times } of single.values()) {
    sums.add(maximum, row);
    visit(sums, times);
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

/** Most iterations of `ClusterSums.withoutIt`: with them, contributions of up to a quarter of the whole come to rest. */
const MOST_ITERATIONS = 12;
/** The last relative change after which an iteration has come to rest: the next would be smaller by the share of the cluster. */
const AT_REST = 1e-7;

/** Score and information of one cluster, restricted to the parameters on which its answers depend: its slots. */
class ClusterSums implements Sums {
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
  /** Elements of I^-1 between the slots. */
  readonly #local: Vector;
  readonly #system: Vector;
  readonly #moved: Vector;
  readonly #solution: Vector;
  readonly #rankOne: boolean;
  #rows = 0;

  constructor({ inverse, rankOne }: Pick<Maximum, "inverse" | "rankOne">) {
    const parameters = inverse.rows;
    this.#inverse = inverse;
    this.#parameters = parameters;
    this.#slots = new Int32Array(parameters).fill(-1);
    this.#touched = new Int32Array(parameters);
    this.#answers = new Float64Array(parameters);
    this.#score = new Float64Array(parameters);
    this.#information = new Float64Array(parameters * parameters);
    this.#local = new Float64Array(parameters * parameters);
    this.#system = new Float64Array(parameters * parameters);
    this.#rankOne = rankOne;
    this.#moved = new Float64Array(parameters);
    this.#solution = new Float64Array(parameters);
  }

  /** Adds what a row contributes. */
  add(maximum: Maximum, row: number): void {
    this.#rows++;
    maximum.contribute(row, this);
  }

  parameterOf(slot: number): number {
    return whole(this.#touched, slot);
  }

  answersOf(slot: number): number {
    return real(this.#answers, slot);
  }

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

  addInformation(i: number, j: number, value: number): void {
    const place = i * this.#parameters + j;
    this.#information[place] = real(this.#information, place) + value;
  }

  /** Adds `times` u uT to `meat`, where u = (1 - I_c I^-1)^-1 S_c; I^-1 u is then the move without this cluster. */
  addSquare({ data }: Matrix, times: number): void {
    const [u, size, touched] = [this.withoutIt(), this.size, this.#touched];
    for (let i = 0; i < size; i++) {
      const [row, factor] = [whole(touched, i) * this.#parameters, times * real(u, i)];
      for (let j = 0; j < size; j++) {
        const place = row + whole(touched, j);
        data[place] = real(data, place) + factor * real(u, j);
      }
    }
  }

  /** Returns u = (1 - I_c I^-1)^-1 S_c, by slots; valid until the next call. Iterates u = S_c + I_c I^-1 u, or eliminates. */
  withoutIt(): Vector {
    const u = this.#solution;
    for (let i = 0; i < this.size; i++) u[i] = real(this.#score, i);
    this.#gather();
    if (this.#rows === 1 && this.#rankOne) return this.#scaled(u);
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) if (this.#iterate(u) < AT_REST) return u;
    return this.#eliminated();
  }

  /** Copies the elements of I^-1 between the parameters of the slots, row by row. */
  #gather(): void {
    const [size, touched, local, { data }] = [this.size, this.#touched, this.#local, this.#inverse];
    for (let i = 0; i < size; i++) {
      const row = whole(touched, i) * this.#parameters;
      for (let j = 0; j < size; j++) local[i * size + j] = real(data, row + whole(touched, j));
    }
  }

  /** The solution for a single row with S_c = r x and I_c = w x xT: S_c/(1 - trace(I_c I^-1)). */
  #scaled(u: Vector): Vector {
    const size = this.size;
    let trace = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) trace += real(this.#information, i * this.#parameters + j) * real(this.#local, i * size + j);
    if (trace < 1 - 1e-12) for (let i = 0; i < size; i++) u[i] = real(u, i) / (1 - trace);
    return u;
  }

  /** u <- S_c + I_c I^-1 u; returns the largest change, relative to the largest |u|. */
  #iterate(u: Vector): number {
    const [size, p, local, moved, information, score] = [
      this.size,
      this.#parameters,
      this.#local,
      this.#moved,
      this.#information,
      this.#score,
    ];
    for (let i = 0; i < size; i++) moved[i] = product(local, i * size, u, 0, size);
    let [most, largest] = [0, Number.MIN_VALUE];
    for (let i = 0; i < size; i++) {
      const value = real(score, i) + product(information, i * p, moved, 0, size);
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
        const both = product(this.#information, i * p, this.#local, j * size, size);
        system[i * size + j] = (i === j ? 1 : 0) - both;
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
    this.#rows = 0;
  }
}
