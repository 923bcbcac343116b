/** @file The measured rows of a reproduction, beside those of the paper, and the figures that are missing. */
import { type Interval, shareOf } from "@pickapic/evaluation";
import { COLOUR_SHARPNESS } from "@pickapic/pickscore/scorers";
import type { RankingReport } from "../measure/ranking.ts";
import type { Reproduction } from "./reproduce.ts";
import { type AccuracyFacts, SCORERS, type ScorerName } from "./steps/step.ts";

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

/** What the paper reports for v1 of the real dataset on test_unique, %. */
const PAPER = {
  random: "56.8",
  [COLOUR_SHARPNESS]: "56.8 (aesthetic)",
  "clip-toy": "60.8 (CLIP-H)",
  experts: "68.0",
  pickscore: "70.5",
} as const;

/** All measured rows of section 5, in the order of the paper. */
export function measuredRows({ random, experts, scorers }: AccuracyFacts): MeasuredRow[] {
  const row = (name: ScorerName): MeasuredRow => {
    const found = scorers[SCORERS.indexOf(name)];
    return {
      name,
      share: found?.accuracy ?? null,
      interval: found?.interval ?? null,
      threshold: found?.threshold,
      paper: PAPER[name],
    };
  };
  return [
    { name: "random", share: random.accuracy, threshold: random.threshold, paper: PAPER.random },
    row(COLOUR_SHARPNESS),
    row("clip-toy"),
    { name: "experts", share: experts.accuracy, interval: experts.interval, paper: PAPER.experts },
    { ...row("pickscore"), ours: true },
  ];
}

/** Says which figures of a reproduction are missing and why, one sentence for each reason. */
export function missingFigures({ results }: Reproduction): string[] {
  const { dataset, accuracy, models, ranking, "best-of": best } = results;
  const picks = (name: string, report: RankingReport | undefined) =>
    (report?.picks ?? []).flatMap(({ picker, against }) =>
      against.map(({ baseline, people }): [string, string | null] => [
        `${name} by ${picker} against ${baseline}`,
        people.preferred.reason,
      ]),
    );
  const ties = dataset && shareOf(dataset.collected.ties, dataset.collected.rankings, { unit: "answers" });
  const reasons: [string, string | null][] = [
    ["ties", ties?.reason ?? null],
    ...(accuracy?.scorers ?? []).map(({ reason }, i): [string, string | null] => [`accuracy of ${SCORERS[i] ?? i}`, reason]),
    ["accuracy of experts", accuracy?.experts.reason ?? null],
    ...(accuracy?.differences ?? []).map(({ to, reason }): [string, string | null] => [`pickscore − ${to}`, reason]),
    ["ratings by people", models?.report.people.models.reason ?? null],
    ...(models?.report.judges ?? []).map(({ judge, reason }): [string, string | null] => [`correlation with ${judge}`, reason]),
    ...picks("best of n", best?.report),
    ...picks("best of seeds and templates", ranking?.report),
  ];
  const byReason = Map.groupBy(
    reasons.flatMap(([what, reason]) => (reason === null ? [] : [{ what, reason }])),
    ({ reason }) => reason,
  );
  return [...byReason].map(([reason, all]) => `${all.map(({ what }) => what).join(", ")}: ${reason}.`);
}
