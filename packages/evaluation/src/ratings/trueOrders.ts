/** @file Which true strengths two judges' estimates leave possible, when the players are a sample of players: a Bayesian model of two values with noise. */

import { gauss, type Random } from "@pickapic/chance";
import { real, type Vector } from "../matrix.ts";

/** A symmetric 2 x 2 matrix: variances of the two judges' values, and their covariance. */
export interface Pair2 {
  readonly a: number;
  readonly b: number;
  readonly ab: number;
}

/** What is known of the players, each judged by two judges. */
export interface NoisyPairs {
  /** Estimated strengths by the first and by the second judge. [players] each */
  readonly first: Vector;
  readonly second: Vector;
  /** Covariance of the noise of the two estimates of each player. */
  readonly noise: readonly Pair2[];
  /** Degrees of freedom of these covariances; may be infinite. */
  readonly degrees: number;
}

/** Draws that are thrown away first, because they depend on where the chain starts. */
const WARM_UP = 200;
/** A spread of 0 cannot be drawn from, so each is at least this share of the noise. */
const LEAST_SPREAD = 1e-6;

/**
 * Calls `visit` with true strengths by both judges, drawn from the posterior of: estimate = true value + noise, true values of the players
 * normal with unknown means and covariance, all correlations and standard deviations being equally likely before (Gibbs sampling; Gelman et al.
 * 2013, Bayesian Data Analysis, sections 5.4 and 15.2; Barnard, McCulloch and Meng 2000 for that prior). Estimates of two orders agree less than the true ones, because noise adds to each; resampling adds that noise once more, and this model takes it away.
 * The vectors are valid during the call only.
 */
export function drawTrueStrengths(
  known: NoisyPairs,
  draws: number,
  random: Random,
  visit: (one: Vector, two: Vector) => void,
): void {
  const { noise, degrees } = known;
  const [one, two] = [known.first.slice(), known.second.slice()];
  const floor = leastSpread(noise);
  let centre = { a: 0, b: 0 };
  let spread: Pair2 = { a: floor.a + meanSquare(one), b: floor.b + meanSquare(two), ab: 0 };
  for (let draw = -WARM_UP; draw < draws; draw++) {
    const inflation = Number.isFinite(degrees) ? degrees / chiSquare(degrees, random) : 1;
    drawValues(known, { one, two }, { centre, spread, inflation }, random);
    centre = drawCentre(one, two, spread, random);
    spread = drawSpread(spread, scatterOf(one, two, centre, floor), one.length, random);
    if (draw >= 0) visit(one, two);
  }
}

const meanSquare = (values: Vector): number => values.reduce((sum, value) => sum + value * value, 0) / values.length;

function leastSpread(noise: readonly Pair2[]): Pair2 {
  const mean = (of: (each: Pair2) => number) => noise.reduce((sum, each) => sum + of(each), 0) / noise.length;
  const least = Number.EPSILON;
  return { a: LEAST_SPREAD * mean(({ a }) => a) + least, b: LEAST_SPREAD * mean(({ b }) => b) + least, ab: 0 };
}

interface Population {
  centre: { a: number; b: number };
  spread: Pair2;
  /** Factor of the noise: its covariance is itself an estimate. */
  inflation: number;
}

/** Given T and noise S, a true pair is normal with mean m + T (T + S)^-1 (x - m) and covariance T - T (T + S)^-1 T. */
function drawValues(
  { first, second, noise }: NoisyPairs,
  values: { one: Vector; two: Vector },
  { centre, spread: t, inflation }: Population,
  random: Random,
): void {
  for (const [i, each] of noise.entries()) {
    const [sa, sb, sab] = [inflation * each.a, inflation * each.b, inflation * each.ab];
    const [pa, pb, pab] = [t.a + sa, t.b + sb, t.ab + sab];
    const determinant = pa * pb - pab * pab;
    // K = T (T + S)^-1, and the covariance K S.
    const [kaa, kab] = [(t.a * pb - t.ab * pab) / determinant, (t.ab * pa - t.a * pab) / determinant];
    const [kba, kbb] = [(t.ab * pb - t.b * pab) / determinant, (t.b * pa - t.ab * pab) / determinant];
    const [da, db] = [real(first, i) - centre.a, real(second, i) - centre.b];
    const covariance = { a: kaa * sa + kab * sab, b: kba * sab + kbb * sb, ab: kaa * sab + kab * sb };
    const [za, zb] = drawNormal(covariance, random);
    values.one[i] = centre.a + kaa * da + kab * db + za;
    values.two[i] = centre.b + kba * da + kbb * db + zb;
  }
}

function drawCentre(one: Vector, two: Vector, spread: Pair2, random: Random): { a: number; b: number } {
  const n = one.length;
  const [za, zb] = drawNormal({ a: spread.a / n, b: spread.b / n, ab: spread.ab / n }, random);
  return { a: sum(one) / n + za, b: sum(two) / n + zb };
}

const sum = (values: Vector): number => values.reduce((total, value) => total + value, 0);

/** Sums of squares and products around the centre. */
function scatterOf(one: Vector, two: Vector, centre: { a: number; b: number }, floor: Pair2): Pair2 {
  let { a, b, ab } = floor;
  for (let i = 0; i < one.length; i++) {
    const [da, db] = [real(one, i) - centre.a, real(two, i) - centre.b];
    a += da * da;
    b += db * db;
    ab += da * db;
  }
  return { a, b, ab };
}

/**
 * One step of the covariance T. Flat standard deviations and correlation have the density 1/(t_a t_b) = (1 - r^2)/|T|, so a draw from the inverse
 * Wishart distribution with n - 1 degrees of freedom is accepted in proportion to 1 - r^2 (Metropolis and Hastings).
 */
function drawSpread(current: Pair2, scatter: Pair2, n: number, random: Random): Pair2 {
  const proposed = inverseWishart(scatter, n - 1, random);
  const freedom = ({ a, b, ab }: Pair2) => 1 - (ab * ab) / (a * b);
  return random() * freedom(current) <= freedom(proposed) ? proposed : current;
}

/** By Bartlett's decomposition: the inverse of L A AT LT, with L LT the inverse of the scale. */
function inverseWishart({ a, b, ab }: Pair2, degrees: number, random: Random): Pair2 {
  const determinant = a * b - ab * ab;
  const l11 = Math.sqrt(b / determinant);
  const l21 = -ab / determinant / l11;
  const l22 = Math.sqrt(Math.max(0, a / determinant - l21 * l21));
  const a11 = Math.sqrt(chiSquare(degrees, random));
  const a21 = gauss(random);
  const a22 = Math.sqrt(chiSquare(degrees - 1, random));
  const [m11, m21, m22] = [l11 * a11, l21 * a11 + l22 * a21, l22 * a22];
  const [waa, wab, wbb] = [m11 * m11, m11 * m21, m21 * m21 + m22 * m22];
  const whole = (m11 * m22) ** 2;
  return { a: wbb / whole, b: waa / whole, ab: -wab / whole };
}

function drawNormal({ a, b, ab }: Pair2, random: Random): [number, number] {
  const l11 = Math.sqrt(Math.max(0, a));
  const l21 = l11 === 0 ? 0 : ab / l11;
  const l22 = Math.sqrt(Math.max(0, b - l21 * l21));
  const [z1, z2] = [gauss(random), gauss(random)];
  return [l11 * z1, l21 * z1 + l22 * z2];
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
