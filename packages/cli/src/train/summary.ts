/** @file Writes what a training run has changed, as tables for a terminal and as JSON. */

import {
  type Comparison,
  type Curve,
  type Findings,
  outcomeGaps,
  type SplitOutcome,
  verdictText,
} from "@pickapic/experiments/trained";
import { percent, percentRange, points, range, roundPercent, thousands } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { type Column, paint, table } from "../table.ts";

const right = (head: string): Column => ({ head, align: "right" });

/** Returns what --json prints about a run. Shares are 0...1, log loss is in nats. */
export function runFigures({
  outcome,
  verdict,
  curve,
  gaps,
}: Findings): Pick<Findings, "outcome" | "verdict" | "curve" | "gaps"> {
  return { outcome, verdict, curve, gaps };
}

/** Returns the tables of a run: before and after by each protocol, and the curve if there is one. The last line is the verdict. */
export function runText(output: Output, { run, outcome, verdict, curve }: Findings): string {
  const splits = [outcome.test, outcome.validation].filter((split) => split !== null);
  const gaps = outcomeGaps(outcome).map((gap) => `${gap}\n`);
  const figures = splits.length > 0 ? beforeAndAfter(output, splits) + gaps.join("") : "";
  const parts = [figures, curve ? curveTable(output, curve) : ""];
  return [...parts, verdictText(verdict, run.settings.init)].filter(Boolean).join("\n");
}

function beforeAndAfter(output: Output, splits: readonly SplitOutcome[]): string {
  const rows = splits.flatMap((split) => [
    ...(split.withoutTies ? [accuracyRow(`${split.split}, without ties`, split.withoutTies)] : []),
    ...(split.tieAware ? [accuracyRow(`${split.split}, tie-aware`, split.tieAware)] : []),
    measureRow(
      `${split.split}, calibration error`,
      split.pairs,
      split.reliability.before.error,
      split.reliability.after.error,
      percent,
    ),
    measureRow(`${split.split}, log loss`, split.pairs, split.logLoss.before, split.logLoss.after, (nats) => nats.toFixed(3)),
  ]);
  // The protocols of one split are enough here. The HTML report has those of all splits.
  const protocols = [splits[0]?.withoutTies, splits[0]?.tieAware].flatMap((each) => each?.protocol ?? []);
  const heads = [
    { head: "before and after" },
    right("n"),
    right("before"),
    right("after"),
    right("points"),
    right("95 % interval"),
  ];
  return table(output, heads, rows) + protocols.map((line) => `${paint(output, "dim", line)}\n`).join("");
}

function accuracyRow(name: string, { examples, before, after, difference, interval }: Comparison): string[] {
  return [
    name,
    thousands(examples),
    percent(before.accuracy),
    percent(after.accuracy),
    points(difference),
    range(interval, points),
  ];
}

function measureRow<T>(name: string, pairs: number, before: T, after: T, show: (value: T) => string): string[] {
  return [name, thousands(pairs), show(before), show(after)];
}

function curveTable(output: Output, { split, examples, before, points: all, reasons }: Curve): string {
  const rows = all.map(({ share, prompts, pairs, accuracy, interval, logLoss, toAll }) => [
    roundPercent(share),
    thousands(prompts),
    thousands(pairs),
    percent(accuracy),
    percentRange(interval),
    logLoss.toFixed(3),
    toAll ? `${points(toAll.difference)} (${range(toAll.interval, points)})` : "",
  ]);
  rows.unshift([
    "before training",
    "",
    "",
    percent(before.accuracy),
    percentRange(before.interval),
    before.logLoss.toFixed(3),
    "",
  ]);
  const heads = ["prompts", "pairs", "accuracy", "95 % interval", "log loss", "all are better by"].map(right);
  const said = `Accuracy without ties on the same ${thousands(examples)} ${split} pairs; differences in pairs.`;
  const gaps = reasons.map((reason) => `Figures are missing: ${reason}.\n`).join("");
  return `${table(output, [{ head: "share of the prompts" }, ...heads], rows)}${paint(output, "dim", said)}\n${gaps}`;
}
