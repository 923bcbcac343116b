/** @file `@pickapic/pickscore/scoring`: all that a program needs that only scores. The engine is loaded in the scoring process, not in this one. */

export { type Baseline, openBaseline } from "./baseline.ts";
export type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./imageResult.ts";
export { cautionOf } from "./models.ts";
export { standingsOf } from "./rank.ts";
export type { Scorer, ScorerOptions } from "./scorer.ts";
export { openScorer } from "./service.ts";
export { scoreStream } from "./stream.ts";
