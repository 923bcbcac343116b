/** @file `@pickapic/pickscore/scorers`: scorers of every kind behind one interface, opened by their names. */
export { COLOUR_SHARPNESS } from "./colourSharpness.ts";
export type { NamedScorer, NamedScorerOptions, RepeatedCalls } from "./kind.ts";
export { closeScorers, isModelName, openNamedScorer, openNamedScorers } from "./kinds.ts";
export type { Scorer } from "./scorer.ts";
