/** @file When to stop generating: what one more image is expected to gain over the best so far. */

/** With fewer scores no gain is estimated, because their spread is not known well enough to stop. */
export const FEWEST_SCORES = 5;

/** Points at which the integral is evaluated; the error is below 1e-6. */
const POINTS = 2000;

/**
 * What one more image is expected to gain over the best so far, in probability, 0...0.5: the mean of max(0, s(x - best) - 1/2) over
 * the score x of the next image, with s the logistic function, since the difference of two scores is the log odds that the first image is
 * preferred. The next score is distributed as scores of an unknown normal distribution are after these (Student's t with k - 1
 * degrees of freedom around their mean; Gelman et al. 2013, section 3.2). It is the expected improvement of Mockus (1975) and Jones et
 * al. (1998), measured in probability; stopping when it falls below a price is the one-step rule of DeGroot (1970), chapter 13.
 * @returns null for fewer than `FEWEST_SCORES` scores
 */
export function expectedGain(scores: readonly number[]): number | null {
  const k = scores.length;
  if (k < FEWEST_SCORES) return null;
  const mean = scores.reduce((sum, score) => sum + score, 0) / k;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (k - 1);
  const above = Math.max(...scores) - mean;
  // x = mean + scale tan(a): then a has a density proportional to cos(a)^(k - 2) on -pi/2 ... pi/2.
  const scale = Math.sqrt(variance * (1 + 1 / k) * (k - 1));
  if (scale === 0) return 0;
  const density = (a: number) => Math.cos(a) ** (k - 2);
  const gain = (a: number) => 1 / (1 + Math.exp(above - scale * Math.tan(a))) - 0.5;
  return integral((a) => gain(a) * density(a), Math.atan(above / scale), Math.PI / 2) / (2 * integral(density, 0, Math.PI / 2));
}

/** The midpoint rule, which does not evaluate the ends. */
function integral(f: (x: number) => number, from: number, to: number): number {
  const step = (to - from) / POINTS;
  let sum = 0;
  for (let i = 0; i < POINTS; i++) sum += f(from + (i + 0.5) * step);
  return sum * step;
}
