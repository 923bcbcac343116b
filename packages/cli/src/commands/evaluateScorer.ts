/** @file `pickapic evaluate scorer`: how well scorers predict what people prefer. */
import type { CategoryName } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { type Command, Option } from "commander";
import type { Context, Output } from "../context.ts";
import { checkDelivery, type DeliveryOptions, deliver } from "../deliver.ts";
import { fetchModels } from "../model/fetch.ts";
import { showProgress } from "../progress.ts";
import { mostFailedOption } from "../scoring/failureText.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";
import { reportJson, reportText } from "../scoring/scorerReportText.ts";

/** The options of `pickapic evaluate scorer`. */
export interface EvaluateScorerOptions extends ExternalOptions, DeliveryOptions {
  scorer: string[];
  seed: number;
  threads: number;
  pixels: PixelPolicy;
  split?: "test" | "test_unique";
  by?: CategoryName[];
  experts?: string;
  mostFailed: number;
}

/** What each kind of category is; the compiler holds that each has its line. Loading the categories themselves takes too long for a help text. */
const CATEGORY_HELP: Readonly<Record<CategoryName, string>> = {
  models: "the two models",
  length: "words of the prompt",
  subject: "what the prompt is about",
  guidance: "difference of the guidance scales",
  time: "when",
  agreement: "how clearly all who judged the same pair agree",
};

/** Adds description and options to the command, which has the dataset as its argument. */
export function describeEvaluateScorer(command: Command): Command {
  return command
    .summary("how well scorers predict what people prefer")
    .description(
      "Measure how well scorers predict what people prefer: the paper's tie-aware accuracy (threshold chosen on validation_unique, test_unique measured once with it), accuracy without ties, log-loss and calibration, differences in pairs on the same rankings, how well one person predicts another, and one line that cites all of it. Where test_unique has fewer than 30 rankings, validation and test take their places.",
    )
    .addOption(
      new Option(
        "--by <categories...>",
        `the accuracy within categories of rankings: ${Object.entries(CATEGORY_HELP)
          .map(([name, help]) => `${name} (${help})`)
          .join(", ")}`,
      ).choices(Object.keys(CATEGORY_HELP)),
    )
    .addOption(
      new Option(
        "--split <name>",
        "what is measured: one ranking of each held-out prompt, or all of them, clustered by prompt (default: test_unique if it is large enough)",
      ).choices(["test_unique", "test"]),
    )
    .option("--experts <table>", "experts' answers to the same rankings: ranking_id, choice (0, 1 or tie)")
    .addOption(mostFailedOption("rankings"))
    .addOption(new Option("--format <kind>", "how to print the result (default: table)").choices(["table", "json", "html"]))
    .option("--output <file>", "write the result to a file, which is whole or absent");
}

/** Measures the scorers and prints the report. */
export async function evaluateScorers(folder: string, options: EvaluateScorerOptions, context: Context): Promise<void> {
  const { measureScorers } = await import("@pickapic/experiments/measure");
  await checkDelivery(options);
  await fetchModels(options.scorer, context);
  const view = showProgress(context, "scoring");
  try {
    const report = await measureScorers(
      { ...options, ...externalSettings(options, context), folder, scorers: options.scorer },
      { onProgress: view.update, signal: context.signal },
    );
    view.stop();
    const forms = {
      json: () => reportJson(report),
      table: (output: Output) => reportText(output, report),
      html: async () => (await import("@pickapic/experiments/scorerPage")).scorerPage(report),
    };
    await deliver(forms, options, context);
  } finally {
    view.stop();
  }
}
