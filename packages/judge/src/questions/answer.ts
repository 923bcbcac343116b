/** @file Answers questions that were understood, from the scores of the images. */
import { itemAt } from "@pickapic/errors";
import type { JudgeCalibration } from "../core/calibration.ts";
import { classProbabilities, preferredToRandom } from "../core/reference.ts";
import { standingsAmong } from "../core/scale.ts";
import type { Meaning } from "./meaning.ts";

/** An answer: the probability of a statement, or one probability for each choice or level. */
export type JudgeAnswer = { readonly probability: number } | { readonly probabilities: readonly number[] };

/**
 * Answers a question.
 * @param scores of all images of the question, under its prompt
 * @returns null when the judge has no votes to compare with, and the question needs them
 */
export function answerOf(meaning: Meaning, scores: readonly number[], calibration: JudgeCalibration | null): JudgeAnswer | null {
  const among = (images: readonly number[]) =>
    standingsAmong(
      images.map((image) => itemAt(scores, image)),
      calibration,
    ).probabilities;
  switch (meaning.kind) {
    case "which":
      return { probabilities: among(meaning.images) };
    case "better":
      return { probability: itemAt(among([meaning.winner, meaning.loser]), 0) };
    case "best":
      return { probability: itemAt(among([...scores.keys()]), meaning.image) };
    default:
      return calibration && comparedWithVotes(meaning, itemAt(scores, meaning.image), calibration);
  }
}

function comparedWithVotes(
  meaning: Extract<Meaning, { kind: "aboveRandom" | "rate" }>,
  score: number,
  { quantiles, temperature }: JudgeCalibration,
): JudgeAnswer {
  if (meaning.kind === "aboveRandom") return { probability: preferredToRandom(score, quantiles, temperature) };
  return { probabilities: classProbabilities(score, quantiles, temperature, meaning.levels) };
}

/** How peaked a distribution is: 0 when all are equally likely, 1 when one is certain. With two it is |2p - 1|. */
export function confidenceOf(probabilities: readonly number[]): number {
  const count = probabilities.length;
  const most = probabilities.reduce((a, b) => Math.max(a, b), 0);
  return Math.min(1, Math.max(0, (count * most - 1) / (count - 1)));
}

/** The index of the largest number; the first of several. */
export function largestOf(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > itemAt(values, best) ? i : best), 0);
}

/** The mean of 0, 1, 2 ... under these probabilities. */
export function meanLevel(probabilities: readonly number[]): number {
  return probabilities.reduce((sum, probability, level) => sum + probability * level, 0);
}
