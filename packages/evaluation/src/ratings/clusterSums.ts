/** @file Score and information of one cluster of answers, and what the parameters would be without it. */

import { eliminate, type Matrix, product, real, type Vector, whole } from "../matrix.ts";

/** Where rows add what they contribute. A slot is the number of a parameter within the sums. */
export interface Sums {
  /** Returns the slot of a parameter on which n further answers depend. */
  touch(parameter: number, n: number): number;
  addScore(slot: number, value: number): void;
  /** Adds to one element of the information; callers add both halves. */
  addInformation(i: number, j: number, value: number): void;
  /** Adds a game of two slots: the score +-residual, and weight (e_i - e_j)(e_i - e_j)T of information. */
  addGame(i: number, j: number, residual: number, weight: number): void;
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

/** Most iterations of `ClusterSums.withoutIt`: with them, contributions of up to a quarter of the whole come to rest. */
const MOST_ITERATIONS = 12;
/**
 * An iteration has come to rest when all changes after it are smaller than this, relative to the whole: each is smaller than the one before by
 * about the same factor, the share of the cluster.
 */
const AT_REST = 1e-9;

/** Score and information of one cluster, restricted to the parameters on which its answers depend: its slots. */
export class ClusterSums implements Sums {
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
  /** What is not from games, row by row, as many columns as parameters. */
  readonly #information: Vector;
  /** Whether any of it was added. */
  #dense = false;
  /** The games: their slots and weights. */
  #games = 0;
  #one = new Int32Array(64);
  #other = new Int32Array(64);
  #weight = new Float64Array(64);
  /** Elements of I^-1 between the slots. */
  readonly #local: Vector;
  readonly #system: Vector;
  readonly #moved: Vector;
  readonly #next: Vector;
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
    this.#next = new Float64Array(parameters);
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
    const index = i * this.#parameters + j;
    this.#dense = true;
    this.#information[index] = real(this.#information, index) + value;
  }

  addGame(i: number, j: number, residual: number, weight: number): void {
    this.addScore(i, residual);
    this.addScore(j, -residual);
    const game = this.#games++;
    if (game === this.#one.length) this.#grow();
    this.#one[game] = i;
    this.#other[game] = j;
    this.#weight[game] = weight;
  }

  #grow(): void {
    const longer = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = 2 * this.#one.length;
    this.#one = longer(this.#one, new Int32Array(length));
    this.#other = longer(this.#other, new Int32Array(length));
    this.#weight = longer(this.#weight, new Float64Array(length));
  }

  /** Moves the games into the matrix, for what needs all of it. */
  #spread(): void {
    for (let game = 0; game < this.#games; game++) {
      const [i, j, weight] = [whole(this.#one, game), whole(this.#other, game), real(this.#weight, game)];
      this.addInformation(i, i, weight);
      this.addInformation(j, j, weight);
      this.addInformation(i, j, -weight);
      this.addInformation(j, i, -weight);
    }
    this.#games = 0;
  }

  /**
   * Adds `times` u uT to `meat`, where u = (1 - I_c I^-1)^-1 S_c; I^-1 u is then the move without this cluster. The product of two parameters is added
   * to one of its two elements, because the matrix is symmetric.
   */
  addSquare({ data }: Matrix, times: number): void {
    const [u, size, touched] = [this.withoutIt(), this.size, this.#touched];
    for (let i = 0; i < size; i++) {
      const [row, factor] = [whole(touched, i) * this.#parameters, times * real(u, i)];
      for (let j = 0; j <= i; j++) {
        const index = row + whole(touched, j);
        data[index] = real(data, index) + factor * real(u, j);
      }
    }
  }

  /** Returns u = (1 - I_c I^-1)^-1 S_c, by slots; valid until the next call. Iterates u = S_c + I_c I^-1 u, or eliminates. */
  withoutIt(): Vector {
    const u = this.#solution;
    for (let i = 0; i < this.size; i++) u[i] = real(this.#score, i);
    this.#gather();
    if (this.#rows === 1 && this.#rankOne) return this.#scaled(u);
    let before = 1;
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      const change = this.#iterate(u);
      if (change * Math.min(1, change / before) < AT_REST) return u;
      before = change;
    }
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
    this.#spread();
    let trace = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) trace += real(this.#information, i * this.#parameters + j) * real(this.#local, i * size + j);
    if (trace < 1 - 1e-12) for (let i = 0; i < size; i++) u[i] = real(u, i) / (1 - trace);
    return u;
  }

  /** u <- S_c + I_c I^-1 u; returns the largest change, relative to the largest |u|. */
  #iterate(u: Vector): number {
    const [size, local, moved, next] = [this.size, this.#local, this.#moved, this.#next];
    for (let i = 0; i < size; i++) moved[i] = product(local, i * size, u, 0, size);
    this.#informationTimes(moved, next);
    let [most, largest] = [0, Number.MIN_VALUE];
    for (let i = 0; i < size; i++) {
      const value = real(next, i);
      most = Math.max(most, Math.abs(value - real(u, i)));
      largest = Math.max(largest, Math.abs(value));
      u[i] = value;
    }
    return most / largest;
  }

  /** next = S_c + I_c moved. A cluster has far fewer games than pairs of parameters. */
  #informationTimes(moved: Vector, next: Vector): void {
    const [size, p, score, one, other, weight] = [this.size, this.#parameters, this.#score, this.#one, this.#other, this.#weight];
    for (let i = 0; i < size; i++)
      next[i] = real(score, i) + (this.#dense ? product(this.#information, i * p, moved, 0, size) : 0);
    for (let game = 0; game < this.#games; game++) {
      const [i, j] = [whole(one, game), whole(other, game)];
      const pull = real(weight, game) * (real(moved, i) - real(moved, j));
      next[i] = real(next, i) + pull;
      next[j] = real(next, j) - pull;
    }
  }

  #eliminated(): Vector {
    this.#spread();
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
      if (this.#dense) this.#information.fill(0, i * this.#parameters, i * this.#parameters + this.size);
    }
    this.#dense = false;
    this.#games = 0;
    this.size = 0;
    this.#rows = 0;
  }
}
