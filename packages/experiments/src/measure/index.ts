/** @file Measures scorers, text-to-image models, and the picks of many images. */
export type { CategoryName } from "./categories.ts";
export { type DistanceReport, measureDistances } from "./distances/distances.ts";
export type { ScorerFailures } from "./failures.ts";
export { GUIDANCE_EDGES, insteadOfConfigurations, type ModelReport } from "./models.ts";
export { measureOwnPromptSets, type OwnPromptSet, type OwnPromptSetReport } from "./promptSets/ownPromptSets.ts";
export type { PromptSetReport } from "./promptSets/promptSets.ts";
export { type Duel, type PickReport, type RankingReport, rankingOfScorers } from "./ranking.ts";
export { type CurvePoint, type RankingCurve, verdictSentence } from "./rankingCurve.ts";
export { AUDIENCES } from "./rankingRound.ts";
export { compareReleases, type ReleaseComparison, type ReleasePair } from "./releases.ts";
export { measureScorers, type ScorerReport, type ScorerReportSettings } from "./scorerReport.ts";
export { type MeasuredModels, measureModels, thresholdsFrom } from "./scorers.ts";
