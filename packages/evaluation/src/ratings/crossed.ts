/** @file The variance of a difference of strengths when answers depend on both person and prompt. */

import { cellsOf } from "../clusters.ts";
import { at, type Vector } from "../matrix.ts";
import type { Maximum } from "./clusterSums.ts";
import type { Games } from "./games.ts";
import { type ClusterCovariance, jackknife } from "./jackknife.ts";

/** The variance of an estimate, and the degrees of freedom for Student's t. */
export interface Variance {
  /** Log odds squared. */
  readonly value: number;
  readonly degrees: number;
}

/** Returns the variance of a contrast of strengths, such as one strength minus the mean of all. */
export type VarianceOf = (contrast: Vector, players: readonly number[]) => Variance;

/** One or two ways to cluster the answers. */
export interface Clustering {
  readonly person: ClusterCovariance | null;
  readonly prompt: ClusterCovariance | null;
  /** Of answers of one person to one prompt; null unless the games name both. */
  readonly cell: ClusterCovariance | null;
}

/** Jackknife covariances over people, over prompts and over both together, as far as the games name them. */
export function clusteringOf(maximum: Maximum, { person, prompt }: Pick<Games, "person" | "prompt">): Clustering {
  return {
    person: person && jackknife(maximum, person),
    prompt: prompt && jackknife(maximum, prompt),
    cell: person && prompt && jackknife(maximum, cellsOf(person, prompt)),
  };
}

/**
 * Two-way clustering (Cameron, Gelbach and Miller 2011): variance = v_person + v_prompt - v_cell, written as v_cell + max(0,
 * v_person - v_cell) + max(0, v_prompt - v_cell), so that no term is negative. The degrees of freedom are Satterthwaite's:
 * variance^2 / sum (noise of each term / its own degrees). The noise of a term that was cut at 0 lies between its square and that
 * of v_person; their geometric mean covered 95 % best (docs/log.md).
 */
export function crossedVariance(clustering: Clustering): VarianceOf {
  return (contrast, players) => {
    const { value, degrees } = termsOf(clustering, contrast, players);
    return { value, degrees };
  };
}

/**
 * The variance of an effect that neither people nor prompts need to touch, such as that of the slot: v_person + v_prompt - v_cell as it is,
 * but at least the least of the three. Terms that are 0 on average and cut at 0 make `crossedVariance` a fifth too large there. The degrees of freedom
 * are those of `crossedVariance`.
 */
export function uncutVariance(clustering: Clustering): VarianceOf {
  return (contrast, players) => {
    const { uncut, degrees } = termsOf(clustering, contrast, players);
    return { value: uncut, degrees };
  };
}

/** Both variances, with the degrees of freedom of the one whose terms are cut at 0. */
function termsOf(
  { person, prompt, cell }: Clustering,
  contrast: Vector,
  players: readonly number[],
): Variance & { uncut: number } {
  const one = person && prompt ? null : (person ?? prompt);
  if (one) {
    const value = one.covariance.quadratic(contrast);
    return { value, uncut: value, degrees: degrees(one, one.effective, players) };
  }
  if (!person || !prompt || !cell) throw new RangeError("crossedVariance: games need people or prompts");
  const of = ({ covariance }: ClusterCovariance): number => covariance.quadratic(contrast);
  const [vPerson, vPrompt, vCell] = [of(person), of(prompt), of(cell)];
  const byPeople = Math.max(0, vPerson - vCell);
  const byPrompts = Math.max(0, vPrompt - vCell);
  const value = vCell + byPeople + byPrompts;
  const noise =
    (byPeople * vPerson) / degrees(person, person.effective, players) +
    (byPrompts * vPrompt) / degrees(prompt, prompt.effective, players) +
    vCell ** 2 / degrees(cell, cell.effectiveAlone, players);
  const uncut = Math.max(vPerson + vPrompt - vCell, Math.min(vPerson, vPrompt, vCell));
  return { value, uncut, degrees: value ** 2 / noise };
}

/** The smallest effective number of clusters among the players, but at most clusters - 1. */
function degrees({ clusters }: ClusterCovariance, effective: Vector, players: readonly number[]): number {
  return Math.max(1, Math.min(clusters - 1, ...players.map((player) => at(effective, player))));
}
