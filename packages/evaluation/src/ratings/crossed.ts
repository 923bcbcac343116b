/** @file How sure a difference of strengths is, where answers hang together by person and by prompt. */

import { cellsOf } from "../clusters.ts";
import { at, type Vector } from "../matrix.ts";
import { type ClusterCovariance, jackknife, type Maximum } from "./jackknife.ts";

/** Variance of an estimate, and the degrees of freedom of Student's t that go with it. */
export interface Spread {
  /** Log odds squared. */
  readonly variance: number;
  readonly degrees: number;
}

/** Says the spread of a contrast of strengths, such as one strength minus the mean of all. */
export type SpreadOf = (contrast: Vector, players: readonly number[]) => Spread;

/** The one or two ways in which answers hang together. */
export interface Clustering {
  readonly person: ClusterCovariance | null;
  readonly prompt: ClusterCovariance | null;
  /** Of answers of one person to one prompt; null unless there are both. */
  readonly cell: ClusterCovariance | null;
}

/** Jackknife covariances over people, over prompts and over both together, for as many of them as the games name. */
export function clusteringOf(maximum: Maximum): Clustering {
  const { person, prompt } = maximum.games;
  return {
    person: person && jackknife(maximum, person),
    prompt: prompt && jackknife(maximum, prompt),
    cell: person && prompt && jackknife(maximum, cellsOf(person, prompt)),
  };
}

/**
 * Two-way clustering (Cameron, Gelbach and Miller 2011): variance = v_person + v_prompt - v_cell, written as v_cell plus what people add,
 * (v_person - v_cell)+, plus what prompts add, (v_prompt - v_cell)+: neither can be negative. The degrees of freedom are Satterthwaite's:
 * variance^2 / sum (noise of each part / its own degrees). The noise of a part that was cut at 0 lies between the square of
 * the part and that of v_person; their geometric mean holds 95 % best (docs/log.md).
 */
export function crossedSpread({ person, prompt, cell }: Clustering): SpreadOf {
  return (contrast, players) => {
    const one = person && prompt ? null : (person ?? prompt);
    if (one) return { variance: one.covariance.quadratic(contrast), degrees: degrees(one, one.effective, players) };
    if (!person || !prompt || !cell) throw new RangeError("crossedSpread: games need people or prompts");
    const vPerson = person.covariance.quadratic(contrast);
    const vPrompt = prompt.covariance.quadratic(contrast);
    const vCell = cell.covariance.quadratic(contrast);
    const byPeople = Math.max(0, vPerson - vCell);
    const byPrompts = Math.max(0, vPrompt - vCell);
    const variance = vCell + byPeople + byPrompts;
    const noise =
      (byPeople * vPerson) / degrees(person, person.effective, players) +
      (byPrompts * vPrompt) / degrees(prompt, prompt.effective, players) +
      vCell ** 2 / degrees(cell, cell.effectiveAlone, players);
    return { variance, degrees: variance ** 2 / noise };
  };
}

/** Effective clusters of whichever of the players has fewest, but no more than clusters minus 1. */
function degrees({ clusters }: ClusterCovariance, effective: Vector, players: readonly number[]): number {
  return Math.max(1, Math.min(clusters - 1, ...players.map((player) => at(effective, player))));
}
