/** @file Counts the images without a score, and refuses a measurement of which too much would be left out. */
import { ExperimentError } from "../errors.ts";
import type { JudgeFailure } from "./pairs.ts";

/** The images to which one scorer gave no score. */
export interface ScorerFailures {
  scorer: string;
  images: number;
  /** The first of them, each with the reason. */
  first: readonly Pick<JudgeFailure, "uid" | "caption" | "reason">[];
}

/** So many failures of a scorer are named. */
const NAMED = 5;

/** Counts failures while a split is judged. */
export interface FailureCount {
  readonly onFailure: (failure: JudgeFailure) => void;
  /** Checks what was left out of a split in the end. @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING */
  check(split: string, total: number, measured: number): void;
  /** One entry for each scorer that failed. */
  summary(): ScorerFailures[];
}

/**
 * Counts failures over all splits. Leaving out a few rankings changes little; more than a small share is no fair sample, because
 * scorers fail on certain images and not by chance.
 * @param mostFailed share of the rankings of a split that may be left out, 0...1
 * @param fewest rankings of all splits together: with so many failures that more than `mostFailed` of them must be lost, the work
 * ends early
 */
export function countFailures(mostFailed: number, fewest: number): FailureCount {
  const failures: JudgeFailure[] = [];
  const refuse = (what: string, left: string): never => {
    const [first] = failures;
    const named = first ? `image ${first.uid} of "${first.caption}": ${first.reason}` : "none";
    throw new ExperimentError("PICKAPIC_CLI_SCORES_MISSING", what, left, `${Number((100 * mostFailed).toFixed(2))} %`, named);
  };
  return {
    onFailure(failure) {
      failures.push(failure);
      // A ranking has two images, so at least half as many rankings are lost.
      if (failures.length > 2 * mostFailed * fewest)
        refuse(`the ${fewest} rankings`, `At least ${Math.ceil(failures.length / 2)}`);
    },
    check(split, total, measured) {
      const left = total - measured;
      if (measured === 0 || left > mostFailed * total) refuse(`the ${total} rankings of ${split}`, `${left}`);
    },
    summary: () =>
      [...Map.groupBy(failures, ({ judge }) => judge)].map(([scorer, own]) => ({
        scorer,
        images: own.length,
        first: own.slice(0, NAMED).map(({ uid, caption, reason }) => ({ uid, caption, reason })),
      })),
  };
}
