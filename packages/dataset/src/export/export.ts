/** @file Writes a dataset in a format that trainers of other programs take. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFolder } from "@pickapic/disk";
import type { LimitedRankings, ReleaseLimits } from "../columns/limits.ts";
import { DatasetError } from "../errors.ts";
import { type Files, realFiles } from "../files.ts";
import { checkIds } from "../read/ids.ts";
import { type Dataset, openDataset } from "../read/read.ts";
import { OWN_SPLITS } from "../row.ts";
import { CARD_FILE, CHECKSUM_FILE } from "../shards/layout.ts";
import { licenseIn } from "../write/card.ts";
import { formatChecksums } from "../write/checksums.ts";
import { writing } from "../write/folder.ts";
import type { Progress } from "../write/publish.ts";
import { DIFFUSERS_DPO } from "./diffusers.ts";
import { checkExportTarget, ExportFolder } from "./exportFolder.ts";
import { JSONL } from "./jsonl.ts";
import { KOHYA } from "./kohya.ts";
import { nothingWithin, rankingsWithin, type Within } from "./limited.ts";
import type { Ties, WrittenName } from "./names.ts";
import type { FormatWriter, WrittenFormat, WrittenSplit } from "./sample.ts";
import { WEBDATASET } from "./webdataset.ts";
import { winnersOf } from "./winner.ts";

/** A format other than that of our own datasets. */
export type TrainerFormat = Exclude<WrittenName, "pickapic">;

const FORMATS: Readonly<Record<TrainerFormat, WrittenFormat>> = {
  "diffusers-dpo": DIFFUSERS_DPO,
  kohya: KOHYA,
  webdataset: WEBDATASET,
  jsonl: JSONL,
};

