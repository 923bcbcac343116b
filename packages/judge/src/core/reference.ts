/**
 * @file Compares a score with the scores of other images: a stored distribution of scores, each of an image under its own prompt. Noisy choices
 * are those of Luce: a person prefers the image with the larger score / T + G, where G is drawn anew from Gumbel's distribution. Then image a is
 * preferred to image b with probability 1 / (1 + e^((b - a) / T)), and everything below follows from the same model.
 */
import { itemAt } from "@pickapic/errors";

/** Values of a reference: enough for half a percentile. */
const STORED = 201;

/** The values at 201 equally spaced ranks, from the least to the greatest; all of them when there are fewer. */
export function quantilesOf(scores: readonly number[]): number[] {
  const sorted = Float64Array.from(scores).sort();
  if (sorted.length <= STORED) return [...sorted];
  return Array.from({ length: STORED }, (_, i) => itemAt(sorted, Math.round((i * (sorted.length - 1)) / (STORED - 1))));
}

/** Per cent of the reference that scores lower, 0...100; between two stored values it is interpolated. @param quantiles sorted, at least one */
export function percentileOf(score: number, quantiles: readonly number[]): number {
  const last = quantiles.length - 1;
  if (score <= itemAt(quantiles, 0)) return score === itemAt(quantiles, 0) && last === 0 ? 50 : 0;
  if (score >= itemAt(quantiles, last)) return 100;
  const above = quantiles.findIndex((value) => value > score);
  const [low, high] = [itemAt(quantiles, above - 1), itemAt(quantiles, above)];
  return (100 * (above - 1 + (score - low) / (high - low))) / last;
}

/** The probability, 0...1, that a person prefers an image of this score to a random one of the reference. */
export function preferredToRandom(score: number, quantiles: readonly number[], temperature: number): number {
  const sum = quantiles.reduce((total, other) => total + 1 / (1 + Math.exp((other - score) / temperature)), 0);
  return sum / quantiles.length;
}

/**
 * How likely the image falls into each of `count` classes of equal size, worst first, when a person sorts it among the reference. The mean
 * class, as a share of all, is close to `preferredToRandom`.
 * @returns probabilities that sum to 1
 */
export function classProbabilities(score: number, quantiles: readonly number[], temperature: number, count: number): number[] {
  const utility = score / temperature;
  const below = Array.from({ length: count + 1 }, (_, k) => {
    if (k === 0 || k === count) return k / count;
    // P(utility + G < edge) for the edge below which a share k / count of the reference lies.
    return Math.exp(-Math.exp(utility - edgeAt(k / count, quantiles, temperature)));
  });
  return Array.from({ length: count }, (_, k) => itemAt(below, k + 1) - itemAt(below, k));
}

const STEPS = 60;

/** The utility below which a share of the reference lies, by bisection: the distribution is the mean of one Gumbel per stored score. */
function edgeAt(share: number, quantiles: readonly number[], temperature: number): number {
  const shareBelow = (edge: number) =>
    quantiles.reduce((sum, other) => sum + Math.exp(-Math.exp(other / temperature - edge)), 0) / quantiles.length;
  // Gumbel's distribution lies between -5 and 40 but for a share of 1e-17.
  let low = itemAt(quantiles, 0) / temperature - 5;
  let high = itemAt(quantiles, quantiles.length - 1) / temperature + 40;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (shareBelow(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
