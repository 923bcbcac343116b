/** @file How sure differences of strengths are: by which clusters, and about which players nothing can be said. */

import type { Clusters } from "../clusters.ts";
import { FEWEST_CLUSTERS } from "../estimate.ts";
import { at, type Vector } from "../matrix.ts";
import { type Clustering, clusteringOf, crossedSpread, type Spread } from "./crossed.ts";
import type { Games, Table } from "./games.ts";
import type { Maximum } from "./jackknife.ts";
import { groupsThatMet, logistic } from "./likelihood.ts";

/** What the intervals speak of. */
export interface Basis {
  /** The games, without the clusters that are too few to see how much they differ. */
  readonly games: Games;
  /** Clusters of each kind with a game; null where the games name none. */
  readonly people: number | null;
  readonly prompts: number | null;
}

/** Games with people and prompts only where there are enough of them to speak of people and prompts in general. */
export function basisOf(games: Games): Basis {
  const [people, prompts] = [games.person?.size ?? null, games.prompt?.size ?? null];
  return { games: { ...games, person: enough(games.person), prompt: enough(games.prompt) }, people, prompts };
}

const enough = (clusters: Clusters | null): Clusters | null =>
  clusters !== null && clusters.size >= FEWEST_CLUSTERS ? clusters : null;

/** The spread of contrasts of strengths. */
export interface Certainty {
  /** Of strength i minus the mean of all; a phrase that says why where there is none. */
  ofRating(i: number): Spread | string;
  /** Of strength i minus strength j; null where nothing can be said. */
  ofDifference(i: number, j: number): Spread | null;
}

/** Clustered where the basis has people or prompts, else from the curvature of the likelihood. */
export function certaintyOf(maximum: Maximum, table: Table): Certainty {
  const size = maximum.theta.length;
  const { person, prompt } = maximum.games;
  const clustering = person || prompt ? clusteringOf(maximum) : null;
  const spread = clustering ? crossedSpread(clustering) : curvatureSpread(maximum, table);
  const reasons = Array.from({ length: size }, (_, i) => whyNone(i, clustering, table));
  const group = groupNumbers(table);
  return {
    ofRating: (i) => reasons[i] ?? spread(contrastOf(size, i), [i]),
    ofDifference: (i, j) => {
      if (reasons[i] || reasons[j] || group[i] !== group[j]) return null;
      return spread(differenceOf(size, i, j), [i, j]);
    },
  };
}

/** Why nothing can be said about how sure the rating of a player is; null when something can. */
function whyNone(player: number, clustering: Clustering | null, { total, ties }: Table): string | null {
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

/**
 * Wald's: the inverse of the information. A half point for a tie varies less than a win or a loss: with tie probability 4 tau p (1 - p)
 * the variance of an outcome is (1 - tau) p (1 - p), so the covariance is scaled by 1 - tau.
 */
function curvatureSpread({ theta, inverse }: Maximum, table: Table): (contrast: Vector) => Spread {
  const dispersion = 1 - tieTendency(table, theta);
  return (contrast) => ({ variance: dispersion * inverse.quadratic(contrast), degrees: Number.POSITIVE_INFINITY });
}

/** tau, 0...1, from all games with two more that are no ties: a few ties alone must not promise certainty. */
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

/** The number of the group of each player; players of different groups never met, not even through others. */
function groupNumbers(table: Table): number[] {
  const numbers: number[] = [];
  for (const [group, members] of groupsThatMet(table).entries()) for (const player of members) numbers[player] = group;
  return numbers;
}
