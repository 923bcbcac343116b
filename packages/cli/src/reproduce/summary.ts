/** @file The main figures of a reproduction: as JSON, and as tables for a terminal. */
import type { AccuracyReport, Interval } from "@pickapic/evaluation";
import type { Output } from "../context.ts";
import { duration } from "../progress.ts";
import { correlation, percent, percentRange, points, range, thousands } from "../report/figures.ts";
import { paint, table } from "../table.ts";
import { type Reproduction, SCORERS } from "./reproduce.ts";

/** What the paper reports for v1 of the real dataset on test_unique, % (SPEC 5). */
const PAPER = { random: "56.8", aesthetic: "56.8", "clip-toy": "60.8 (CLIP-H)", experts: "68.0", pickscore: "70.5" } as const;
const PICKSCORE = SCORERS.indexOf("pickscore");

/** Somebody who was measured, and what the paper measured for their like. */
export interface MeasuredRow {
  name: string;
  /** Tie-aware accuracy, 0...1. */
  share: number;
  interval?: Interval;
  threshold?: number;
  paper: string;
  ours?: boolean;
}

/** Everybody who was measured, in the order of the paper. */
export function measuredRows({ random, experts, accuracy }: Reproduction): MeasuredRow[] {
  const [aesthetic, clipToy, pickscore] = SCORERS.map((name, i) => scorerRow(name, accuracy[i]!));
  return [
    { name: "random", share: random.accuracy, threshold: random.threshold, paper: PAPER.random },
    aesthetic!,
    clipToy!,
    { name: "experts", share: experts.accuracy, interval: experts.interval, paper: PAPER.experts },
    { ...pickscore!, ours: true },
  ];
}

function scorerRow(name: (typeof SCORERS)[number], { accuracy, interval, threshold }: AccuracyReport): MeasuredRow {
  return { name, share: accuracy, interval, threshold, paper: PAPER[name] };
}

/** What --json prints. Ties, accuracies and preferred are shares, 0...1. */
export interface MainFigures {
  seed: number;
  seconds: number;
  ties: number;
  accuracy: { random: number; aesthetic: number; clipToy: number; experts: number; pickscore: number };
  bestOf: { n: number; preferred: number; interval: Interval };
}

export function mainFigures({ settings, seconds, collected, random, experts, accuracy, bestOf }: Reproduction): MainFigures {
  const [aesthetic, clipToy, pickscore] = accuracy.map((report) => report.accuracy);
  const { preferred, interval } = bestOf[PICKSCORE]!;
  return {
    seed: settings.seed,
    seconds: Math.round(10 * seconds) / 10,
    ties: collected.ties / collected.rankings,
    accuracy: {
      random: random.accuracy,
      aesthetic: aesthetic!,
      clipToy: clipToy!,
      experts: experts.accuracy,
      pickscore: pickscore!,
    },
    bestOf: { n: settings.bestOfN, preferred, interval },
  };
}

/** The tables of a reproduction. */
export function summaryText(output: Output, made: Reproduction): string {
  const { collected, settings, phases, seconds, splits } = made;
  const facts =
    `${thousands(collected.rankings)} answers (${percent(collected.ties / collected.rankings)} ties) of ${thousands(collected.people)} people ` +
    `to ${thousands(collected.prompts)} prompts, ${thousands(collected.pictures)} pictures; train ${splits.train ?? 0}, test_unique ${splits.test_unique ?? 0}`;
  const times = phases.map(({ phase, seconds }) => `${phase} ${duration(seconds)}`).join(", ");
  return [
    `Simulated people and pictures, seed ${settings.seed}: ${facts}.\n`,
    accuracyTable(output, made),
    differenceTable(output, made),
    modelTable(output, made),
    bestTable(output, made),
    paint(output, "dim", made.accuracy[PICKSCORE]!.protocol),
    `\nTime: ${times}; ${duration(seconds)} in all.`,
  ].join("\n");
}

const right = (head: string) => ({ head, align: "right" }) as const;

function accuracyTable(output: Output, made: Reproduction): string {
  const rows = measuredRows(made).map(({ name, share, interval, threshold, paper }) => [
    name,
    percent(share),
    interval ? percentRange(interval) : "",
    threshold === undefined ? "" : `${threshold}`,
    paper,
  ]);
  return table(
    output,
    [{ head: "predictor" }, right("accuracy"), right("95 % interval"), right("threshold"), right("paper, real people, %")],
    rows,
  );
}

function differenceTable(output: Output, { differences }: Reproduction): string {
  const rows = differences.map(({ to, difference, interval }) => [
    `pickscore − ${to}`,
    points(difference),
    range(interval, points),
  ]);
  return table(output, [{ head: "in pairs" }, right("points"), right("95 % interval")], rows);
}

function modelTable(output: Output, { models }: Reproduction): string {
  const rows = models.people.models.map(({ player, rating, games }) => [
    player,
    `${games}`,
    rating.toFixed(0),
    ...models.judges.map((judge) => judge.models.find((rated) => rated.player === player)?.rating.toFixed(0) ?? ""),
  ]);
  const spearman = models.judges.map((judge) => correlation(judge.spearman));
  rows.push(["Spearman, with guidance", "", "", ...spearman]);
  return table(
    output,
    [{ head: "generator" }, right("games"), right("people"), ...models.judges.map(({ judge }) => right(judge))],
    rows,
  );
}

function bestTable(output: Output, { bestOf, settings }: Reproduction): string {
  const rows = bestOf.map(({ scorer, preferred, interval, ties }) => [
    scorer,
    percent(preferred),
    percentRange(interval),
    `${ties}`,
  ]);
  const head = `best of ${settings.bestOfN} by`;
  return table(output, [{ head }, right("preferred to random"), right("95 % interval"), right("ties (count half)")], rows);
}
