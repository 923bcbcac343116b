/** @file `pickapic evaluate ranking`: what picking the best of many pictures gains, in the toy world. */
import { type Command, Option } from "commander";
import { type Context, note, type Output } from "../context.ts";
import { checkDelivery, type DeliveryOptions, deliver } from "../deliver.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, PATIENCE_HELP, TEMPLATES_HELP, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { mostFailedOption } from "../scoring/failureText.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";

interface RankingOptions extends ExternalOptions, DeliveryOptions {
  scorer: string[];
  against: string[];
  ensemble?: string[];
  pessimism?: number;
  patience?: number;
  mostFailed: number;
  templates?: string;
  prompts: number;
  number: number;
  judges: number;
  model: string;
  guidance: number;
  size: number;
  seed: number;
  threads: number;
}

/** Adds what `ranking` takes to a command that has the options of scorers. */
export function registerEvaluateRanking(command: Command, context: Context): void {
  command
    .summary("how often people prefer the best of n pictures by a scorer")
    .description(
      "Measure in the toy world how often simulated people and experts prefer each scorer's pick of n pictures (seeds x templates) to a random seed, to a random template and to the picks of other scorers. Also says what n is worth, and whether people still agree when the score is driven up.",
    )
    .option("--prompts <n>", "number of prompts (the paper: 100)", whole(2, 100_000), 100)
    .option("-n, --number <n>", "pictures per prompt to pick from (the paper: 100)", whole(2, 10_000), 40)
    .option("--templates <file>", `${TEMPLATES_HELP} (default: the twenty that ship with the package)`)
    .option("--against <scorers...>", "scorers whose picks are baselines", ["colour-sharpness", "clip-toy"])
    .option(
      "--pessimism <k>",
      "also pick by a lower bound, the mean minus k standard deviations: 0 to 10 (default: 1 with --ensemble, else no lower bound)",
      decimal(0, 10),
    )
    .option(
      "--ensemble <scorers...>",
      "scorers over which the lower bound is taken (default: each scorer over changed copies of the pictures)",
    )
    .addOption(mostFailedOption("prompts"))
    .option("--patience <p>", `also ${PATIENCE_HELP}`, decimal(0, 0.5))
    .option("--judges <n>", "people, and as many experts, who judge each prompt", whole(1, 1000), 3)
    .option("--model <name>", "toy-world model of all pictures", "toy-xl")
    .option("--guidance <scale>", "guidance scale of all pictures (the paper: 7.5)", decimal(0, 100), 7.5)
    .option("--size <px>", "side of the pictures: 16 to 1024", whole(16, 1024), 96)
    .addOption(new Option("--format <kind>", "how to print the result (default: table)").choices(["table", "json", "html"]))
    .option("--output <file>", "write the result to a file, which is whole or absent")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic evaluate ranking --scorer pickscore-toy -n 128 --format html --output ranking.html
  $ pickapic evaluate ranking --scorer runs/a --ensemble runs/a runs/b runs/c --patience 0.01`,
    )
    .action((options: RankingOptions) => evaluateRanking(options, context));
}

async function evaluateRanking(options: RankingOptions, context: Context): Promise<void> {
  const { scorer: scorers, number: n, ensemble = [], patience = null, templates: file } = options;
  if (new Set(ensemble).size === 1)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      "--ensemble: give two scorers or more; one alone gets a lower bound with --pessimism.",
    );
  const [{ rankingOfScorers }, { promptTemplates }, { readTemplates }, { rankingText }] = await Promise.all([
    import("@pickapic/experiments/measure"),
    import("@pickapic/generation"),
    import("@pickapic/generation/templates"),
    import("../scoring/rankingText.ts"),
  ]);
  const templates = file === undefined ? promptTemplates : await readTemplates(file);
  await checkDelivery(options);
  await fetchModels([...scorers, ...options.against, ...ensemble], context);
  const view = showProgress(context, "picking");
  try {
    const pessimism = options.pessimism ?? (ensemble.length > 0 ? 1 : null);
    const chosen = { scorers: [...new Set(scorers)], against: [...new Set(options.against)], ensemble: [...new Set(ensemble)] };
    const report = await rankingOfScorers(
      { ...options, ...externalSettings(options, context), ...chosen, n, templates, pessimism, patience },
      { onProgress: view.update, signal: context.signal },
    );
    view.stop();
    const forms = {
      json: () => report,
      table: (output: Output) => rankingText(output, report),
      html: async () => (await import("@pickapic/experiments/rankingPage")).rankingPage(report),
    };
    await deliver(forms, options, context);
    note(context, "People and pictures are simulated (toy world).");
  } finally {
    view.stop();
  }
}
