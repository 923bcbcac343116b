/** @file Outside experts: people other than the author of a prompt judge the author's pairs, as in section 5 of the paper. */

import { drawSeed, randomFor } from "@pickapic/chance";
import { exampleScore, type Interval, type Label, meanOf } from "@pickapic/evaluation";
import { expert } from "@pickapic/toyworld";
import type { PlannedRanking } from "../collect.ts";

/** How often outside experts choose as the author did, by the score of the paper: a tie of only one of the two counts half. */
export interface ExpertReport {
  /** 0...1; null when there are too few examples. */
  accuracy: number | null;
  /** Null when there is none; see `reason`. */
  interval: Interval | null;
  /** Why accuracy or interval is null; null when both are given. */
  reason: string | null;
  /** Mean score of the experts on each example, 0...1, for paired comparisons. */
  scores: number[];
}

/** Lets `perExample` experts judge each example; no expert judges two. */
export function measureExperts(examples: readonly PlannedRanking[], perExample: number, seed: number): ExpertReport {
  const random = randomFor("experts", seed);
  const scores = examples.map((example) => {
    const judged = Array.from({ length: perExample }, () => expertScore(example, random));
    return judged.reduce((sum, score) => sum + score, 0) / perExample;
  });
  const { value, interval, reason } = meanOf(scores, random);
  return { accuracy: value, interval, reason, scores };
}

/** Scores an expert's choice: it is a prediction with certainty, so it needs no threshold. */
function expertScore({ prompt, images: [image0, image1], label }: PlannedRanking, random: () => number): number {
  const choice = expert(drawSeed(random)).choose(prompt, image0.request, image1.request, random);
  return exampleScore({ probability0: CERTAINTY[choice], label: label satisfies Label }, 0);
}

/** Image 0 is on the left here, because the side does not matter to people who look. */
const CERTAINTY = { left: 1, right: 0, tie: 0.5 } as const;
