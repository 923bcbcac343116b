/** @file Measures scorers, text-to-image models, and the best of several images. */
export { type BestOfOutcome, bestOfForScorers } from "./best.ts";
export { GUIDANCE_EDGES, type ModelReport } from "./models.ts";
export { measureModels, measureScorers, type ScorerReport } from "./scorers.ts";
