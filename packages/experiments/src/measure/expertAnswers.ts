/** @file How well experts predict the people of a dataset, and scorers beside them on the same rankings. */
import { randomFor } from "@pickapic/chance";
import { type AccuracyReport, agreementScore, type Estimate, type Label, meanDifferenceOf, meanOf } from "@pickapic/evaluation";
import type { JudgedPair } from "./pairs.ts";
import type { ExpertAnswers } from "./people.ts";

/** The accuracy of experts on the measured rankings that they judged, and how scorers differ from them there. */
export interface ExpertResult {
  /** Tie-aware accuracy, 0...1; an expert's answer is the prediction, so that there is no threshold. */
  accuracy: Estimate;
  /** Measured rankings with an expert's answer. */
  rankings: number;
  answers: number;
  /** Each scorer minus the experts, in pairs on the rankings that experts judged. */
  differences: { scorer: string; difference: Estimate }[];
  protocol: string;
}

/** Scores experts' answers by the people's. Several experts of one ranking count as their mean. */
export function measureExpertAnswers(
  pairs: readonly JudgedPair[],
  experts: ExpertAnswers,
  results: readonly (Pick<AccuracyReport, "scores"> & { scorer: string })[],
  seed: number,
): ExpertResult {
  const judged = pairs.flatMap(({ rankingId, label, caption }, i) => {
    const own = experts.get(rankingId) ?? [];
    return own.length === 0 ? [] : [{ i, caption, count: own.length, score: meanScore(own, label) }];
  });
  const settings = { clusters: judged.map(({ caption }) => caption), unit: "rankings that experts judged" };
  const random = () => randomFor("bootstrap", seed);
  const answers = judged.reduce((sum, { count }) => sum + count, 0);
  return {
    accuracy: meanOf(
      judged.map(({ score }) => score),
      random(),
      settings,
    ),
    rankings: judged.length,
    answers,
    differences: results.map(({ scorer, scores }) => ({
      scorer,
      difference: meanDifferenceOf(
        judged.map(({ i, score }) => (scores[i] ?? 0) - score),
        random(),
        settings,
      ),
    })),
    protocol:
      `experts' answers as predictions on ${judged.length} measured rankings (${answers} answers): 1 for the same answer, 0.5 when one of the two is a tie; ` +
      `95 % interval by BCa bootstrap over prompts`,
  };
}

const meanScore = (experts: readonly Label[], label: Label): number =>
  experts.reduce<number>((sum, expert) => sum + agreementScore(expert, label), 0) / experts.length;
