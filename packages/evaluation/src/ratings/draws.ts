/** @file Strengths of players in bootstrap draws of people and prompts. 32 draws are counted at once, one in each bit of an integer. */

import type { Random } from "@pickapic/chance";
import { type Clusters, rowsByCluster } from "../clusters.ts";
import { Matrix, real, type Vector, whole } from "../matrix.ts";
import { type Games, pairOf, resultsOf, type Table } from "./games.ts";
import { maximise } from "./likelihood.ts";

/** How many draws are made, and from which random numbers. */
export interface DrawSettings {
  /** Default 1000. */
  readonly draws?: number;
  /** At least 32 bits in each number, as `seededRandom` gives. */
  readonly random: Random;
}

/** One judge's games with the strengths that they give. */
export interface Fitted {
  readonly games: Games;
  readonly theta: Vector;
}

/** A search ends after a step shorter than this, in log odds: a hundredth of a rating point is 6e-5. */
const LAST_STEP = 1e-5;
/** Draws that are counted at once. */
const LANES = 32;

/**
 * Returns the strengths of each judge's players in each draw, [draws, players] row by row. In a draw every person and every
 * prompt, independently, is left out or counts twice, each with probability 1/2, and an answer counts as often as its person
 * times as often as its prompt ("double-or-nothing", Owen and Eckles 2012: of all weights with mean 1 and variance 1 these have
 * the least kurtosis). Games that name neither are drawn one by one. All judges get the same draws, so that their strengths can
 * be compared within a draw.
 *
 * To first order the variance over the draws is v_person + v_prompt + v_cell (v_cell once more than the two-way variance has it
 * with a minus sign), so callers scale the deviations to the variance that they want.
 * @param judges games of the same rows by the same people and prompts, which differ only in who won
 * @param prior as in `maximise`, above 0, because a draw may separate players
 */
export function drawStrengths(judges: readonly Fitted[], prior: number, { draws = 1000, random }: DrawSettings): Vector[] {
  const sorted = judges.map(({ games }) => new SortedGames(games));
  const drawn = judges.map(({ theta }) => new Float64Array(draws * theta.length));
  const [first] = judges;
  if (!first) return drawn;
  const people = drawer(personOf(first.games), random);
  const prompts = drawer(first.games.prompt, random);
  for (let draw = 0; draw < draws; draw += LANES) {
    const [person, prompt] = [people(), prompts()];
    for (const [j, { theta }] of judges.entries()) {
      const tables = sorted[j]?.tables(person, prompt, Math.min(LANES, draws - draw)) ?? [];
      let index = draw * theta.length;
      for (const table of tables) {
        drawn[j]?.set(maximise(table, prior, theta, LAST_STEP), index);
        index += theta.length;
      }
    }
  }
  return drawn;
}

/** The people of the games; each answer alone when it has neither person nor prompt. */
function personOf({ person, prompt, a }: Games): Clusters | null {
  return person ?? (prompt ? null : { of: Int32Array.from(a.keys()), size: a.length });
}

/** Returns a function that draws 32 bits for each cluster; without clusters, one integer with all bits set. */
function drawer(clusters: Clusters | null, random: Random): () => Int32Array {
  const bits = new Int32Array(clusters?.size ?? 1).fill(-1);
  return () => {
    if (clusters) for (let c = 0; c < bits.length; c++) bits[c] = Math.floor(random() * 2 ** 32);
    return bits;
  };
}

/** The games sorted by pair of players and outcome, so that each of these is counted in a few integers. */
class SortedGames {
  readonly #players: number;
  /** Rows with result r are starts[r] ... starts[r + 1] - 1; r is 3 times the number of the pair, plus the first's half points. */
  readonly #starts: Int32Array;
  readonly #person: Int32Array;
  readonly #prompt: Int32Array;
  /** Games of each row; null when every row is one game. */
  readonly #count: Int32Array | null;
  /** What a number of `#count` is worth in games. */
  readonly #unit: number;
  /** How often an answer counts that is not left out: 2 for each way in which the games are clustered. */
  readonly #often: number;
  /** Games of each result in each of 32 draws. [32, results] */
  readonly #counts: Int32Array;

