/** @file Who was measured in a reproduction, beside what the paper measured. */
import type { AccuracyReport, Interval } from "@pickapic/evaluation";
import { type Reproduction, SCORERS } from "./reproduce.ts";

/** What the paper reports for v1 of the real dataset on test_unique, % (SPEC 5). */
const PAPER = { random: "56.8", aesthetic: "56.8", "clip-toy": "60.8 (CLIP-H)", experts: "68.0", pickscore: "70.5" } as const;

/** Somebody who was measured, and what the paper measured for their like. */
export interface MeasuredRow {
  name: string;
  /** Tie-aware accuracy, 0...1; null where there are too few examples. */
  share: number | null;
  /** Null where it cannot be had. */
  interval?: Interval | null;
  threshold?: number;
  paper: string;
  ours?: boolean;
}

/** Everybody who was measured, in the order of the paper. */
export function measuredRows({ random, experts, accuracy }: Reproduction): MeasuredRow[] {
  const [aesthetic, clipToy, pickscore] = SCORERS.map((name, i) => scorerRow(name, accuracy[i]!));
  return [
    { name: "random", share: random.accuracy, threshold: random.threshold, paper: PAPER.random },
    aesthetic!,
    clipToy!,
    { name: "experts", share: experts.accuracy, interval: experts.interval, paper: PAPER.experts },
    { ...pickscore!, ours: true },
  ];
}

function scorerRow(name: (typeof SCORERS)[number], { accuracy, interval, threshold }: AccuracyReport): MeasuredRow {
  return { name, share: accuracy, interval, threshold, paper: PAPER[name] };
}
