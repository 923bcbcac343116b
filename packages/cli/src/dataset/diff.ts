/** @file `pickapic dataset diff`: what changed from one release of a dataset to another. */
import type { DatasetDiff } from "@pickapic/dataset";
import type { Command } from "commander";
import { type Context, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { JSON_RESULT, whole } from "../options.ts";

interface DiffOptions {
  most: number;
  json?: boolean;
}

/** Adds `pickapic dataset diff`. */
export function registerDiff(dataset: Command, context: Context): void {
  dataset
    .command("diff")
    .description("compare the rankings of two releases of a dataset by their ids; exit code 1 when they differ")
    .argument("<before>", "dataset folder")
    .argument("<after>", "dataset folder")
    .option("--most <n>", "ids that each list shows at most", whole(0), 20)
    .option(...JSON_RESULT)
    .addHelpText("after", "\nExample:\n  $ pickapic dataset diff release-1 release-2")
    .action((before: string, after: string, options: DiffOptions) => diff(before, after, options, context));
}

async function diff(before: string, after: string, options: DiffOptions, context: Context): Promise<void> {
  const { diffDatasets } = await import("@pickapic/dataset");
  const found = await diffDatasets(before, after, options.most);
  result(context, options.json, found, () => diffText(found));
  const { added, removed, changed } = found.counts;
  if (added + removed + changed > 0)
    throw new CliError("PICKAPIC_CLI_DIFFERENT", before, after, `${added} added, ${removed} removed, ${changed} changed`);
}

function diffText({ releases, counts, added, removed, changed }: DatasetDiff): string {
  const list = (title: string, count: number, lines: readonly string[]) => [
    `${title}: ${count}`,
    ...lines.map((line) => `  ${line}`),
    ...(lines.length > 0 && lines.length < count ? [`  and ${count - lines.length} more`] : []),
  ];
  const numbered = releases.before !== null && releases.after !== null;
  return [
    ...(numbered ? [`release ${releases.before} and release ${releases.after}`] : []),
    `the same: ${counts.same}`,
    ...list("added", counts.added, added.map(String)),
    ...list("removed", counts.removed, removed.map(String)),
    ...list(
      "changed",
      counts.changed,
      changed.map(({ id, columns }) => `${id}: ${columns.join(", ")}`),
    ),
  ].join("\n");
}
