/** @file The accuracy of a training at each validation, as a plot. */
import { tooFew } from "@pickapic/evaluation";
import { curvePlot, type TrainingPoint } from "@pickapic/report";
import { type Html, html } from "@pickapic/report/html";

/** A line of metrics.jsonl. */
type MeasuredPoint = TrainingPoint & { readonly validationPairs?: number };

/** Plots the accuracy at each validation, or returns a sentence when its pairs with a winner are too few for a share. */
export function accuracyCurve(metrics: readonly MeasuredPoint[]): Html {
  const pairs = metrics.findLast(({ validationPairs }) => validationPairs !== undefined)?.validationPairs;
  const few = pairs === undefined ? "no validation took place" : tooFew(pairs, "pairs with a winner");
  if (few !== null) return html`<p class="note">No curve: ${few}.</p>`;
  return curvePlot(metrics, {
    label: "accuracy, %",
    of: ({ validationAccuracy: share }) => (share === undefined ? undefined : 100 * share),
  });
}
