/** @file The measured rows of a reproduction, beside those of the paper. */
import { type AccuracyReport, type Interval, shareOf } from "@pickapic/evaluation";
import { COLOUR_SHARPNESS } from "@pickapic/pickscore/scorers";
import { ofScorer, type Reproduction, SCORERS } from "./reproduce.ts";

/** What the paper reports for v1 of the real dataset on test_unique, %. */
const PAPER = {
  random: "56.8",
  "colour-sharpness": "56.8 (aesthetic)",
  "clip-toy": "60.8 (CLIP-H)",
  experts: "68.0",
  pickscore: "70.5",
} as const;

/** A measured scorer, chance or the experts, and what the paper reports for the same kind. */
export interface MeasuredRow {
  name: string;
  /** Tie-aware accuracy, 0...1; null when there are too few examples. */
  share: number | null;
  /** Null when there is none. */
  interval?: Interval | null;
  threshold?: number;
  paper: string;
  ours?: boolean;
}

/** All measured rows, in the order of the paper. */
export function measuredRows({ random, experts, accuracy }: Reproduction): MeasuredRow[] {
  const row = (name: (typeof SCORERS)[number]) => scorerRow(name, ofScorer(accuracy, name));
  return [
    { name: "random", share: random.accuracy, threshold: random.threshold, paper: PAPER.random },
    row(COLOUR_SHARPNESS),
    row("clip-toy"),
    { name: "experts", share: experts.accuracy, interval: experts.interval, paper: PAPER.experts },
    { ...row("pickscore"), ours: true },
  ];
}

function scorerRow(name: (typeof SCORERS)[number], { accuracy, interval, threshold }: AccuracyReport): MeasuredRow {
  return { name, share: accuracy, interval, threshold, paper: PAPER[name] };
}

/** Says which figures of a reproduction are missing and why, one sentence for each reason. */
export function missingFigures(made: Reproduction): string[] {
  const { collected, experts, accuracy, differences, models, bestOf } = made;
  const reasons = [
    ["ties", shareOf(collected.ties, collected.rankings, { unit: "answers" }).reason],
    ...accuracy.map(({ reason }, i) => [`accuracy of ${SCORERS[i] ?? i}`, reason] as const),
    ["accuracy of experts", experts.reason],
    ...differences.map(({ to, reason }) => [`pickscore − ${to}`, reason] as const),
    ["ratings by people", models.people.models.reason],
    ...models.judges.map(({ judge, reason }) => [`correlation with ${judge}`, reason] as const),
    ...bestOf.map(({ scorer, reason }) => [`best of n by ${scorer}`, reason] as const),
  ] as const;
  const byReason = Map.groupBy(
    reasons.flatMap(([what, reason]) => (reason === null ? [] : [{ what, reason }])),
    ({ reason }) => reason,
  );
  return [...byReason].map(([reason, all]) => `${all.map(({ what }) => what).join(", ")}: ${reason}.`);
}
