/** @file Which true values some judges' estimates leave possible, when the players are a sample of players: a Bayesian model of values with noise. */

import { gauss, type Random } from "@pickapic/chance";
import { eliminate, invert, Matrix, product, real, type Vector } from "../matrix.ts";

/** What is known of the players, each judged by every judge. */
export interface NoisyOrders {
  /** Estimated values of the players. [judges][players] */
  readonly values: readonly Vector[];
  /** Of each player: the covariance of the noise of its values; zero for a judge whose values are known. [judges, judges] */
  readonly noise: readonly Matrix[];
  /** Degrees of freedom of these covariances; may be infinite. */
  readonly degrees: number;
}

/**
 * With fewer players, a correlation of orders takes so few values that no rule for an interval holds just its confidence: its intervals are conservative,
 * which is printed beside them. Four players have 11 values of Spearman's and 7 of Kendall's, and their intervals of 95 % held 98 to 99 %; those of 8 players
 * held 97 % and those of 12 held 96 to 97 % (docs/mathematics.md, "Coverage of every interval").
 */
const FEW_PLAYERS = 12;

/** What an interval of 95 % of a correlation, or of another agreement, of the orders of so many players is called: "conservative" where they are few. */
export const agreementIntervalName = (players: number): string =>
  players < FEW_PLAYERS ? "conservative 95 % interval" : "95 % interval";

/** Draws that are thrown away first, because they depend on where the chain starts. */
const WARM_UP = 200;
/** A spread of 0 cannot be drawn from, so each variance is at least this share of that of the noise, and at least `LEAST`. */
const LEAST_SPREAD = 1e-6;
const LEAST = 1e-9;

/**
 * Calls `visit` with true values by all judges, drawn from the posterior of: estimate = true value + noise, true values of the players
 * normal with unknown means and covariance, all correlation matrices and standard deviations being equally likely before (Gibbs sampling; Gelman et al.
 * 2013, Bayesian Data Analysis, sections 5.4 and 15.2; Barnard, McCulloch and Meng 2000 for that prior). Estimates of two orders agree less than the true ones,
 * because noise adds to each; resampling adds that noise once more, and this model takes it away. The vectors are valid during the call only.
 * Values should be of the order of 1.
 * @throws RangeError when there are not more players than judges
 */
export function drawTrueValues(
  known: NoisyOrders,
  draws: number,
  random: Random,
  visit: (values: readonly Vector[]) => void,
): void {
  const { noise, degrees } = known;
  const judges = known.values.length;
  if (noise.length <= judges)
    throw new RangeError(`drawTrueValues: more players than judges are needed; got ${noise.length} and ${judges}`);
  const values = known.values.map((each) => each.slice());
  const prepared = { ...known, roots: noise.map(rootOf) };
  const floor = leastSpread(noise, judges);
  let centre: Vector = new Float64Array(judges);
  let spread = scatterOf(values, centre, floor);
  for (let i = 0; i < judges; i++) for (let j = 0; j < judges; j++) if (i !== j) spread.set(i, j, 0);
  for (let draw = -WARM_UP; draw < draws; draw++) {
    const inflation = Number.isFinite(degrees) ? degrees / chiSquare(degrees, random) : 1;
    drawValues(prepared, values, { centre, spread, inflation }, random);
    centre = drawCentre(values, spread, random);
    spread = drawSpread(spread, scatterOf(values, centre, floor), noise.length, random);
    if (draw >= 0) visit(values);
  }
}

/**
 * The covariance of the noise of each player over draws of the same people and prompts by all judges.
 * @param centres what the deviations are from. [judges][players]
 * @param drawn values in the draws. [judges][draws, players]
 */
export function noiseAround(centres: readonly Vector[], drawn: readonly Vector[]): Matrix[] {
  const players = centres[0]?.length ?? 0;
  const draws = (drawn[0]?.length ?? 0) / players;
  // Only differences between players matter: what moves all of them alike is taken out, and with it 1/players of each one's own variance.
  const own = centres.map((centre, judge) => apart(centre, drawn[judge] ?? centre));
  return Array.from({ length: players }, (_, player) => {
    const covariance = new Matrix(own.length, own.length);
    for (const [i, one] of own.entries())
      for (const [j, other] of own.entries()) {
        let sum = 0;
        for (let index = player; index < draws * players; index += players) sum += real(one, index) * real(other, index);
        covariance.set(i, j, (sum * players) / (draws * (players - 1)));
      }
    return covariance;
  });
}

/** The deviations from the centre, less their mean in each draw. [draws, players] */
function apart(centre: Vector, drawn: Vector): Vector {
  const players = centre.length;
  const moved = drawn.map((value, index) => value - real(centre, index % players));
  for (let from = 0; from < moved.length; from += players) {
    const draw = moved.subarray(from, from + players);
    const mean = sum(draw) / players;
    for (let i = 0; i < players; i++) draw[i] = real(draw, i) - mean;
  }
  return moved;
}

const sum = (values: Vector): number => values.reduce((total, value) => total + value, 0);

function leastSpread(noise: readonly Matrix[], judges: number): Matrix {
  const least = new Matrix(judges, judges);
  for (let i = 0; i < judges; i++) {
    const mean = noise.reduce((total, each) => total + each.at(i, i), 0) / noise.length;
    least.set(i, i, LEAST_SPREAD * mean + LEAST);
  }
  return least;
}

/** With the root of each player's noise. */
interface Prepared extends NoisyOrders {
  roots: readonly Matrix[];
}

interface Population {
  centre: Vector;
  spread: Matrix;
  /** Factor of the noise: its covariance is itself an estimate. */
  inflation: number;
}

