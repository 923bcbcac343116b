/** @file The measured rows of a reproduction, beside those of the paper. */
import type { AccuracyReport, Interval } from "@pickapic/evaluation";
import { COLOUR_SHARPNESS } from "@pickapic/pickscore/scorers";
import { ofScorer, type Reproduction, type SCORERS } from "./reproduce.ts";

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
