/** @file The images of one prompt with their standing among each other. */
import { itemAt } from "@pickapic/errors";
import type { JudgedImages } from "./judged.ts";
import { type Scale, scaled, standingsAmong } from "./scale.ts";

/** An image with its standing among the images of one question. */
export interface RankedImage {
  /** Its index in the question. */
  readonly index: number;
  /** 1 for the best; equal scores share a rank. */
  readonly rank: number;
  /** On the scale that was asked for; on the scale probability, the same as `probability`. */
  readonly score: number;
  /** The probability, 0...1, that a person prefers it among all. */
  readonly probability: number;
}

/** An image that has no score, with the reason. */
export interface FailedImage {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** The images of one question, best first. */
export interface RankedImages {
  readonly ranked: RankedImage[];
  readonly failed: FailedImage[];
}

/** Ranks the images of one prompt. @throws JudgeError PICKAPIC_JUDGE_REFERENCE for the scale percentile without votes */
export function rankedImages({ results, facts: { calibration } }: JudgedImages, scale: Scale = "raw"): RankedImages {
  const scores = results.flatMap((result, index) => ("score" in result ? [{ index, score: result.score }] : []));
  const { order, ranks, probabilities } = standingsAmong(
    scores.map(({ score }) => score),
    calibration,
  );
  const ranked = order.map((i) => {
    const { index, score } = itemAt(scores, i);
    const probability = itemAt(probabilities, i);
    const told = scale === "probability" ? probability : scaled(score, scale, calibration);
    return { index, rank: itemAt(ranks, i), score: told, probability };
  });
  return { ranked, failed: failedImages(results) };
}

/** The images without a score. */
export function failedImages(results: JudgedImages["results"]): FailedImage[] {
  return results.flatMap((result, index) => {
    if (!("code" in result)) return [];
    // An image that came as bytes is called "picture" where it is decoded.
    const message = result.message.replace(/^picture:/, `Image ${index + 1} of the question:`);
    return [{ index, code: result.code, message }];
  });
}
