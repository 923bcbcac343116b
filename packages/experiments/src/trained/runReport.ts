/** @file What the report of a run is made from. */
import type { SavedRun } from "@pickapic/pickscore";
import type { Curve } from "./curve.ts";
import type { DatasetFacts } from "./measured.ts";
import type { Mistake } from "./mistakes.ts";
import type { Outcome } from "./outcome.ts";
import type { PairPictures } from "./pictures.ts";
import type { RunVerdict } from "./verdict.ts";

/** All that the report of a run shows. */
export interface RunReport {
  run: SavedRun;
  outcome: Outcome;
  verdict: RunVerdict;
  /** null when the dataset could not be read */
  facts: DatasetFacts | null;
  mistakes: readonly (Mistake & { pictures: PairPictures })[];
  curve: Curve | null;
  /** Sentences about what could not be shown, and why. */
  gaps: readonly string[];
}
