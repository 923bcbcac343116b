/** @file `pickapic dataset export` in another format than that of our datasets. */
import { rm } from "node:fs/promises";
import type { ExportSummary, ReleaseLimits } from "@pickapic/dataset";
import { TIES, type Ties, WRITTEN, type WrittenName } from "@pickapic/dataset/written";
import { type Command, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { licenseOf } from "../license.ts";
import { showProgress } from "../progress.ts";
import { table } from "../table.ts";
import { type LimitOptions, leftOutSentences, limitsOf } from "./limits.ts";
import { type Report, report, type SplitOptions, size } from "./report.ts";

/** The options of a format. */
export interface WrittenOptions {
  format: WrittenName;
  ties?: Ties;
}

interface Options extends WrittenOptions, LimitOptions, SplitOptions {
  out: string;
  images: boolean;
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

/** Options that say how the choices of an app get their splits, which those of a dataset that exists have. */
const OF_APP = ["--data", "--seed", "--held-out-prompts", "--held-out-share", "--near-duplicates", "--disjoint-people"];

/** Options of the card of a dataset of ours. The other formats take the licence of the dataset, and have neither name nor release. */
const OF_CARD = ["--name", "--release", "--license"];

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
    if (dataset === undefined) return report(context, options, await fromApp(options));
    refuseIdle(dataset, command, OF_APP);
    return limit(dataset, options, command, context);
  }
  if (dataset !== undefined) {
    refuseIdle(dataset, command, [...OF_APP, ...OF_CARD]);
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

/** Refuses options of `idle` that were given on the command line, which would do nothing to a dataset that exists. */
function refuseIdle(dataset: string, command: Command, idle: readonly string[]): void {
  const given = command.options.flatMap((option) =>
    option.long && idle.includes(option.long) && isGiven(command, option.attributeName()) ? [option.long] : [],
  );
  const [has, it] = given.length === 1 ? ["has", "it"] : ["have", "them"];
  if (given.length > 0)
    throw usage(`${given.join(" and ")} ${has} no effect on a dataset that exists, such as ${dataset}: leave ${it} out.`);
}

const isGiven = (command: Command, name: string): boolean => command.getOptionValueSource(name) === "cli";

/** Writes the rankings of a dataset that are within the limits as another dataset. */
async function limit(dataset: string, options: Options, command: Command, context: Context): Promise<void> {
  const { images, out, force, name, license: named, release } = options;
  const { limitDataset } = await import("@pickapic/dataset");
  const license = named === undefined ? undefined : ((await licenseOf(context, named)) ?? null);
  const view = showProgress(context, "writing");
  context.goOn = "No dataset was left half-written: run the command again.";
  try {
    const summary = await limitDataset(dataset, out, {
      ...{ limits: limitsOf(options), license, release, replace: force ?? false },
      ...(isGiven(command, "name") && { name }),
      ...(images ? {} : { images: false }),
      onProgress: view.update,
      signal: context.signal,
    });
    view.stop();
    report(context, options, summary);
    for (const sentence of leftOutSentences(summary.leftOut)) note(context, sentence);
  } finally {
    view.stop();
  }
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
