/** @file Measures scorers, text-to-image models, and the best of several images. */
export { type BestOfOutcome, bestOfForScorers } from "./best.ts";
export type { CategoryName } from "./categories.ts";
export { type DistanceReport, measureDistances } from "./distances/distances.ts";
export { GUIDANCE_EDGES, type ModelReport } from "./models.ts";
export { compareReleases, type ReleaseComparison, type ReleasePair } from "./releases.ts";
export { measureScorers, type ScorerReport, type ScorerReportSettings } from "./scorerReport.ts";
export { measureModels, thresholdsFrom } from "./scorers.ts";
