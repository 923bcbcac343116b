/** @file `pickapic dataset import`: turns the dataset of another program into one of ours. */
import { FORMATS, type FormatName, VOTES_RULES, type VotesRule } from "@pickapic/dataset/formats";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { showProgress } from "../progress.ts";
import { firstNumberOption, firstNumberSetting, NOT_HALF_WRITTEN, report, type SplitOptions, splitOptions } from "./report.ts";

interface ImportOptions extends SplitOptions {
  format?: FormatName;
  firstNumber?: "0" | "1";
  votes: VotesRule;
  dropInvalid?: boolean;
  planSplits?: boolean;
  images: boolean;
}

/** Adds `pickapic dataset import`. */
export function registerImport(dataset: Command, context: Context): void {
  const command = dataset
    .command("import")
    .description("make a dataset of ours of what another program wrote; its format is recognised by its columns (see below)")
    .argument(
      "<from>",
      "folder with Parquet, Arrow, JSON or CSV files of any name, or one such file; JSON and CSV may be compressed (.gz)",
    )
    .argument("<to>", "the new dataset folder")
    .addOption(
      new Option("--format <name>", "read it as this format, whatever it looks like").choices(FORMATS.map(({ name }) => name)),
    )
    .option(
      "--drop-invalid",
      "leave out rows that cannot be read or whose picture is missing or broken; they are counted by reason",
    )
    .option("--plan-splits", "plan the splits anew instead of keeping the five of the source")
    .option("--no-images", "leave the images out")
    .addOption(
      new Option(
        "--votes <rule>",
        "what becomes of the counted votes of many people on one pair: the image with more wins one ranking, or each vote is a ranking of a person of its own",
      )
        .choices(VOTES_RULES)
        .default(VOTES_RULES[0]),
    )
    .addOption(firstNumberOption());
  splitOptions(command, "Imported preferences")
    .addHelpText(
      "after",
      `
Formats:
${FORMATS.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join("\n")}

The columns of Pick-a-Pic are read by what they mean: any integer or float that holds the value, times in any unit, pictures as bytes or as Hugging Face's
Image. What follows from other columns may be absent: has_label, are_different, best_image_uid or the labels, num_example_per_prompt, ids, models, people.
In the other formats pictures may also be paths, from the file, from images/ beside it, or from a folder with its name.

--votes repeat keeps how clearly people agree, for Rapidata's counts (votes_image1) and HPDv3's choice_dist: the loss of training then follows the shares, and
\`evaluate scorer\` tells how well one person predicts another. Each ranking holds its two pictures, so that the dataset grows with the votes.

Examples:
  $ pickapic dataset import pickapic_v1 my-copy
  $ pickapic dataset import hpdv2/test.json my-copy --drop-invalid
  $ pickapic dataset import arena.jsonl votes --format arena --no-images
  $ pickapic dataset import rapidata my-copy --votes repeat`,
    )
    .action((from: string, to: string, options: ImportOptions) => importFolder(from, to, options, context));
}

async function importFolder(from: string, to: string, options: ImportOptions, context: Context): Promise<void> {
  const { importDataset } = await import("@pickapic/dataset");
  const view = showProgress(context, "importing");
  context.goOn = NOT_HALF_WRITTEN;
  try {
    const { force: replace = false, dropInvalid, planSplits, images, json: _json, firstNumber, ...settings } = options;
    const summary = await importDataset(from, to, {
      ...settings,
      replace,
      ...firstNumberSetting(firstNumber),
      ...(images ? {} : { images }),
      ...(planSplits && { splits: "plan" }),
      ...(dropInvalid && { invalidRows: "drop" }),
      onProgress: view.update,
      signal: context.signal,
    });
    view.stop();
    report(context, options, summary);
  } finally {
    view.stop();
  }
}
