/** @file The paper's experiment from end to end in the toy world, with its report. */
export { writeReport } from "./page.ts";
export { type Phase, type Reproduction, reproduce, SCORERS } from "./reproduce.ts";
export { type MeasuredRow, measuredRows, missingFigures } from "./rows.ts";
export { PATIENT, QUICK } from "./settings.ts";
