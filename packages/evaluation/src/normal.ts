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

/** z with P(Z <= z) = p; -Infinity at 0 and Infinity at 1. Newton steps, bracketed so that they cannot run away. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`normalQuantile: p must be in 0...1; got ${p}`);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  let low = -39;
  let high = 0;
  let z = 0;
  for (let i = 0; i < 200 && high - low > 1e-15; i++) {
    const error = normalCdf(z) - p;
    if (error > 0) high = z;
    else low = z;
    const next = z - error / density(z);
    if (next === z) break;
    z = next > low && next < high ? next : (low + high) / 2;
  }
  return z;
}
