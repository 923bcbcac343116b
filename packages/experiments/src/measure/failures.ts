/** @file Counts the images without a score, and refuses a measurement of which too much would be left out. */
import type { Dataset, Split } from "@pickapic/dataset";
import { entryOf } from "@pickapic/errors";
import { ExperimentError } from "../errors.ts";
import { type Judge, type JudgedPair, type JudgeFailure, type JudgeSettings, judgeSplit } from "./pairs.ts";

/** Largest share of the rankings of a split that may be left out, unless the caller gives another one. */
export const MOST_FAILED = 0.05;

/** The images to which one scorer gave no score. */
export interface ScorerFailures {
  scorer: string;
  images: number;
  /** The first of them, each with the reason. */
  first: readonly Pick<JudgeFailure, "uid" | "caption" | "reason">[];
}

/** How many failures of a scorer a summary names at most. */
const NAMED = 5;

/** Counts failures while a split is judged. */
export interface FailureCount {
  readonly onFailure: (failure: JudgeFailure) => void;
  /** Checks, once a split is judged, that not too much of it was left out. @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING */
  check(split: string, total: number, measured: number): void;
  /** One entry for each scorer that failed. */
  summary(): ScorerFailures[];
}

/** What is left out when an image has no score. */
export interface LeftOutUnit {
  /** Its name in messages, in the plural; default "rankings". */
  readonly unit?: string;
  /** Images of each; default 2. */
  readonly images?: number;
}

/**
 * Counts failures over all splits. Leaving out a few rankings changes little; more than a small share is no fair sample, because
 * scorers fail on certain images and not by chance.
 * @param mostFailed share of the rankings of a split that may be left out, 0...1
 * @param fewest the least number of rankings in all splits together. The work ends early once so many images have failed that more than `mostFailed` of
 * these rankings must be left out
 */
export function countFailures(
  mostFailed: number,
  fewest: number,
  { unit = "rankings", images = 2 }: LeftOutUnit = {},
): FailureCount {
  const failures: JudgeFailure[] = [];
  const refuse = (what: string, left: string): never => {
    const [first] = failures;
    const named = first ? `image ${first.uid} of "${first.caption}": ${first.reason}` : "none";
    throw new ExperimentError("PICKAPIC_CLI_SCORES_MISSING", what, left, `${Number((100 * mostFailed).toFixed(2))} %`, named);
  };
  return {
    onFailure(failure) {
      failures.push(failure);
      // Each ranking has `images` images, so failures / images rankings are lost at least.
      if (failures.length > images * mostFailed * fewest)
        refuse(`the ${fewest} ${unit}`, `At least ${Math.ceil(failures.length / images)}`);
    },
    check(split, total, measured) {
      const left = total - measured;
      if (measured === 0 || left > mostFailed * total) refuse(`the ${total} ${unit} of ${split}`, `${left}`);
    },
    summary: () =>
      [...Map.groupBy(failures, ({ judge }) => judge)].map(([scorer, own]) => ({
        scorer,
        images: own.length,
        first: own.slice(0, NAMED).map(({ uid, caption, reason }) => ({ uid, caption, reason })),
      })),
  };
}

/** The rankings of several splits, judged by the same scorers, with what had to be left out. */
export interface JudgedSplits {
  /** @throws Error for a split that was not judged */
  of(split: Split): readonly JudgedPair[];
  /** Rankings of a split that were left out, because an image in them has no score. */
  leftOutOf(split: Split): number;
  readonly failures: ScorerFailures[];
}

/**
 * Judges each split once. Rankings with an image without a score are left out for all scorers, and such images are counted.
 * @param mostFailed share of the rankings of a split that may be left out, 0...1
 * @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING when more would be left out; PICKAPIC_CLI_TOO_FEW for an empty split
 */
export async function judgeSplits(
  dataset: Dataset,
  splits: readonly Split[],
  scorers: readonly Judge[],
  { mostFailed = MOST_FAILED, ...effects }: JudgeSettings & { mostFailed?: number | undefined },
): Promise<JudgedSplits> {
  const count = (split: Split) => (dataset.splits.includes(split) ? dataset.count(split) : 0);
  const different = [...new Set(splits)];
  const failures = countFailures(
    mostFailed,
    different.reduce((sum, split) => sum + count(split), 0),
  );
  const judged = new Map<Split, readonly JudgedPair[]>();
  for (const split of different) {
    const pairs = await judgeSplit(dataset, split, scorers, { ...effects, onFailure: failures.onFailure });
    failures.check(split, count(split), pairs.length);
    judged.set(split, pairs);
  }
  return {
    of: (split) => entryOf(judged, split),
    leftOutOf: (split) => count(split) - entryOf(judged, split).length,
    failures: failures.summary(),
  };
}
