/** @file The report of `pickapic evaluate ranking` on a terminal. */
import {
  AUDIENCES,
  type PickReport,
  type RankingCurve,
  type RankingReport,
  verdictSentence,
} from "@pickapic/experiments/measure";
import { percent, percentRange } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { type Column, paint, table } from "../table.ts";
import { failureLines } from "./failureText.ts";

const right = (head: string): Column => ({ head, align: "right" });

/** Writes the picks against their baselines, the curve of each scorer with its verdicts, and how the figures were made. */
export function rankingText(output: Output, report: RankingReport): string {
  const few = report.picks[0]?.against[0]?.people.preferred;
  if (few && few.value === null)
    return `No share can be given: ${few.reason}. Ask for more prompts (--prompts) or judges (--judges).`;
  return [
    picksTable(output, report.picks),
    ...savings(report),
    ...failureLines(report.failures, report.leftOut, "prompt"),
    ...report.curves.map((curve) => curveText(output, curve, report.settings.n)),
    paint(output, "dim", report.protocol),
  ].join("\n");
}

function picksTable(output: Output, picks: readonly PickReport[]): string {
  const heads = [
    { head: "the pick of" },
    { head: "preferred to" },
    ...["people", "95 % interval", "experts", "95 % interval", "same"].map(right),
  ];
  const rows = picks.flatMap(({ picker, against }) =>
    against.map(({ baseline, people, experts }, i) => [
      i === 0 ? picker : "",
      baseline,
      ...[people, experts].flatMap(({ preferred }) => [percent(preferred.value), percentRange(preferred.interval)]),
      `${people.same}`,
    ]),
  );
  return [table(output, heads, rows), ...gapsIn(picks).map((gap) => `${gap}\n`)].join("");
}

/** Why intervals are missing, a sentence each. */
function gapsIn(picks: readonly PickReport[]): string[] {
  return picks.flatMap(({ picker, against }) =>
    against.flatMap(({ baseline, ...audiences }) =>
      AUDIENCES.flatMap((audience) => {
        const { reason } = audiences[audience].preferred;
        return reason === null ? [] : [`${picker} against ${baseline}, ${audience}: ${reason}.`];
      }),
    ),
  );
}

/** How many images each pick with patience would have saved. */
function savings({ picks, settings: { n, patience } }: RankingReport): string[] {
  return picks
    .filter(({ images }) => patience !== null && images < n)
    .map(
      ({ picker, images }) =>
        `${picker} (${patience}): ${images.toFixed(1)} of ${n} pictures made on average, ${(n - images).toFixed(1)} saved.`,
    );
}

function curveText(output: Output, { scorer, points, ...verdicts }: RankingCurve, n: number): string {
  const heads = ["n", "score gained", "its forecast", "people", "95 % interval", "experts", "95 % interval"].map(right);
  const rows = points.map(({ n: size, gain, forecast, people, experts }) => [
    `${size}`,
    gain.toFixed(2),
    percent(forecast),
    ...[people, experts].flatMap(({ value, interval }) => [percent(value), percentRange(interval)]),
  ]);
  const said = AUDIENCES.map((audience) => verdictSentence(audience, verdicts[audience], n));
  return [
    `The best of n by ${scorer}, against a random seed with a random template:`,
    table(output, heads, rows),
    ...said,
    "",
  ].join("\n");
}
