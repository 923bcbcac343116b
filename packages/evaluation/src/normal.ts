/** @file The standard normal distribution, to double precision. */

/** P(Z <= z). Series near 0, continued fraction in the tails; relative error below 1e-14. */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  return Math.abs(z) < 3 ? 0.5 + density(z) * series(z) : z > 0 ? 1 - tail(z) : tail(-z);
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** z + z^3/3 + z^5/(3*5) + ... (Abramowitz and Stegun 26.2.11). */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && odd < 400; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum;
}

/** P(Z > z) for z >= 3: density / (z + 1/(z + 2/(z + 3/...))) (Abramowitz and Stegun 26.2.14). */
function tail(z: number): number {
  if (z === Number.POSITIVE_INFINITY) return 0;
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return density(z) / fraction;
}

/** z with P(Z <= z) = p; -Infinity at 0 and Infinity at 1. Newton steps on log P, from a bound below. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`normalQuantile: p must be in 0...1; got ${p}`);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  // P(Z <= z) <= exp(-z^2/2)/2, so this is left of the answer. log P is concave, so no step overshoots it.
  let z = -Math.sqrt(-2 * Math.log(2 * p));
  for (let i = 0; i < 100; i++) {
    const below = normalCdf(z);
    const step = (Math.log(below / p) * below) / density(z);
    z -= step;
    if (Math.abs(step) < 1e-14 * Math.max(1, Math.abs(z))) break;
  }
  return z;
}
