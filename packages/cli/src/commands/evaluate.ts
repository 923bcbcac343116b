/** @file `pickapic evaluate`: measures how well scorers agree with people, rates text-to-image models, and measures what picking the best picture gains. */
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { pixelsOption, seed, threadsOption } from "../options.ts";
import { externalOptions, SCORER_NAMES } from "../scoring/scorerOptions.ts";
import { registerEvaluateDistance } from "./evaluateDistance.ts";
import { registerEvaluateImages } from "./evaluateImages.ts";
import { registerEvaluateModels } from "./evaluateModels.ts";
import { registerEvaluatePrompts } from "./evaluatePrompts.ts";
import { registerEvaluateRanking } from "./evaluateRanking.ts";
import { registerEvaluateRun } from "./evaluateRun.ts";
import { describeEvaluateScorer, type EvaluateScorerOptions, evaluateScorers } from "./evaluateScorer.ts";

/** Adds `pickapic evaluate` with scorer, models, ranking and run. */
export function registerEvaluate(program: Command, context: Context): void {
  const evaluate = program.command("evaluate").description("measure scorers, text-to-image models, and picking the best picture");
  describeEvaluateScorer(shared(evaluate.command("scorer")))
    .argument("<dataset>", "dataset folder")
    .addOption(pixelsOption())
    .addHelpText(
      "after",
      "\nExample:\n  $ pickapic evaluate scorer my-dataset --scorer runs/mine clip-toy random --by length models",
    )
    .action((folder: string, options: EvaluateScorerOptions) => evaluateScorers(folder, options, context));
  registerEvaluateModels(shared(evaluate.command("models")), context);
  registerEvaluateRanking(shared(evaluate.command("ranking")), context);
  registerEvaluatePrompts(shared(evaluate.command("prompts")), context);
  registerEvaluateImages(shared(evaluate.command("images")), context);
  registerEvaluateDistance(evaluate, context);
  registerEvaluateRun(evaluate, context);
}

function shared(command: Command): Command {
  return externalOptions(command)
    .option("--scorer <names...>", SCORER_NAMES, ["pickscore-toy"])
    .option("--seed <n>", "seed of bootstrap intervals and shuffles", seed, 1)
    .addOption(threadsOption())
    .option("--json", "print the result as JSON (shares are 0...1)");
}
