/** @file The results of a judge for the images of one question. */
import type { ImageScore } from "@pickapic/pickscore/scoring";
import type { JudgeCalibration } from "./calibration.ts";

/** The scorer of a judge, and how far its probabilities can be trusted. */
export interface JudgeFacts {
  /** The scorer, as it was named. */
  readonly scorer: string;
  /** What must be equal for its scores to be equal: a checksum, a seed, a version. */
  readonly identity: string;
  readonly calibration: JudgeCalibration | null;
}

/** The results for the images of one question. All images were judged by the same scorer. */
export interface JudgedImages {
  readonly facts: JudgeFacts;
  /** A score, or the reason why there is none, for each image in order. */
  readonly results: readonly ImageScore[];
  /** ms that the images waited for the scorer. */
  readonly waitedMs: number;
  /** Of these, the ms in which the scorer could have taken them: they waited for others to fill their batch. */
  readonly fillMs: number;
  /** ms in which the scorer had them. */
  readonly computedMs: number;
}
