/** @file What a training run has made: its figures, its learning curve and its report. */
export { type Curve, trainShares } from "./curve.ts";
export { type Findings, findings, orGap, writeRunReport } from "./findings.ts";
export { freeMemory } from "./freeMemory.ts";
export { type Measured, measureRun } from "./measured.ts";
export {
  type Comparison,
  type JudgedPairs,
  /** @public For programs that have judged pairs of their own. */
  measureOutcome,
  type Outcome,
  outcomeGaps,
  type SplitOutcome,
} from "./outcome.ts";
export { type RunVerdict, verdictText } from "./verdict.ts";
