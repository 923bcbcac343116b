/** @file The report of `evaluate scorer` as tables for a terminal, and as the object that --json prints. */
import type { ScorerReport } from "@pickapic/experiments/measure";
import { percent, percentRange, points, range, thousands } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { type Column, paint, table } from "../table.ts";
import { failureLines } from "./failureText.ts";

/** The report without the scores of single examples, which only the paired comparison needs. */
export function reportJson(report: ScorerReport): object {
  const bare = <T extends { scores: unknown; clusters: unknown }>({ scores: _scores, clusters: _clusters, ...rest }: T) => rest;
  return { ...report, scorers: report.scorers.map(({ winners, ...scorer }) => ({ ...bare(scorer), winners: bare(winners) })) };
}

const right = (head: string): Column => ({ head, align: "right" });

/** The report as tables; one sentence when there are too few examples for any figure. */
export function reportText(output: Output, report: ScorerReport): string {
  const few = report.scorers.find(({ accuracy }) => accuracy === null);
  const notes = notesOf(report);
  if (few)
    return [
      `No accuracy can be given for ${report.splits.test}: ${few.reason}. Collect more rankings, then export again.`,
      ...notes.failed,
    ].join("\n");
  return [
    accuracyTable(output, report),
    probabilityTable(output, report),
    ...differenceTable(output, report),
    ...categoryTables(output, report),
    ...notes.failed,
    ...notes.gaps,
    paint(output, "dim", report.cite.text),
  ].join("\n");
}

function accuracyTable(output: Output, { random, scorers, experts, people }: ScorerReport): string {
  const rows = [
    ["random (expected)", percent(random.accuracy), "", `${random.threshold}`, percent(0.5), ""],
    ...scorers.map(({ scorer, accuracy, interval, threshold, winners }) => [
      scorer,
      percent(accuracy),
      percentRange(interval),
      `${threshold}`,
      percent(winners.accuracy),
      percentRange(winners.interval),
    ]),
    ...(experts ? [["experts", percent(experts.accuracy.value), percentRange(experts.accuracy.interval), "", "", ""]] : []),
    [
      "another person",
      percent(people.tieAware.value),
      percentRange(people.tieAware.interval),
      "",
      percent(people.winners.value),
      percentRange(people.winners.interval),
    ],
  ];
  const heads = ["accuracy", "95 % interval", "threshold", "without ties", "95 % interval"].map(right);
  return table(output, [{ head: "predictor" }, ...heads], rows);
}

function probabilityTable(output: Output, { scorers }: ScorerReport): string {
  const rows = scorers.map(({ scorer, logLoss, logLossInterval, calibration, calibrationByChance }) => [
    scorer,
    logLoss === null ? "–" : logLoss.toFixed(3),
    range(logLossInterval, (nats) => nats.toFixed(3)),
    percent(calibration.error),
    percent(calibrationByChance),
  ]);
  return table(
    output,
    [
      { head: "probabilities" },
      ...["log-loss (guess 0.693)", "95 % interval", "calibration error", "by chance alone"].map(right),
    ],
    rows,
  );
}

function differenceTable(output: Output, { differences, experts }: ScorerReport): string[] {
  const rows = [
    ...differences.map(({ a, b, tieAware, winners }) => [
      `${a} - ${b}`,
      points(tieAware.difference),
      range(tieAware.interval, points),
      points(winners.difference),
      range(winners.interval, points),
    ]),
    ...(experts?.differences ?? []).map(({ scorer, difference }) => [
      `${scorer} - experts`,
      points(difference.value),
      range(difference.interval, points),
      "",
      "",
    ]),
  ];
  const heads = ["points", "95 % interval", "without ties", "95 % interval"].map(right);
  return rows.length === 0 ? [] : [table(output, [{ head: "difference, in pairs" }, ...heads], rows)];
}

function categoryTables(output: Output, { categories }: ScorerReport): string[] {
  return categories.map(({ by, scorers }) => {
    const heads = scorers.flatMap(({ scorer }) => [right(scorer), right("95 % interval")]);
    const rows = (scorers[0]?.categories ?? []).flatMap(({ category, examples }, i) => {
      if (examples === 0) return [];
      const own = scorers.map(({ categories: each }) => each[i]);
      const shares = own.flatMap((each) => [percent(each?.value ?? null), percentRange(each?.interval ?? null)]);
      return [[category, thousands(examples), ...shares]];
    });
    const isDashed = scorers.some(({ categories: each }) => each.some(({ examples: n, interval }) => n > 0 && interval === null));
    const dash = isDashed ? "A dash: too few rankings for a share, or too few prompts for an interval.\n" : "";
    return `${table(output, [{ head: `by ${by}` }, right("rankings"), ...heads], rows)}${dash}`;
  });
}

/** Why figures are missing, and which images have no score. */
function notesOf({ scorers, differences, people, experts, splits, examples, remarks, failures, leftOut }: ScorerReport) {
  const gaps = [
    ...scorers.flatMap(({ scorer, reason, winners }) => [
      { name: scorer, reason },
      { name: `${scorer} without ties`, reason: winners.reason },
    ]),
    ...differences.flatMap(({ a, b, tieAware, winners }) => [
      { name: `${a} - ${b}`, reason: tieAware.reason },
      { name: `${a} - ${b} without ties`, reason: winners.reason === tieAware.reason ? null : winners.reason },
    ]),
    { name: "another person", reason: people.tieAware.reason },
    { name: "another person without ties", reason: people.tieAware.reason === null ? people.winners.reason : null },
    ...(experts ? [{ name: "experts", reason: experts.accuracy.reason }] : []),
  ].flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}.`]));
  const which = leftOut.test === 0 ? `All ${examples} rankings` : `${examples} of the ${examples + leftOut.test} rankings`;
  const all = splits.test === "test_unique" ? [] : [`${which} of ${splits.test} were measured, with intervals over prompts.`];
  const lost = leftOut.validation + leftOut.test;
  return { gaps: [...gaps, ...all, ...remarks], failed: failureLines(failures, lost) };
}
