/** @file Student's t distribution in double precision, for any degrees of freedom above 0, whole or not. */

import { normalCdf, normalQuantile } from "./normal.ts";

/** From here on Fisher's expansion is exact to 15 digits, and faster than the continued fraction. */
const MANY_DEGREES = 1000;
/** From here on the tail equals the normal one to six digits. */
const NORMAL_FROM = 1e6;

/**
 * The t with P(T <= t) = p, for p in 0...1. Newton's method between two bounds; relative error below 1e-12.
 * @param degrees degrees of freedom, above 0; Infinity gives the normal quantile
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(degrees > 0)) throw new RangeError(`studentQuantile: degrees > 0 are needed; got ${degrees}`);
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  const z = normalQuantile(p);
  if (z === Number.POSITIVE_INFINITY) return z;
  return degrees >= MANY_DEGREES ? fisherExpansion(z, degrees) : rootOfTail(1 - p, degrees, z);
}

/** Student's quantile from the normal quantile z, for many degrees of freedom (Abramowitz and Stegun 26.7.5). */
function fisherExpansion(z: number, degrees: number): number {
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4;
}

/**
 * P(T > t) for t >= 0: half of the regularised incomplete beta function I_x(degrees/2, 1/2) at x = degrees/(degrees + t^2)
 * (Abramowitz and Stegun 26.7.1). Relative error below 1e-9 up to a million degrees of freedom; beyond, the normal tail.
 */
export function studentTail(t: number, degrees: number): number {
  if (!(t >= 0 && degrees > 0)) throw new RangeError(`studentTail: t >= 0 and degrees > 0 are needed; got ${t} and ${degrees}`);
  if (t === 0) return 0.5;
  return degrees > NORMAL_FROM ? normalCdf(-t) : incompleteBeta(degrees, t * t) / 2;
}

/** The t > 0 with upper tail `tail`. The t distribution has heavier tails than the normal one, so z is a lower bound. */
function rootOfTail(tail: number, degrees: number, z: number): number {
  let [low, high] = [z, 2 * z];
  while (studentTail(high, degrees) > tail) [low, high] = [high, 2 * high];
  let t = (low + high) / 2;
  for (let i = 0; i < 200; i++) {
    const excess = studentTail(t, degrees) - tail;
    if (excess > 0) low = t;
    else high = t;
    const step = excess / density(t, degrees);
    const next = t + step;
    const inside = next > low && next < high;
    if (inside && Math.abs(step) < 1e-15 * t) return next;
    t = inside ? next : (low + high) / 2;
  }
  return t;
}

function density(t: number, degrees: number): number {
  const scale = logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - Math.log(degrees * Math.PI) / 2;
  return Math.exp(scale - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees));
}

/** I_x(degrees/2, 1/2) at x = degrees/(degrees + square), by the continued fraction of the side that converges faster. */
function incompleteBeta(degrees: number, square: number): number {
  const [a, b] = [degrees / 2, 0.5];
  const [x, rest] = [degrees / (degrees + square), square / (degrees + square)];
  const logX = -Math.log1p(square / degrees);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * logX + b * Math.log(rest));
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(a, b, x)) / a;
  return 1 - (front * betaFraction(b, a, rest)) / b;
}

/** The continued fraction of the incomplete beta function by Lentz's method (Press et al. 2007, section 6.4). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/** Coefficients of Lanczos's approximation with g = 7 (Godfrey 2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Logarithm of the gamma function for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const [first = 1, ...others] = LANCZOS;
  const sum = others.reduce((total, coefficient, i) => total + coefficient / (x + i), first);
  const t = x + 6.5;
  return Math.log(2 * Math.PI) / 2 + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
