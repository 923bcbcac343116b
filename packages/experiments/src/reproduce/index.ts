/** @file The paper's experiment from end to end in the toy world, with its report. */
export type { Claim, Verdict } from "./claim.ts";
export { claimsOf } from "./claims.ts";
export { figureText, intervalText } from "./claimText.ts";
export { writeReport } from "./page.ts";
export { type Reproduction, reproduce, type StepProgress } from "./reproduce.ts";
export { type MeasuredRow, measuredRows, missingFigures } from "./rows.ts";
export { FULL, QUICK, type ReproduceSettings } from "./settings.ts";
export { type Engines, SCORERS, type StepName } from "./steps/step.ts";
export {
  /** @public The names that --only takes. */
  STEP_NAMES,
} from "./steps.ts";
