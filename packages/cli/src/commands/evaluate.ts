/** @file `pickapic evaluate`: scorers against people, models by people and by scorers, and what ranking is worth. */
import type { Split } from "@pickapic/dataset";
import type { BestOfOutcome, ModelReport, ScorerReport } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { correlation, percent, percentRange, points, range } from "@pickapic/report/figures";
import { Argument, type Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, pixelsOption, seed, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { paint, table } from "../table.ts";
import { registerEvaluateRun } from "./evaluateRun.ts";

interface SharedOptions {
  scorer: string[];
  seed: number;
  threads: number;
  json?: boolean;
}

interface ScorersOptions extends SharedOptions {
  pixels: PixelPolicy;
}

interface ModelsOptions extends ScorersOptions {
  split: Split;
  edges: number[];
}

interface RankingOptions extends SharedOptions {
  prompts: number;
  number: number;
  model?: string;
  guidance: number;
}

export function registerEvaluate(program: Command, context: Context): void {
  const evaluate = program.command("evaluate").description("measure scorers, text-to-image models, and picking the best picture");
  shared(evaluate.command("scorer"))
    .description(
      "How often scorers agree with people: tie-aware accuracy of the paper. The threshold for ties is chosen on validation_unique; test_unique is measured once with it. With intervals, and differences in pairs on the same examples.",
    )
    .addArgument(datasetArgument())
    .addOption(pixelsOption())
    .addHelpText("after", "\nExample:\n  $ pickapic evaluate scorer my-dataset --scorer runs/mine clip-toy aesthetic")
    .action((folder: string, options: ScorersOptions) => evaluateScorers(folder, options, context));
  shared(evaluate.command("models"))
    .description(
      "Rate text-to-image models, and models at guidance bins, from people's choices and from a scorer's on the same pairs.",
    )
    .addArgument(datasetArgument())
    .addOption(pixelsOption())
    .option("--split <name>", "which split", "test")
    .option("--edges <scales...>", "inner edges of the guidance bins", edge, [6, 9])
    .addHelpText("after", "\nExample:\n  $ pickapic evaluate models my-dataset --scorer runs/mine")
    .action((folder: string, options: ModelsOptions) => evaluateModels(folder, options, context));
  shared(evaluate.command("ranking"))
    .description("In the toy world: how often fresh simulated people prefer the best of n pictures by a scorer to a random one.")
    .option("--prompts <n>", "prompts", whole(2), 100)
    .option("-n, --number <n>", "pictures per prompt to pick from", whole(2, 1000), 16)
    .option("--model <name>", "toy-world model of all pictures (default: drawn for each, as the app does)")
    .option("--guidance <scale>", "guidance scale of all pictures, with --model", decimal(0, 100), 7.5)
    .addHelpText("after", "\nExample:\n  $ pickapic evaluate ranking --scorer pickscore-toy clip-toy -n 16")
    .action((options: RankingOptions) => evaluateRanking(options, context));
  registerEvaluateRun(evaluate, context);
}

function shared(command: Command): Command {
  return command
    .option("--scorer <models...>", "pickscore-toy, clip-toy, folders of models, ORG/NAME of the hub, or aesthetic", [
      "pickscore-toy",
    ])
    .option("--seed <n>", "seed of bootstrap intervals and shuffles", seed, 1)
    .option("--threads <n>", "0: as many as the machine has cores", whole(0, 1024), 0)
    .option("--json", "print the result as JSON (shares are 0...1)");
}

function datasetArgument(): Argument {
  return new Argument("<dataset>", "dataset folder");
}

/** Options with many values are collected one by one; the first value replaces the default. */
function edge(text: string, before: number[] | undefined): number[] {
  const value = decimal(0, 100)(text);
  return before && !isDefault(before) ? [...before, value] : [value];
}

function isDefault(edges: readonly number[]): boolean {
  return edges.length === 2 && edges[0] === 6 && edges[1] === 9;
}

async function evaluateScorers(folder: string, options: ScorersOptions, context: Context): Promise<void> {
  const { measureScorers } = await import("@pickapic/experiments/measure");
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "scoring");
  try {
    const report = await measureScorers(
      { ...options, folder, scorers: options.scorer },
      { onProgress: view.update, signal: context.signal },
    );
    view.stop();
    result(context, options.json, withoutScores(report), () => scorersText(context, report));
  } finally {
    view.stop();
  }
}