  constructor(games: Games) {
    const players = games.players.length;
    const results = (3 * players * (players - 1)) / 2;
    const { order, starts } = rowsByCluster({ of: resultsOf(games), size: results });
    const person = personOf(games);
    const numbers = (clusters: Clusters | null) => order.map((row) => (clusters ? whole(clusters.of, row) : 0));
    this.#players = players;
    this.#starts = starts;
    this.#person = numbers(person);
    this.#prompt = numbers(games.prompt);
    this.#unit = unitOf(games.count);
    const units = (row: number) => Math.round(real(games.count, row) / this.#unit);
    this.#count = games.count.every((n) => n === 1) ? null : order.map(units);
    this.#often = (person ? 2 : 1) * (games.prompt ? 2 : 1);
    this.#counts = new Int32Array(LANES * results);
  }

  /** Returns the table of each of the first `lanes` draws, at most 32. */
  *tables(person: Int32Array, prompt: Int32Array, lanes: number): Generator<Table> {
    const results = this.#starts.length - 1;
    const planes = new Int32Array(LANES);
    for (let result = 0; result < results; result++) {
      const depth = this.#addBits(planes.fill(0), person, prompt, result);
      for (let lane = 0; lane < lanes; lane++) this.#counts[lane * results + result] = numberIn(planes, depth, lane);
    }
    for (let lane = 0; lane < lanes; lane++) yield this.#table(this.#counts.subarray(lane * results, (lane + 1) * results));
  }

  /**
   * Adds the rows of a result to counters that are stored by bit: planes[k] has bit k of the 32 counts. Returns how many planes
   * may be in use.
   */
  #addBits(planes: Int32Array, person: Int32Array, prompt: Int32Array, result: number): number {
    const from = whole(this.#starts, result);
    const to = whole(this.#starts, result + 1);
    if (this.#count) return this.#addCounted(planes, person, prompt, { from, to, count: this.#count });
    const rest = this.#addEights(planes, person, prompt, from, to);
    for (let row = rest; row < to; row++) addAt(planes, 0, this.#bitsOf(row, person, prompt));
    return 32 - Math.clz32(to - from);
  }

  #bitsOf(row: number, person: Int32Array, prompt: Int32Array): number {
    return whole(person, whole(this.#person, row)) & whole(prompt, whole(this.#prompt, row));
  }

  /**
   * Adds eight rows at a time, as long as there are as many, without a branch for each carry: of three numbers of one worth, x ^ y ^ z is their sum
   * and the majority is the carry (Harley and Seal's method; Warren 2012, Hacker's Delight, section 5-1). Returns the first row that is left.
   */
  #addEights(planes: Int32Array, person: Int32Array, prompt: Int32Array, from: number, to: number): number {
    let [ones, twos, fours] = [0, 0, 0];
    let row = from;
    for (; row + 8 <= to; row += 8) {
      const a = this.#bitsOf(row, person, prompt);
      const b = this.#bitsOf(row + 1, person, prompt);
      const c = this.#bitsOf(row + 2, person, prompt);
      const d = this.#bitsOf(row + 3, person, prompt);
      const e = this.#bitsOf(row + 4, person, prompt);
      const f = this.#bitsOf(row + 5, person, prompt);
      const g = this.#bitsOf(row + 6, person, prompt);
      const h = this.#bitsOf(row + 7, person, prompt);
      const twosA = majority(ones, a, b);
      ones ^= a ^ b;
      const twosB = majority(ones, c, d);
      ones ^= c ^ d;
      const foursA = majority(twos, twosA, twosB);
      twos ^= twosA ^ twosB;
      const twosC = majority(ones, e, f);
      ones ^= e ^ f;
      const twosD = majority(ones, g, h);
      ones ^= g ^ h;
      const foursB = majority(twos, twosC, twosD);
      twos ^= twosC ^ twosD;
      const eights = majority(fours, foursA, foursB);
      fours ^= foursA ^ foursB;
      addAt(planes, 3, eights);
    }
    planes[0] = ones;
    planes[1] = twos;
    planes[2] = fours;
    return row;
  }

  #addCounted(
    planes: Int32Array,
    person: Int32Array,
    prompt: Int32Array,
    { from, to, count }: { from: number; to: number; count: Int32Array },
  ): number {
    let depth = 0;
    for (let row = from; row < to; row++) {
      const bits = this.#bitsOf(row, person, prompt);
      const games = whole(count, row);
      for (let k = 0; games >> k > 0; k++) if ((games >> k) & 1) depth = Math.max(depth, addAt(planes, k, bits));
    }
    return depth;
  }

  #table(counts: Int32Array): Table {
    const [n, often] = [this.#players, this.#often * this.#unit];
    const [wins, games] = [new Matrix(n, n), new Matrix(n, n)];
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const index = 3 * pairOf(i, j, n);
        const [lost, tied, won] = [whole(counts, index), whole(counts, index + 1), whole(counts, index + 2)];
        wins.data[i * n + j] = often * (won + tied / 2);
        wins.data[j * n + i] = often * (lost + tied / 2);
        games.data[i * n + j] = often * (lost + tied + won);
        games.data[j * n + i] = often * (lost + tied + won);
      }
    }
    return { wins, games, total: 0, ties: 0 };
  }
}

/** The bits that at least two of three numbers have. */
const majority = (x: number, y: number, z: number): number => (x & y) | ((x ^ y) & z);

/** Adds 2^k to the counts of the draws whose bit is set; returns the number of planes up to the last carry. */
function addAt(planes: Int32Array, k: number, bits: number): number {
  let carry = bits;
  let plane = k;
  for (; carry !== 0; plane++) {
    const before = whole(planes, plane);
    planes[plane] = before ^ carry;
    carry &= before;
  }
  return plane;
}

/** The count of one draw. */
function numberIn(planes: Int32Array, depth: number, lane: number): number {
  let number = 0;
  for (let k = 0; k < depth; k++) number += ((whole(planes, k) >>> lane) & 1) << k;
  return number;
}

/** All games of a draw, in units, stay below this, so that they are counted in 31 bits. */
const MOST_UNITS = 2 ** 30;
/** With weights of 1 on average, a unit of this size rounds them to four digits. */
const SMALLEST_UNIT = 2 ** -16;

/**
 * Returns the unit in which games are counted: 1 for whole games; for weighted ones the smallest power of 2 with which their sum can be counted.
 * @throws RangeError for numbers below 0 or without end, and for 2^30 games or more
 */
function unitOf(count: Float64Array): number {
  const sum = count.reduce((all, n) => all + n, 0);
  const wrong = count.find((n) => !(n >= 0));
  if (wrong !== undefined || !(sum < MOST_UNITS))
    throw new RangeError(`drawStrengths: games must be at least 0 and fewer than 2^30 in all; got ${wrong ?? sum}`);
  if (count.every(Number.isInteger)) return 1;
  return Math.max(SMALLEST_UNIT, 2 ** Math.ceil(Math.log2((sum + count.length) / MOST_UNITS)));
}