/** What to write and how. */
export interface ExportSettings {
  readonly format: TrainerFormat;
  /** What becomes of ties. Default: the first that the format allows, which is "drop" where a trainer would misread them. */
  readonly ties?: Ties | undefined;
  /** Whether to write the pictures. Default: if the dataset has them. */
  readonly images?: boolean | undefined;
  /** Which rankings to write; without limits, all of train, validation and test. */
  readonly limits?: ReleaseLimits | undefined;
  /** Whether to replace an earlier export in the folder. Default: that is an error. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface ExportSummary {
  readonly folder: string;
  readonly format: TrainerFormat;
  readonly ties: Ties;
  /** Ties among the rankings within the limits. */
  readonly tied: number;
  /** Rankings that the limits left out. */
  readonly leftOut: LimitedRankings;
  /** Samples of each split; a tie that was split counts twice. */
  readonly samples: Readonly<Record<WrittenSplit, number>>;
  readonly files: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/**
 * Writes train, validation and test of a dataset to `folder`, which is whole or stays as it was. The unique splits repeat rows and
 * are left out. The same dataset gives the same bytes.
 * @throws {DatasetError} those of `openDataset` and `checkIds`; NO_IMAGES, EXPORT_TIES, EMPTY, FOLDER_TAKEN, WRITE_FAILED
 */
export async function exportDataset(
  from: string,
  folder: string,
  settings: ExportSettings,
  files: Files = realFiles,
): Promise<ExportSummary> {
  const format = FORMATS[settings.format];
  const dataset = await openDataset(from);
  await checkIds(dataset);
  const images = imagesFor(dataset, settings);
  const ties = settings.ties ?? format.ties[0];
  if (!format.ties.includes(ties))
    throw new DatasetError("PICKAPIC_DATASET_EXPORT_TIES", settings.format, ties, format.ties.join(" or "));
  const within = await rankingsWithin(dataset, settings.limits ?? {}, settings.signal);
  const license = licenseIn(await readFile(join(from, CARD_FILE), "utf8").catch(() => ""));
  const fill = async (staging: string) => {
    const target = new ExportFolder(staging, files);
    const counts = await writing(folder, () => writeSamples(dataset, within, format, target, { ...settings, ties, images }));
    if (counts.written === 0) throw new DatasetError("PICKAPIC_DATASET_EMPTY", nothingWithin(from, counts.tied, within));
    const readme = readmeOf({ ...settings, ties }, format, counts, license);
    await writing(folder, () => target.write(CARD_FILE, readme));
    await writing(folder, () => target.write(CHECKSUM_FILE, formatChecksums(target.sums)));
    const { tied, samples } = counts;
    const told = { folder, format: settings.format, ties, tied, samples, files: target.sums.size, bytes: target.bytes };
    return { ...told, leftOut: within.leftOut, warnings: warningsOf(settings.format, ties, tied) };
  };
  return replaceFolder(folder, fill, { check: () => checkExportTarget(folder, settings.replace ?? false) });
}

function imagesFor({ folder, hasImages }: Dataset, { format, images = hasImages }: ExportSettings): boolean {
  if (images && hasImages) return true;
  if (!images && !FORMATS[format].needsImages) return false;
  const what = hasImages
    ? `is not of use without images as ${format}: leave out --no-images`
    : "has no images; import or export it with them";
  throw new DatasetError("PICKAPIC_DATASET_NO_IMAGES", `The dataset ${folder}`, what);
}

interface Counts {
  written: number;
  tied: number;
  readonly samples: Record<WrittenSplit, number>;
}

async function writeSamples(
  dataset: Dataset,
  { taken }: Within,
  format: WrittenFormat,
  target: ExportFolder,
  { ties, images, onProgress, signal }: ExportSettings & { readonly ties: Ties; readonly images: boolean },
): Promise<Counts> {
  const writer: FormatWriter = format.open(target, images);
  const counts: Counts = { written: 0, tied: 0, samples: { train: 0, validation: 0, test: 0 } };
  const total = OWN_SPLITS.reduce((sum, split) => sum + dataset.count(split), 0);
  let done = 0;
  try {
    for (const split of OWN_SPLITS)
      for await (const row of dataset.read(split)) {
        signal?.throwIfAborted();
        const isTaken = taken?.[done] !== 0;
        done++;
        onProgress?.({ done, total, unit: "rankings" });
        if (!isTaken) continue;
        if (row.label_0 === 0.5) counts.tied++;
        for (const winner of winnersOf(row, ties)) {
          counts.written++;
          await writer.add(split, { number: ++counts.samples[split], row, winner });
        }
      }
    await writer.finish();
    return counts;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** What became of the ties, in one sentence. */
function tiesSentence(ties: Ties, tied: number): string {
  const count = `${tied} ${tied === 1 ? "tie" : "ties"}`;
  if (tied === 0) return "There were no ties.";
  if (ties === "drop") return `${count} ${tied === 1 ? "was" : "were"} left out.`;
  if (ties === "split") return `${count} ${tied === 1 ? "was" : "were"} written twice each, so that either image wins once.`;
  return `${count} ${tied === 1 ? "was" : "were"} written as ties.`;
}

function warningsOf(format: TrainerFormat, ties: Ties, tied: number): string[] {
  const misread = format === "diffusers-dpo" && ties === "keep" && tied > 0;
  return [
    tiesSentence(ties, tied),
    ...(misread ? ["diffusers' trainer reads them as wins of image 0: use --ties drop or --ties split."] : []),
  ];
}

function readmeOf({ format, ties }: { format: TrainerFormat; ties: Ties }, { about }: WrittenFormat, { tied, samples }: Counts, license: string | undefined): string {
  const rows = OWN_SPLITS.map((split) => `| ${split} | ${samples[split]} |`).join("\n");
  return `---
license: ${JSON.stringify(license ?? "unknown")}
task_categories:
- text-to-image
tags:
- preference
---

# Preference pairs (${format})

${about}

| split | samples |
|---|---:|
${rows}

${tiesSentence(ties, tied)} \`${CHECKSUM_FILE}\` holds the checksums of all files: \`sha256sum -c ${CHECKSUM_FILE}\`.
`;
} // biome-ignore format: a page
