/** @file Writes the main figures of a reproduction, as JSON and as tables for a terminal. */
import { type Interval, shareOf } from "@pickapic/evaluation";
import { measuredRows, missingFigures, type Reproduction, SCORERS } from "@pickapic/experiments/reproduce";
import { correlation, duration, percent, percentRange, points, range, thousands } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { paint, table } from "../table.ts";

const PICKSCORE = SCORERS.indexOf("pickscore");

/** What --json prints. Ties, accuracies and `preferred` are shares, 0...1, or null if there are too few answers for one. */
export interface MainFigures {
  seed: number;
  seconds: number;
  ties: number | null;
  accuracy: Record<"random" | "colourSharpness" | "clipToy" | "experts" | "pickscore", number | null>;
  bestOf: { n: number; preferred: number | null; interval: Interval | null };
  /** Sentences that say which figures are null, and why. */
  reasons: string[];
}

/** Selects the main figures of a reproduction; `seconds` is rounded to tenths. */
export function mainFigures(made: Reproduction): MainFigures {
  const { settings, seconds, collected, random, experts, accuracy, bestOf } = made;
  const [colourSharpness, clipToy, pickscore] = accuracy.map((report) => report.accuracy);
  const { preferred, interval } = bestOf[PICKSCORE]!;
  return {
    seed: settings.seed,
    seconds: Math.round(10 * seconds) / 10,
    ties: shareOf(collected.ties, collected.rankings).value,
    accuracy: {
      random: random.accuracy,
      colourSharpness: colourSharpness ?? null,
      clipToy: clipToy ?? null,
      experts: experts.accuracy,
      pickscore: pickscore ?? null,
    },
    bestOf: { n: settings.bestOfN, preferred, interval },
    reasons: missingFigures(made),
  };
}

/** Returns the tables of a reproduction. */
export function summaryText(output: Output, made: Reproduction): string {
  const { collected, settings, phases, seconds, splits } = made;
  const facts =
    `${thousands(collected.rankings)} answers (${thousands(collected.ties)} ties) of ${thousands(collected.people)} people ` +
    `to ${thousands(collected.prompts)} prompts, ${thousands(collected.pictures)} pictures; train ${splits.train ?? 0}, test_unique ${splits.test_unique ?? 0}`;
  const times = phases.map(({ phase, seconds }) => `${phase} ${duration(seconds)}`).join(", ");
  return [
    `Simulated people and pictures, seed ${settings.seed}: ${facts}.\n`,
    accuracyTable(output, made),
    differenceTable(output, made),
    modelTable(output, made),
    bestTable(output, made),
    ...missingFigures(made),
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
  const rows = models.people.models.ratings.map(({ player, rating, games }) => [
    player,
    `${games}`,
    rating.toFixed(0),
    ...models.judges.map((judge) => judge.models.ratings.find((rated) => rated.player === player)?.rating.toFixed(0) ?? ""),
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
