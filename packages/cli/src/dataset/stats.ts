/** @file `pickapic dataset stats`: counts of a dataset, on the terminal or as a page with figures. */
import { checkWritable, writeWholeFile } from "@pickapic/disk";
import { type Command, Option } from "commander";
import { type Context, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { JSON_RESULT } from "../options.ts";
import { statisticsFigures, statisticsText } from "../statistics.ts";
import type { JsonOption } from "./report.ts";

interface StatsOptions extends JsonOption {
  format: "text" | "html";
  output?: string;
}

/** Adds `pickapic dataset stats`. */
export function registerStats(dataset: Command, context: Context): void {
  dataset
    .command("stats")
    .description("count rankings, ties, prompts, people and models of a dataset; with --format html, its figures as one page")
    .argument("<dataset>", "dataset folder")
    .addOption(new Option("--format <kind>", "text for the terminal, or a page").choices(["text", "html"]).default("text"))
    .option("--output <file>", "where the page is written (default: stats.html)")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
The page needs no other file: rankings over time, prompts and rankings per person, length and words of prompts, images per prompt, models, guidance scale,
answer times. It is readable in light and dark, and on paper.

Examples:
  $ pickapic dataset stats my-dataset
  $ pickapic dataset stats my-dataset --format html --output my-dataset.html`,
    )
    .action((folder: string, options: StatsOptions) => stats(folder, options, context));
}

async function stats(folder: string, { format, output, json }: StatsOptions, context: Context): Promise<void> {
  if (format === "text" && output !== undefined)
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", "--output is the file of the page: give --format html too.");
  const file = output ?? "stats.html";
  if (format !== "text") await checkWritable(file);
  const { distributions, openDataset, statistics } = await import("@pickapic/dataset");
  const dataset = await openDataset(folder);
  const counted = await statistics(dataset);
  if (format === "text") return result(context, json, statisticsFigures(counted), () => statisticsText(context, counted));
  const { figuresPage } = await import("./figuresPage.ts");
  const found = await distributions(dataset);
  await writeWholeFile(file, figuresPage(counted, found));
  result(context, json, { ...statisticsFigures(counted), ...found, file }, () => `The figures of ${folder} are in ${file}.`);
}