/** One score per example is for the comparison in pairs, not for the reader. */
function withoutScores(report: ScorerReport): object {
  return { ...report, scorers: report.scorers.map(({ scores: _scores, ...rest }) => rest) };
}

function scorersText(context: Context, { scorers, differences, random }: ScorerReport): string {
  const rows = scorers.map(({ scorer, accuracy, interval, threshold }) => [
    scorer,
    percent(accuracy),
    percentRange(interval),
    `${threshold}`,
  ]);
  rows.unshift(["random", percent(random.accuracy), "", `${random.threshold}`]);
  const right = (head: string) => ({ head, align: "right" }) as const;
  const parts = [
    table(context.stdout, [{ head: "scorer" }, right("accuracy"), right("95 % interval"), right("threshold")], rows),
  ];
  if (differences.length > 0) {
    const pairs = differences.map(({ a, b, difference, interval }) => [
      `${a} - ${b}`,
      points(difference),
      range(interval, points),
    ]);
    parts.push(table(context.stdout, [{ head: "difference, in pairs" }, right("points"), right("95 % interval")], pairs));
  }
  return `${parts.join("\n")}\n${paint(context.stdout, "dim", scorers[0]?.protocol ?? "")}`;
}

async function evaluateModels(folder: string, options: ModelsOptions, context: Context): Promise<void> {
  const { measureModels } = await import("@pickapic/experiments/measure");
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "scoring");
  try {
    const report = await measureModels(
      { ...options, folder, scorers: options.scorer },
      { onProgress: view.update, signal: context.signal },
    );
    view.stop();
    result(context, options.json, report, () => modelsText(context, report));
  } finally {
    view.stop();
  }
}

function modelsText(context: Context, { people, judges, rankings }: ModelReport): string {
  const right = (head: string) => ({ head, align: "right" }) as const;
  const heads = [right("people"), right("95 % interval"), right("games"), ...judges.map(({ judge }) => right(judge))];
  const section = (head: string, kind: "models" | "configurations") =>
    table(
      context.stdout,
      [{ head }, ...heads],
      people[kind].map(({ player, rating, low, high, games }) => [
        player,
        rating.toFixed(0),
        range([low, high], (value) => value.toFixed(0)),
        `${games}`,
        ...judges.map((judge) => judge[kind].find((rated) => rated.player === player)?.rating.toFixed(0) ?? ""),
      ]),
    );
  const agreement = judges.map(({ judge, spearman, elo }) => [
    judge,
    correlation(spearman),
    `${correlation(elo.mean)} ± ${correlation(elo.deviation)}`,
  ]);
  return [
    section("model", "models"),
    section("model and guidance", "configurations"),
    table(
      context.stdout,
      [{ head: "agreement with people" }, right("Spearman, Bradley-Terry"), right("Spearman, Elo")],
      agreement,
    ),
    paint(
      context.stdout,
      "dim",
      `${rankings} rankings; ratings on the Elo scale, ties count half; configurations correlated; Elo: K 32, 50 shuffled orders.`,
    ),
  ].join("\n");
}

async function evaluateRanking(options: RankingOptions, context: Context): Promise<void> {
  const { bestOfForScorers } = await import("@pickapic/experiments/measure");
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "picking");
  const { number: n, scorer: scorers, ...rest } = options;
  try {
    const outcomes = await bestOfForScorers({ ...rest, n, scorers }, { onProgress: view.update, signal: context.signal });
    view.stop();
    result(context, options.json, { simulated: true, seed: options.seed, n, prompts: options.prompts, scorers: outcomes }, () =>
      rankingText(context, outcomes),
    );
    note(context, "People and pictures are simulated (toy world).");
  } finally {
    view.stop();
  }
}

function rankingText(context: Context, outcomes: readonly BestOfOutcome[]): string {
  const right = (head: string) => ({ head, align: "right" }) as const;
  const rows = outcomes.map(({ scorer, preferred, interval, ties, judgements }) => [
    scorer,
    percent(preferred),
    percentRange(interval),
    percent(ties / judgements),
  ]);
  return table(
    context.stdout,
    [{ head: "scorer" }, right("preferred to random"), right("95 % interval"), right("ties (count half)")],
    rows,
  );
}
