/** @file `@pickapic/pickscore/scoring`, for programs that only score. They need not load the engine: only the scoring process does. */

export { preference } from "../loss.ts";
export type { Scorer } from "../scorers/scorer.ts";
export { type Baseline, isClipScorer, openBaseline } from "./baseline.ts";
export type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./imageResult.ts";
export { cautionOf } from "./models.ts";
export { type Standings, standingsOf } from "./rank.ts";
export type { ClipScorer, ScorerOptions } from "./scorer.ts";
export { scoreStream } from "./stream.ts";
