/** @file Outside experts: people other than the author of a prompt judge the author's pairs (SPEC 5). */

import { drawSeed, randomFor } from "@pickapic/chance";
import { exampleScore, type Interval, type Label, meanOf } from "@pickapic/evaluation";
import { expert } from "@pickapic/toyworld";
import type { PlannedRanking } from "../collect.ts";

export interface ExpertReport {
  /** 0...1; null where there are too few examples. */
  accuracy: number | null;
  /** Null where it cannot be had. */
  interval: Interval | null;
  /** Why accuracy or interval is null; null when both are there. */
  reason: string | null;
  /** Mean score of the experts on each example, 0...1, for comparisons in pairs. */
  scores: number[];
}

/** Each example is judged by so many experts, none of whom judges a second one. */
export function measureExperts(examples: readonly PlannedRanking[], perExample: number, seed: number): ExpertReport {
  const random = randomFor("experts", seed);
  const scores = examples.map((example) => {
    const judged = Array.from({ length: perExample }, () => expertScore(example, random));
    return judged.reduce((sum, score) => sum + score, 0) / perExample;
  });
  const { value, interval, reason } = meanOf(scores, random);
  return { accuracy: value, interval, reason, scores };
}

/** A choice is a prediction with certainty; no threshold is needed. */
function expertScore({ prompt, images: [image0, image1], label }: PlannedRanking, random: () => number): number {
  const choice = expert(drawSeed(random)).choose(prompt, image0.request, image1.request, random);
  return exampleScore({ probability0: CERTAINTY[choice], label: label satisfies Label }, 0);
}

/** Image 0 stands left here: position does not matter to people who look. */
const CERTAINTY = { left: 1, right: 0, tie: 0.5 } as const;
