/** @file The cluster jackknife: how ratings move when one cluster of games (a person, a prompt) is left out. */

import { type Clusters, rowsByCluster } from "../clusters.ts";
import { at, eliminate, Matrix, type Vector } from "../matrix.ts";
import type { Games } from "./games.ts";
import { logistic } from "./likelihood.ts";

/** Covariance of strengths under one clustering. */
export interface ClusterCovariance {
  /** [players, players], in log odds. It is meaningful only for contrasts (weights that sum to 0). */
  readonly covariance: Matrix;
  /** Number of clusters with a game. */
  readonly clusters: number;
  /** Of each player: number of clusters with a game of that player. */
  readonly clustersOf: Int32Array;
  /**
   * Of each player: the effective number of clusters, (sum n^2)^2 / sum n^4, where n is the player's games in a cluster. It
   * applies where a cluster acts as a whole.
   */
  readonly effective: Vector;
  /** The effective number where each game acts alone: (sum n)^2 / sum n^2. */
  readonly effectiveAlone: Vector;
}

/** The maximum of the likelihood, and what is computed at it. */
export interface Maximum {
  readonly games: Games;
  readonly theta: Vector;
  /** Inverse of the information. [players, players] */
  readonly inverse: Matrix;
  /** Variance that the virtual games of the prior add to the score of each player. */
  readonly priorScore: Vector;
}

/**
 * Returns the jackknife covariance. Without cluster c, one Newton step moves theta by -(I - I_c)^-1 S_c, where S_c and I_c are
 * the cluster's contributions to the score and to the information I. The covariance is (G - 1)/G times the sum of the squares of
 * these moves (CV3 of MacKinnon, Nielsen and Webb 2023), plus the contribution of the prior. A cluster without which the
 * information is singular counts with its plain score.
 */
export function jackknife(maximum: Maximum, clusters: Clusters): ClusterCovariance {
  const { games, inverse, priorScore } = maximum;
  const players = games.players.length;
  const { order, starts } = rowsByCluster(clusters);
  const meat = new Matrix(players, players);
  const counts = new PlayerCounts(players);
  const local = new LocalCluster(maximum);
  let used = 0;
  for (let c = 0; c < clusters.size; c++) {
    const rows = order.subarray(at(starts, c), at(starts, c + 1));
    if (rows.length === 0) continue;
    used++;
    local.load(rows);
    local.addSquare(meat);
    counts.add(local);
    local.clear();
  }
  const scale = used > 1 ? (used - 1) / used : 1;
  for (let i = 0; i < meat.data.length; i++) meat.data[i] = scale * at(meat.data, i);
  for (let i = 0; i < players; i++) meat.add(i, i, at(priorScore, i));
  return { covariance: inverse.times(meat).times(inverse), clusters: used, ...counts.read() };
}

/** Of each player: the number of clusters, and sums of powers of the games in them. */
class PlayerCounts {
  readonly #clusters: Int32Array;
  readonly #games: Vector;
  readonly #squares: Vector;
  readonly #fourthPowers: Vector;

  constructor(players: number) {
    this.#clusters = new Int32Array(players);
    this.#games = new Float64Array(players);
    this.#squares = new Float64Array(players);
    this.#fourthPowers = new Float64Array(players);
  }

  add({ touched, played }: LocalCluster): void {
    for (let t = 0; t < touched.length; t++) {
      const [player, n] = [at(touched, t), at(played, t)];
      this.#clusters[player] = at(this.#clusters, player) + 1;
      this.#games[player] = at(this.#games, player) + n;
      this.#squares[player] = at(this.#squares, player) + n * n;
      this.#fourthPowers[player] = at(this.#fourthPowers, player) + n ** 4;
    }
  }

  read(): Pick<ClusterCovariance, "clustersOf" | "effective" | "effectiveAlone"> {
    return {
      clustersOf: this.#clusters,
      effective: this.#squares.map((s, i) => (s * s) / at(this.#fourthPowers, i)),
      effectiveAlone: this.#games.map((n, i) => (n * n) / at(this.#squares, i)),
    };
  }
}

/** Score and information of one cluster, restricted to the players who appear in it. */
class LocalCluster {
  /** Numbers of the players who appear. */
  readonly touched: number[] = [];
  /** Games of each of them. */
  readonly played: number[] = [];
  readonly #maximum: Maximum;
  /** Index of each player in `touched`; -1 for players who do not appear. */
  readonly #slots: Int32Array;
  #score: Vector = new Float64Array(0);
  #information = new Matrix(0, 0);

  constructor(maximum: Maximum) {
    this.#maximum = maximum;
    this.#slots = new Int32Array(maximum.theta.length).fill(-1);
  }

  load(rows: Int32Array): void {
    const { games, theta } = this.#maximum;
    for (const row of rows) {
      this.#touch(at(games.a, row), at(games.count, row));
      this.#touch(at(games.b, row), at(games.count, row));
    }
    this.#score = new Float64Array(this.touched.length);
    this.#information = new Matrix(this.touched.length, this.touched.length);
    for (const row of rows) {
      const [a, b, n] = [at(games.a, row), at(games.b, row), at(games.count, row)];
      const p = logistic(at(theta, a) - at(theta, b));
      this.#addGame(at(this.#slots, a), at(this.#slots, b), n * (at(games.halfPoints, row) / 2 - p), n * p * (1 - p));
    }
  }

  #touch(player: number, n: number): void {
    const slot = at(this.#slots, player);
    if (slot >= 0) {
      this.played[slot] = at(this.played, slot) + n;
      return;
    }
    this.#slots[player] = this.touched.length;
    this.touched.push(player);
    this.played.push(n);
  }

  #addGame(i: number, j: number, residual: number, weight: number): void {
    this.#score[i] = at(this.#score, i) + residual;
    this.#score[j] = at(this.#score, j) - residual;
    this.#information.add(i, i, weight);
    this.#information.add(j, j, weight);
    this.#information.add(i, j, -weight);
    this.#information.add(j, i, -weight);
  }

  /** Adds u uT to `meat`, where u = (1 - I_c I^-1)^-1 S_c; I^-1 u is then the move without this cluster. */
  addSquare(meat: Matrix): void {
    const score = this.#leverage();
    for (let i = 0; i < score.length; i++) {
      for (let j = 0; j < score.length; j++) meat.add(at(this.touched, i), at(this.touched, j), at(score, i) * at(score, j));
    }
  }

  #leverage(): Vector {
    const { inverse } = this.#maximum;
    const size = this.touched.length;
    const system = new Matrix(size, size);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < size; k++) {
        const weight = this.#information.at(i, k);
        if (weight === 0) continue;
        const row = at(this.touched, k);
        for (let j = 0; j < size; j++) system.add(i, j, -weight * inverse.at(row, at(this.touched, j)));
      }
      system.add(i, i, 1);
    }
    const right = this.#score.slice();
    return eliminate(system, right) ? right : this.#score;
  }

  /** Clears the cluster for the next one. */
  clear(): void {
    for (const player of this.touched) this.#slots[player] = -1;
    this.touched.length = 0;
    this.played.length = 0;
  }
}
