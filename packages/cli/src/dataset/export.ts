/** @file `pickapic dataset export` in another format than that of our datasets. */
import { rm } from "node:fs/promises";
import type { ExportSummary, ReleaseLimits } from "@pickapic/dataset";
import { TIES, type Ties, WRITTEN, type WrittenName } from "@pickapic/dataset/written";
import { type Command, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { showProgress } from "../progress.ts";
import { table } from "../table.ts";
import { type LimitOptions, leftOutSentences, limitsOf } from "./limits.ts";
import { type JsonOption, type Report, report, size } from "./report.ts";

/** The options of a format. */
export interface WrittenOptions {
  format: WrittenName;
  ties?: Ties;
}

interface Options extends WrittenOptions, LimitOptions, JsonOption {
  out: string;
  images: boolean;
  force?: boolean;
}

/** The list of formats for the help. */
export const FORMATS_HELP = `
Formats:
${WRITTEN.map(({ name, what }) => `  ${name.padEnd(14)} ${what}`).join("\n")}

A tie is no win of either image. diffusers-dpo and kohya have no ties, and diffusers' trainer reads a label of 0.5 as a win of image 0: there ties are left
out unless --ties split writes each of them twice, once as a win of either image. webdataset and jsonl keep them with labels of 0.5. The number is printed.
`;

/** Adds --format and --ties. */
export function writtenOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <name>", "what to write (see below)").choices(WRITTEN.map(({ name }) => name)).default("pickapic"),
    )
    .addOption(
      new Option("--ties <what>", "what becomes of ties in other formats than pickapic (default: see below)").choices([...TIES]),
    );
}

/** Options that say how the choices of an app become a dataset: a dataset that exists has its splits, its licence and its name. */
const OF_APP = ["--data", "--seed", "--name", "--release", "--license", "--held-out-prompts", "--held-out-share", "--near-duplicates", "--disjoint-people"]; // biome-ignore format: a list

/**
 * Writes a dataset, or the choices of the app, in the format of `options`.
 * @param command the command that was called, which knows the options that were given
 * @param fromApp writes the choices of the app as a dataset of ours
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for options that make no sense together
 */
export async function exportAs<O extends Options>(
  dataset: string | undefined,
  options: O,
  command: Command,
  context: Context,
  fromApp: (options: O) => Promise<Report>,
): Promise<void> {
  const { format, ties, out } = options;
  if (format === "pickapic") {
    if (ties !== undefined && ties !== "keep")
      throw usage(
        `A dataset of ours has ties, with labels of 0.5: leave out --ties ${ties}, or name another format with --format.`,
      );
    if (dataset !== undefined) throw usage(`${dataset} is a dataset of ours already: name another format with --format.`);
    return report(context, options, await fromApp(options));
  }
  if (dataset !== undefined) {
    const idle = idleOptions(command);
    if (idle.length > 0)
      throw usage(
        `${idle.join(" and ")} ${idle.length === 1 ? "has" : "have"} no effect on a dataset that exists, such as ${dataset}: leave ${idle.length === 1 ? "it" : "them"} out.`,
      );
    return convert(dataset, options, limitsOf(options), context);
  }
  const { checkExportTarget } = await import("@pickapic/dataset");
  await checkExportTarget(out, options.force ?? false);
  const staging = `${out}.rows-${process.pid}`;
  try {
    await fromApp({ ...options, out: staging, force: false });
    await convert(staging, options, {}, context);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

const usage = (sentence: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", sentence);

/** The options that were given on the command line but say something about an app only. */
function idleOptions(command: Command): string[] {
  const given = (name: string) => command.getOptionValueSource(name) === "cli";
  return command.options.flatMap((option) =>
    option.long && OF_APP.includes(option.long) && given(option.attributeName()) ? [option.long] : [],
  );
}

async function convert(
  dataset: string,
  { format, ties, images, out, force, json }: Options,
  limits: ReleaseLimits,
  context: Context,
): Promise<void> {
  if (format === "pickapic") return;
  const { exportDataset } = await import("@pickapic/dataset");
  const view = showProgress(context, "writing");
  context.goOn = "Nothing was left half-written: run the command again.";
  try {
    const summary = await exportDataset(dataset, out, {
      ...{ format, ties, limits, replace: force ?? false },
      ...(images ? {} : { images }),
      onProgress: view.update,
      signal: context.signal,
    });
    view.stop();
    result(context, json, summary, () => text(summary, context));
    for (const sentence of leftOutSentences(summary.leftOut)) note(context, sentence);
    for (const warning of summary.warnings) note(context, warning);
  } finally {
    view.stop();
  }
}

function text({ samples, files, bytes, folder }: ExportSummary, context: Context): string {
  const rows = Object.entries(samples).map(([split, count]) => [split, `${count}`]);
  const written = table(context.stdout, [{ head: "split" }, { head: "samples", align: "right" }], rows);
  return `${written}\n${files} files, ${size(bytes)}, written to ${folder}`;
}