/**
 * Given T and noise S, the true values are normal with mean m + T (T + S)^-1 (x - m) and covariance T (T + S)^-1 S: t + T (T + S)^-1 (x - t - e) with t
 * drawn from the normal distribution of m and T, and e from that of 0 and S, has both (Matheron's rule; Doucet 2010).
 */
function drawValues({ values, noise, roots }: Prepared, into: readonly Vector[], population: Population, random: Random): void {
  const { centre, spread, inflation } = population;
  const judges = values.length;
  const root = rootOf(spread);
  const [drawn, noisy, system] = [new Float64Array(judges), new Float64Array(judges), new Float64Array(judges * judges)];
  for (let player = 0; player < noise.length; player++) {
    const [own, ownRoot] = [noise[player] ?? spread, roots[player] ?? root];
    drawNormal(root, random, drawn);
    drawNormal(ownRoot, random, noisy);
    for (let i = 0; i < judges; i++) {
      const t = real(centre, i) + real(drawn, i);
      drawn[i] = t;
      noisy[i] = real(values[i] ?? centre, player) - t - Math.sqrt(inflation) * real(noisy, i);
    }
    for (let k = 0; k < system.length; k++) system[k] = real(spread.data, k) + inflation * real(own.data, k);
    if (!eliminate(system, noisy, judges))
      throw new RangeError("drawTrueValues: the values of each judge need a spread of the order of 1");
    for (const [i, target] of into.entries())
      target[player] = real(drawn, i) + product(spread.data, i * judges, noisy, 0, judges);
  }
}

function drawCentre(values: readonly Vector[], spread: Matrix, random: Random): Vector {
  const players = values[0]?.length ?? 0;
  const moved = new Float64Array(spread.rows);
  drawNormal(rootOf(spread), random, moved);
  return moved.map((value, i) => value / Math.sqrt(players) + sum(values[i] ?? moved) / players);
}

/** Sums of squares and products around the centre, added to `floor`. */
function scatterOf(values: readonly Vector[], centre: Vector, floor: Matrix): Matrix {
  const scatter = new Matrix(floor.rows, floor.columns);
  scatter.data.set(floor.data);
  for (const [i, one] of values.entries())
    for (const [j, other] of values.entries())
      for (let player = 0; player < one.length; player++)
        scatter.add(i, j, (real(one, player) - real(centre, i)) * (real(other, player) - real(centre, j)));
  return scatter;
}

/**
 * One step of the covariance T of k judges. Flat standard deviations and correlations have the density prod t_ii^(-k/2) = |R|^(k/2) |T|^(-k/2), R the
 * correlations, so a draw from the inverse Wishart distribution with n - 1 degrees of freedom is accepted in proportion to |R|^(k/2) (Metropolis and Hastings).
 */
function drawSpread(current: Matrix, scatter: Matrix, n: number, random: Random): Matrix {
  const proposed = inverseWishart(scatter, n - 1, random);
  return random() * freedom(current) <= freedom(proposed) ? proposed : current;
}

/** |R|^(k/2). */
function freedom(covariance: Matrix): number {
  const root = rootOf(covariance);
  let determinant = 1;
  for (let i = 0; i < root.rows; i++) determinant *= root.at(i, i) ** 2 / covariance.at(i, i);
  return determinant ** (root.rows / 2);
}

/** By Bartlett's decomposition: the inverse of L A AT LT, with L LT the inverse of the scale. */
function inverseWishart(scale: Matrix, degrees: number, random: Random): Matrix {
  const lower = new Matrix(scale.rows, scale.rows);
  for (let i = 0; i < scale.rows; i++) {
    for (let j = 0; j < i; j++) lower.set(i, j, gauss(random));
    lower.set(i, i, Math.sqrt(chiSquare(degrees - i, random)));
  }
  const root = rootOf(invert(scale)).times(lower);
  return invert(root.times(transposed(root)));
}

function transposed(matrix: Matrix): Matrix {
  const turned = new Matrix(matrix.columns, matrix.rows);
  for (let i = 0; i < matrix.rows; i++) for (let j = 0; j < matrix.columns; j++) turned.set(j, i, matrix.at(i, j));
  return turned;
}

/** The lower triangular L with L LT = matrix, of which only the lower triangle is read. A row without variance of its own becomes 0. */
function rootOf(matrix: Matrix): Matrix {
  const root = new Matrix(matrix.rows, matrix.rows);
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j <= i; j++) {
      let value = matrix.at(i, j);
      for (let k = 0; k < j; k++) value -= root.at(i, k) * root.at(j, k);
      if (i === j) root.set(i, i, Math.sqrt(Math.max(0, value)));
      else root.set(i, j, root.at(j, j) === 0 ? 0 : value / root.at(j, j));
    }
  return root;
}

/** Draws from the normal distribution with mean 0 and covariance L LT. */
function drawNormal(root: Matrix, random: Random, drawn: Vector): void {
  drawn.fill(0);
  for (let j = 0; j < root.rows; j++) {
    const z = gauss(random);
    for (let i = j; i < root.rows; i++) drawn[i] = real(drawn, i) + root.at(i, j) * z;
  }
}

/** A chi-square number with any degrees of freedom above 0, by Marsaglia and Tsang's method (2000), which needs 2. */
function chiSquare(degrees: number, random: Random): number {
  if (degrees < 2) return chiSquare(degrees + 2, random) * (1 - random()) ** (2 / degrees);
  const d = degrees / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = gauss(random);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - random()) < z * z * 0.5 + d - d * v + d * Math.log(v)) return 2 * d * v;
  }
}
