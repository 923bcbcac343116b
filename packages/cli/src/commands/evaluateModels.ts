/** @file `pickapic evaluate models`: rates text-to-image models from people's choices and from scorers'. */
import type { Split } from "@pickapic/dataset";
import type { MeasuredModels, ModelReport } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { correlation, counted, eloCorrelation, rankRange, ratingRange, thousands } from "@pickapic/report/figures";
import { type Command, Option } from "commander";
import type { Context, Output } from "../context.ts";
import { checkDelivery, type DeliveryOptions, deliver } from "../deliver.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, pixelsOption, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { failureLines, mostFailedOption } from "../scoring/failureText.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";
import { type Column, paint, table } from "../table.ts";
import { moreAboutModels } from "./evaluateModelsText.ts";

interface ModelsOptions extends ExternalOptions, DeliveryOptions {
  scorer: string[];
  seed: number;
  threads: number;
  pixels: PixelPolicy;
  split: Split;
  edges?: number[];
  eloK: number;
  eloInitial: number;
  eloBase: number;
  eloOrders: number;
  eloTie: number;
  checks?: boolean;
  drawWeights?: boolean;
  mostFailed: number;
}

/** Adds what `models` takes to a command that has the options of scorers. */
export function registerEvaluateModels(command: Command, context: Context): void {
  command
    .summary("text-to-image models, rated by people and by a scorer")
    .description(
      "Rate text-to-image models, and models at guidance bins, from people's choices and from a scorer's on the same pairs: ratings, ranks, win rates, ties, and how far a scorer orders them as people do. Intervals are for other people and other prompts; with fewer than 8 people or prompts they are for these only. Intervals of agreement hold on average over models like these, and with few models are wide.",
    )
    .argument("<dataset>", "dataset folder")
    .addOption(pixelsOption())
    .option("--split <name>", "the split whose rankings are counted: train, validation, test or one of the unique ones", "test")
    .option("--edges <scales...>", "inner edges of the guidance bins (default: 6 9)", edge)
    .option("--elo-k <points>", "largest change of an Elo rating by one answer", decimal(0.001, 1000), 32)
    .option("--elo-initial <rating>", "Elo rating before the first answer", decimal(0, 100_000), 1000)
    .option("--elo-base <odds>", "odds that a lead of 400 Elo points means, to 1", decimal(1.001, 1000), 10)
    .option("--elo-orders <n>", "shuffled orders over which Elo ratings are averaged", whole(1, 10_000), 50)
    .option("--elo-tie <points>", "Elo points that each gets for a tie", decimal(0, 1), 0.5)
    .option(
      "--checks",
      "also say how few answers or people change the first rank, and what each person and a clone does to the ranks",
    )
    .option(
      "--draw-weights",
      "count answers as if all models had been drawn equally often, by the probability recorded with each answer (not Elo and --checks)",
    )
    .addOption(mostFailedOption("rankings"))
    .addOption(new Option("--format <kind>", "how to print the result (default: table)").choices(["table", "json", "html"]))
    .option("--output <file>", "write the result to a file, which is whole or absent")
    .addHelpText(
      "after",
      "\nExamples:\n  $ pickapic evaluate models my-dataset --scorer runs/mine --checks\n  $ pickapic evaluate models my-dataset --scorer runs/mine --format html --output models.html",
    )
    .action((folder: string, options: ModelsOptions) => evaluateModels(folder, options, context));
}

/** Parses one value of an option that takes several. The option has no default in commander, because this parser would append the typed values to it. */
function edge(text: string, before: number[] = []): number[] {
  return [...before, decimal(0, 100)(text)];
}

const rising = (edges: readonly number[]): number[] => [...new Set(edges)].sort((a, b) => a - b);

const right = (head: string): Column => ({ head, align: "right" });

/** Measures and prints. */
async function evaluateModels(folder: string, options: ModelsOptions, context: Context): Promise<void> {
  const { measureModels, GUIDANCE_EDGES, insteadOfConfigurations } = await import("@pickapic/experiments/measure");
  await checkDelivery(options);
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "scoring");
  try {
    const report = await measureModels(
      {
        ...options,
        ...externalSettings(options, context),
        edges: rising(options.edges ?? GUIDANCE_EDGES),
        elo: {
          k: options.eloK,
          initial: options.eloInitial,
          base: options.eloBase,
          shuffles: options.eloOrders,
          tieScore: options.eloTie,
        },
        checks: options.checks ?? false,
        drawWeights: options.drawWeights ?? false,
        folder,
        scorers: options.scorer,
      },
      { onProgress: view.update, signal: context.signal },
    );
    view.stop();
    const forms = {
      json: () => report,
      table: (output: Output) => modelsText(output, report, insteadOfConfigurations(report.people)),
      html: async () => (await import("@pickapic/experiments/modelsPage")).modelsPage(report, folder),
    };
    await deliver(forms, options, context);
  } finally {
    view.stop();
  }
}

/** @param instead what stands for the ratings of configurations; null for the ratings */
function modelsText(output: Output, report: MeasuredModels, instead: string | null): string {
  const { people, judges, rankings } = report;
  if (people.models.reason !== null && people.configurations.reason !== null)
    return `${people.models.reason} (${counted(rankings, "ranking")} in all)`;
  const heads = [
    right("people"),
    right("95 % interval"),
    right("rank"),
    right("games"),
    ...judges.map(({ judge }) => right(judge)),
  ];
  const section = (head: string, kind: "models" | "configurations") =>
    table(
      output,
      [{ head }, ...heads],
      people[kind].ratings.map((row) => [
        row.player,
        row.rating.toFixed(0),
        ratingRange(row),
        rankRange(row.rankRange),
        thousands(row.games),
        ...judges.map((judge) => judge[kind].ratings.find(({ player }) => player === row.player)?.rating.toFixed(0) ?? ""),
      ]),
    );
  const configurationsText = () => {
    const why = people.configurations.reason ?? instead;
    return why === null ? section("model and guidance", "configurations") : `${why}\n`;
  };
  const agreement = judges.map(({ judge, spearman, elo, reason }) => [
    judge,
    correlation(spearman),
    eloCorrelation(elo),
    reason ?? "",
  ]);
  return [
    people.models.reason === null ? section("model", "models") : `${people.models.reason}\n`,
    configurationsText(),
    table(
      output,
      [{ head: "agreement with people" }, right("Spearman, Bradley-Terry"), right("Spearman, Elo"), { head: "" }],
      agreement,
    ),
    ...moreAboutModels(output, report),
    ...failureLines(report.failures, report.leftOut.rated + report.leftOut.validation).map((line) => `${line}\n`),
    ...(report.weighted ? [`${report.weighted.sentence}\n`] : []),
    ...report.notes.map((each) => `${each}\n`),
    ...whatToKnow(people).map((remark) => `${remark}\n`),
    paint(
      output,
      "dim",
      `${counted(rankings, "ranking")}. ${(people.models.reason === null ? people.models : people.configurations).method} Configurations are correlated; Elo over shuffled orders.`,
    ),
  ].join("\n");
}

/** Returns the remarks on both ratings, each once, and why intervals are missing. */
function whatToKnow({ models, configurations }: ModelReport["people"]): string[] {
  const missing = [...models.ratings, ...configurations.ratings].flatMap(({ player, low, reason }) =>
    low === null && reason !== null ? [`${player}: ${reason}.`] : [],
  );
  return [...new Set([...models.remarks, ...configurations.remarks, ...missing])];
}
