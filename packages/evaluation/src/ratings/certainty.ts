/** @file The variance of differences of strengths: which clusters it comes from, and for which players it cannot be told. */

import type { Clusters } from "../clusters.ts";
import { FEWEST_CLUSTERS } from "../estimate.ts";
import { at, type Vector } from "../matrix.ts";
import type { Maximum } from "./clusterSums.ts";
import { type Clustering, clusteringOf, crossedVariance, type Variance } from "./crossed.ts";
import type { Games, Table } from "./games.ts";
import { jackknife } from "./jackknife.ts";
import { groupsThatMet, logistic } from "./likelihood.ts";

/** The games, and which clusters are many enough to generalise over. */
export interface Basis {
  /** The games; person or prompt is null when there are too few clusters of that kind. */
  readonly games: Games;
  /** Number of clusters of each kind; null when the games name none. */
  readonly people: number | null;
  readonly prompts: number | null;
}

/** Drops the people or the prompts of the games if they are too few to generalise to other people or prompts. */
export function basisOf(games: Games): Basis {
  const [people, prompts] = [games.person?.size ?? null, games.prompt?.size ?? null];
  return { games: { ...games, person: enough(games.person), prompt: enough(games.prompt) }, people, prompts };
}

const enough = (clusters: Clusters | null): Clusters | null =>
  clusters !== null && clusters.size >= FEWEST_CLUSTERS ? clusters : null;

/** The variance of contrasts of strengths. */
export interface Certainty {
  /** Of strength i minus the mean of all; if unknown, a phrase that says why. */
  ofRating(i: number): Variance | string;
  /** Of strength i minus strength j; null if unknown. */
  ofDifference(i: number, j: number): Variance | null;
}

/** Uses clusters if the basis has people or prompts, else the curvature of the likelihood; with weights, each answer as a cluster of its own. */
export function certaintyOf(maximum: Maximum, games: Games, table: Table): Certainty {
  const size = maximum.theta.length;
  const clustering = games.person || games.prompt ? clusteringOf(maximum, games) : null;
  const variance = clustering ? crossedVariance(clustering) : independentVariance(maximum, games, table);
  const reasons = Array.from({ length: size }, (_, i) => whyNone(i, clustering, table));
  const group = groupNumbers(table);
  return {
    ofRating: (i) => reasons[i] ?? variance(contrastOf(size, i), [i]),
    ofDifference: (i, j) => {
      if (reasons[i] || reasons[j] || group[i] !== group[j]) return null;
      return variance(differenceOf(size, i, j), [i, j]);
    },
  };
}

/** Why the variance of a player's rating is unknown; null when it is known. */
export function whyNone(player: number, clustering: Clustering | null, { total, ties }: Table): string | null {
  if (ties === total) return "no interval: all answers are ties";
  const people = clustering?.person ? at(clustering.person.clustersOf, player) : null;
  if (people !== null && people < FEWEST_CLUSTERS) return tooFewFor(people, people === 1 ? "person" : "people");
  const prompts = clustering?.prompt ? at(clustering.prompt.clustersOf, player) : null;
  if (prompts !== null && prompts < FEWEST_CLUSTERS) return tooFewFor(prompts, prompts === 1 ? "prompt" : "prompts");
  return null;
}

const tooFewFor = (count: number, unit: string): string =>
  `no interval: answers of only ${count} ${unit}, at least ${FEWEST_CLUSTERS} are needed`;

/** e_i - 1/n. */
function contrastOf(size: number, i: number): Vector {
  const contrast = new Float64Array(size).fill(-1 / size);
  contrast[i] = 1 - 1 / size;
  return contrast;
}

/** e_i - e_j. */
function differenceOf(size: number, i: number, j: number): Vector {
  const contrast = new Float64Array(size);
  contrast[i] = 1;
  contrast[j] = -1;
  return contrast;
}

/** The curvature of a weighted likelihood is not its variance, because a weight of 2 is one answer and not two. */
function independentVariance(maximum: Maximum, games: Games, table: Table): (contrast: Vector) => Variance {
  if (!games.games) return curvatureVariance(maximum, table);
  const { covariance } = jackknife(maximum, { of: Int32Array.from(games.a.keys()), size: games.a.length });
  return (contrast) => ({ value: covariance.quadratic(contrast), degrees: Number.POSITIVE_INFINITY });
}

/**
 * Wald's variance: the inverse of the information. A tie varies less than a win or a loss: with tie probability 4 tau p (1 - p)
 * the variance of an outcome is (1 - tau) p (1 - p), so the covariance is scaled by 1 - tau.
 */
function curvatureVariance({ theta, inverse }: Maximum, table: Table): (contrast: Vector) => Variance {
  const dispersion = 1 - tieTendency(table, theta);
  return (contrast) => ({ value: dispersion * inverse.quadratic(contrast), degrees: Number.POSITIVE_INFINITY });
}

/**
 * tau, 0...1, from all games and two added games without a tie, so that a few games that are all ties do not promise certainty.
 */
function tieTendency({ games, ties }: Table, theta: Vector): number {
  let closeness = 2;
  for (let i = 0; i < theta.length; i++) {
    for (let j = 0; j < theta.length; j++) {
      const lead = at(theta, i) - at(theta, j);
      closeness += 2 * games.at(i, j) * logistic(lead) * logistic(-lead);
    }
  }
  return Math.min(1, ties / closeness);
}

/** Numbers the group of each player. Players of different groups never met, not even through others. */
function groupNumbers(table: Table): number[] {
  const numbers: number[] = [];
  for (const [group, members] of groupsThatMet(table).entries()) for (const player of members) numbers[player] = group;
  return numbers;
}
