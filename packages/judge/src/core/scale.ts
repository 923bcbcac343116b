/** @file The scales on which scores are given. A raw score is comparable under its own prompt only. */
import { type Standings, standingsOf } from "@pickapic/pickscore/scoring";
import { JudgeError } from "../errors.ts";
import type { JudgeCalibration } from "./calibration.ts";
import { percentileOf, preferredToRandom } from "./reference.ts";

/** The scales, in the order of the documentation. */
export const SCALES = ["raw", "unit", "probability", "percentile"] as const;
/** The scale of a score in a reply; `scaled` says what each means. */
export type Scale = (typeof SCALES)[number];

/** Training by rewards divides PickScore by this number (flow_grpo, Flow-Factory), so that good images come out near 1. It has no other meaning. */
export const UNIT = 26;

/**
 * A score on a scale.
 * - raw: T cos(text, image) of a CLIP, about -100...100; comparable within one prompt only.
 * - unit: raw / 26. About 0.6 to 1 for PickScore, but it may lie outside of 0...1.
 * - probability: 0...1, that a person prefers the image to a random one of the votes.
 * - percentile: 0...100, per cent of the votes' images that score lower.
 * @throws JudgeError PICKAPIC_JUDGE_REFERENCE for the last two without votes
 */
export function scaled(score: number, scale: Scale, calibration: JudgeCalibration | null): number {
  if (scale === "raw") return score;
  if (scale === "unit") return score / UNIT;
  if (!calibration) throw new JudgeError("PICKAPIC_JUDGE_REFERENCE", scale);
  const { quantiles, temperature } = calibration;
  return scale === "percentile" ? percentileOf(score, quantiles) : preferredToRandom(score, quantiles, temperature);
}

/** Checks that scores can be told on a scale, before they are computed. @throws JudgeError PICKAPIC_JUDGE_REFERENCE without votes to compare with */
export function checkScale(scale: Scale, calibration: JudgeCalibration | null): void {
  scaled(0, scale, calibration);
}

/** Order, ranks and probabilities of the images of one prompt: the probability that a person prefers each among all is the softmax of score / temperature. */
export function standingsAmong(scores: readonly number[], calibration: JudgeCalibration | null): Standings {
  const temperature = calibration?.temperature ?? 1;
  return standingsOf(scores.map((score) => score / temperature));
}
