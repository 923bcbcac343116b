/** @file Fits how differences of scores become probabilities: logistic regression with one slope and one offset (Platt 1999; Guo et al. 2017). */
import type { Label } from "./accuracy.ts";
import { tooFew } from "./estimate.ts";

/** A pair of images as a scorer sees it, with what a person said. */
export interface ScoredPair {
  /** Score of image 0 minus score of image 1. */
  readonly difference: number;
  readonly label: Label;
}

/** How a difference of two scores becomes a probability: 1 / (1 + e^-(difference / temperature + bias)). */
export interface FittedTemperature {
  /** Above 0. Larger: people are less sure than the scores. */
  readonly temperature: number;
  /** How far people lean to image 0 when the scores are equal, as log odds; 0 when which image has number 0 is chance. */
  readonly bias: number;
}

/** The search ends when both parameters change by less. */
const PRECISION = 1e-10;
const MOST_STEPS = 100;
/** A slope times the spread of the differences above this means that the scores split the votes without one exception. */
const STEEPEST = 50;

/**
 * Fits temperature and bias to votes by maximum likelihood (Newton's method, with halved steps); a tie counts as half a vote for each
 * image.
 * @returns the fit, or the reason why there is none, as a phrase
 */
export function fitTemperature(pairs: readonly ScoredPair[]): FittedTemperature | { readonly reason: string } {
  const few = tooFew(pairs.length, "votes");
  if (few !== null) return { reason: few };
  const spread = Math.sqrt(pairs.reduce((sum, { difference }) => sum + difference ** 2, 0) / pairs.length);
  if (!(spread > 0)) return { reason: "the scorer gives all images the same score" };
  const scaled = pairs.map(({ difference, label }) => ({ x: difference / spread, share: label === "tie" ? 0.5 : 1 - label }));
  const [slope, bias] = newton(scaled);
  if (slope <= 0) return { reason: "the scores do not go with the votes" };
  return { temperature: spread / Math.min(slope, STEEPEST), bias };
}

interface Observation {
  /** The difference of the scores, divided by its spread. */
  readonly x: number;
  /** The vote for image 0: 1, 0.5 or 0. */
  readonly share: number;
}

/** The slope and offset with the least loss. The loss is convex, so that halved Newton steps find it. */
function newton(observations: readonly Observation[]): [slope: number, bias: number] {
  let [slope, bias] = [0, 0];
  let loss = lossOf(observations, slope, bias);
  for (let step = 0; step < MOST_STEPS && Math.abs(slope) < STEEPEST; step++) {
    const [bySlope, byBias] = newtonStep(observations, slope, bias);
    let share = 1;
    while (share > PRECISION && lossOf(observations, slope + share * bySlope, bias + share * byBias) > loss) share /= 2;
    slope += share * bySlope;
    bias += share * byBias;
    loss = lossOf(observations, slope, bias);
    if (Math.abs(share * bySlope) + Math.abs(share * byBias) < PRECISION) break;
  }
  return [slope, bias];
}

/** Minus the inverse of the Hessian times the gradient. */
function newtonStep(observations: readonly Observation[], slope: number, bias: number): [number, number] {
  let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9];
  for (const { x, share } of observations) {
    const p = 1 / (1 + Math.exp(-(slope * x + bias)));
    const weight = p * (1 - p);
    g0 += (share - p) * x;
    g1 += share - p;
    h00 += weight * x * x;
    h01 += weight * x;
    h11 += weight;
  }
  const determinant = h00 * h11 - h01 * h01;
  return [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
}

/** Sum of log(1 + e^z) - share z, with z = slope x + bias: the cross entropy of the votes. */
function lossOf(observations: readonly Observation[], slope: number, bias: number): number {
  let sum = 0;
  for (const { x, share } of observations) {
    const z = slope * x + bias;
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - share * z;
  }
  return sum;
}
