/** @file A claim of the paper, and whether a measured figure with its interval holds it. */
import type { Interval } from "@pickapic/evaluation";
import type { StepName } from "./steps/step.ts";
import { STEPS } from "./steps.ts";

/**
 * Whether a claim holds here. "held": the whole interval is on the side that the claim says; "opposite": the whole interval is on the other side;
 * "not shown": the interval has both sides; "not measured": the step was left out, or there is no interval.
 */
export type Verdict = "held" | "opposite" | "not shown" | "not measured";

/** One claim of the paper with what was measured. */
export interface Claim {
  /** What it is about: 4 training, 5 measuring a scorer, 6 measuring models, 7 better images; the numbers of the report's sections. */
  section: 4 | 5 | 6 | 7;
  /** What the paper says, as a sentence. */
  says: string;
  /** The paper's figures. */
  paper: string;
  /** What was measured here, in words. */
  measured: string;
  /** The measured figure; null when it was not measured. */
  value: number | null;
  interval: Interval | null;
  /** How the figure is shown. */
  unit: "points" | "share" | "correlation" | "distance";
  verdict: Verdict;
  /** Why there is no figure or no interval; null when both are given. */
  reason: string | null;
  /** Why the toy world cannot show this claim, whatever comes out, and what a reader should think; null for a claim that it can show. */
  limit: string | null;
}

/** A figure with its interval, or why there is none. */
export interface Figure {
  value: number | null;
  interval: Interval | null;
  reason?: string | null;
}

/** What is known of a claim before anything is measured. */
export type Stated = Omit<Claim, "value" | "interval" | "verdict" | "reason" | "limit"> & Partial<Pick<Claim, "limit">>;

/** A claim that holds when the figure is above `than`, or below it. */
export function claim(stated: Stated, step: StepName, figure: Figure | null, side: "above" | "below", than = 0): Claim {
  const leftOut = { value: null, interval: null, reason: `the step ${step} (${STEPS[step].title}) was left out` };
  const { value, interval, reason = null } = figure ?? leftOut;
  return { limit: null, ...stated, value, interval, verdict: verdictOf(interval, side, than), reason };
}

function verdictOf(interval: Interval | null, side: "above" | "below", than: number): Verdict {
  if (interval === null) return "not measured";
  const [isAbove, isBelow] = [interval[0] > than, interval[1] < than];
  if (!isAbove && !isBelow) return "not shown";
  return isAbove === (side === "above") ? "held" : "opposite";
}
