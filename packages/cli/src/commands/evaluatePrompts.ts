/** @file `pickapic evaluate prompts`: which prompts rank text-to-image models as people do. */
import { agreementIntervalName } from "@pickapic/evaluation";
import type { OwnPromptSetReport } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { correlation, percent, percentRange, range } from "@pickapic/report/figures";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { findImages } from "../images.ts";
import { fetchModels } from "../model/fetch.ts";
import { pixelsOption, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { failureLines, mostFailedOption } from "../scoring/failureText.ts";
import { type ExternalOptions, externalSettings } from "../scoring/scorerOptions.ts";
import { type Column, paint, table } from "../table.ts";

interface PromptsOptions extends ExternalOptions {
  scorer: string[];
  people?: string;
  reference?: string;
  features: string;
  draws: number;
  seed: number;
  threads: number;
  pixels: PixelPolicy;
  mostFailed: number;
  json?: boolean;
}

/** Adds what `prompts` takes to a command that has the options of scorers. */
export function registerEvaluatePrompts(command: Command, context: Context): void {
  command
    .summary("sets of prompts: which of them rank models as people do")
    .description(
      "Compare configurations of text-to-image models on one or more sets of prompts, such as captions and your users' prompts: win ratios by each scorer, and with --people how far each set orders the models as people do. A set is a folder with prompts.txt (or .csv, .tsv, .jsonl with the column prompt, and perhaps file) and a folder of images for each configuration.",
    )
    .argument("<sets...>", "folders of prompt sets, with the same configurations")
    .option("--people <dataset>", "a dataset with people's answers about models that are called as the folders are")
    .option("--reference <folder>", "real images: also compute the Fréchet distance of each configuration to them")
    .option("--features <model>", "the CLIP, or the file.onnx, whose features the distance uses", "clip-toy")
    .option("--draws <n>", "draws of prompts for the intervals", whole(1, 100_000), 1000)
    .addOption(mostFailedOption("prompts of a set"))
    .addOption(pixelsOption())
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic dataset prompts my-dataset --number 500 --output users/prompts.txt
  $ pickapic evaluate prompts users captions --people my-dataset --scorer runs/mine clip-toy`,
    )
    .action((sets: string[], options: PromptsOptions) => evaluatePrompts(sets, options, context));
}

async function evaluatePrompts(folders: readonly string[], options: PromptsOptions, context: Context): Promise<void> {
  const [{ measureOwnPromptSets }, { openPromptSets }] = await Promise.all([
    import("@pickapic/experiments/measure"),
    import("../scoring/promptSetFolder.ts"),
  ]);
  const { configurations, sets, notes } = await openPromptSets(folders);
  for (const sentence of notes) note(context, sentence);
  const { people = null, reference, features } = options;
  const real = reference === undefined ? null : { files: (await findImages([reference])).files, features };
  await fetchModels([...options.scorer, ...(real && !features.endsWith(".onnx") ? [features] : [])], context);
  const view = showProgress(context, "scoring");
  try {
    const scorers = [...new Set(options.scorer)];
    const report = await measureOwnPromptSets(
      sets,
      { ...options, ...externalSettings(options, context), configurations, scorers, people, real },
      { signal: context.signal, onProgress: view.update },
    );
    view.stop();
    result(context, options.json, report, () => promptsText(context, report));
  } finally {
    view.stop();
  }
}

const right = (head: string): Column => ({ head, align: "right" });

function promptsText(context: Context, report: OwnPromptSetReport): string {
  const { configurations, truth, sets, comparisons, protocol, failures, thresholds } = report;
  const ratios = sets.map(({ name, prompts, judges }) =>
    table(
      context.stdout,
      [
        { head: `${name} (${prompts} prompts)` },
        ...(truth ? [right("people's rating")] : []),
        ...judges.flatMap(({ judge }) => [right(judge), right("95 % interval")]),
      ],
      configurations.map((configuration, i) => [
        configuration,
        ...(truth ? [(truth[i] ?? 0).toFixed(0)] : []),
        ...judges.flatMap((judged) => valueCells(judged, i)),
      ]),
    ),
  );
  const agreement = sets.flatMap(({ name, judges }) =>
    judges.map(({ judge, withTruth }) => [
      name,
      judge,
      correlation(withTruth?.value ?? null),
      range(withTruth?.interval ?? null, correlation),
    ]),
  );
  const compared = comparisons.map(({ judge, first, second, difference }) => [
    `${first} − ${second}`,
    judge,
    correlation(difference.value),
    range(difference.interval, correlation),
  ]);
  return [
    ...ratios,
    ...(truth
      ? [
          table(
            context.stdout,
            [
              { head: "Spearman with people" },
              { head: "by" },
              right("correlation"),
              right(agreementIntervalName(configurations.length)),
            ],
            [...agreement, ...compared],
          ),
        ]
      : []),
    ...failureLines(
      failures,
      sets.reduce((sum, { leftOut }) => sum + leftOut, 0),
      "prompt",
    ),
    ...(thresholds ? failureLines(thresholds.failures, thresholds.leftOut) : []),
    paint(context.stdout, "dim", protocol),
  ].join("\n");
}

type Judged = OwnPromptSetReport["sets"][number]["judges"][number];

/** A win ratio as a share, or a distance with four digits; with its interval. */
function valueCells({ unit, values }: Judged, configuration: number): [string, string] {
  const { value = null, interval = null } = values[configuration] ?? {};
  if (unit === "share") return [percent(value), percentRange(interval)];
  return [value?.toPrecision(4) ?? "–", range(interval, (end) => end.toPrecision(4))];
}
