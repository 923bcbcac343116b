/** @file Imports a dataset of another program: the original's Parquet files, or one of the formats of formats/. */

import { storedJpeg } from "@pickapic/pictures";
import { DatasetError } from "../errors.ts";
import { realFiles } from "../files.ts";
import { checkOneExport } from "../read/read.ts";
import { type PreferenceRow, SPLITS } from "../row.ts";
import { SHARD_LIMITS } from "../shards/shards.ts";
import type { SplitSettings } from "../splits/splits.ts";
import { checkTarget } from "../write/folder.ts";
import { type DatasetSummary, type PlacedRow, type Progress, type PublishEffects, publish } from "../write/publish.ts";
import { licenseWarning } from "../write/write.ts";
import { openForeignFiles } from "./dataFiles.ts";
import type { DroppedRows } from "./dropped.ts";
import { formatOf } from "./formats/all.ts";
import type { FormatSettings } from "./formats/format.ts";
import type { FormatName } from "./formats/names.ts";
import { openJudgedSource } from "./judgedSource.ts";
import { type ForeignItem, type ForeignSource, openForeignSource } from "./source.ts";
import { type Placed, placeSurveyed } from "./splits.ts";
import { type Survey, surveyRows } from "./survey.ts";

/** What to import and how. Everything has a default, so that `importDataset` works without settings. */
export interface ImportSettings extends SplitSettings, FormatSettings {
  /** One of the names of `FORMATS`. Default: what the columns say. */
  readonly format?: FormatName;
  /** Whether to write images. Default: if the source has them. */
  readonly images?: boolean;
  /**
   * "keep" preserves the splits of the source, which must have all five; "plan" makes new ones. Default: "keep" if there are
   * five.
   */
  readonly splits?: "keep" | "plan";
  /** What to do with rows that contradict themselves: "refuse" the whole import (default), or "drop" and count them. */
  readonly invalidRows?: "refuse" | "drop";
  /** Seed of planned splits; default 0. */
  readonly seed?: number;
  /** Title of the card; default "Imported preferences". */
  readonly name?: string;
  readonly license?: string;
  /** Whether to replace a dataset in `to`. Default: that is an error. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What an import wrote, and the rows that it left out. */
export interface ImportSummary extends DatasetSummary {
  /** Dropped rows by reason; empty unless `invalidRows` is "drop". */
  readonly dropped: readonly DroppedRows[];
}

/**
 * Checks every row of `from` and writes it to `to`, images included. Columns are read by meaning: any integer type that holds the
 * value, any unit of time, pictures as bytes or as Hugging Face's `Image`. Columns that follow from others may be missing;
 * further columns may be missing and become null. num_example_per_prompt is counted again, and a picture that is not a JPEG
 * becomes one.
 * @param from a folder with Parquet, Arrow, JSON or CSV files of any name, one that `save_to_disk` wrote, or one such file
 * @throws {DatasetError} those of `openForeignSource` and `writeDataset`; ROW_INVALID, NO_IMAGES, SPLIT_MISSING; then nothing is
 * written
 */
export async function importDataset(
  from: string,
  to: string,
  settings: ImportSettings = {},
  effects: PublishEffects = { files: realFiles, limits: SHARD_LIMITS },
): Promise<ImportSummary> {
  const { replace = false, name = "Imported preferences", license, seed = 0, onProgress, signal } = settings;
  await checkTarget(to, replace);
  const source = await openSource(from, settings);
  const images = settings.images ?? source.hasImages;
  if (images && !source.hasImages)
    throw new DatasetError("PICKAPIC_DATASET_NO_IMAGES", from, "has no images to import; leave them out (--no-images)");
  const drop = settings.invalidRows === "drop";
  const keep = keepsSplits(source, settings);
  const survey = await surveyRows(source, { keep, images, checkPictures: drop && images, signal });
  if (survey.invalid.count > 0 && !drop) throw survey.invalid.refusal(from);
  const placed = placeSurveyed(from, survey, keep, { ...settings, seed });
  const isCopy = keep && images === source.hasImages;
  const fingerprint = isCopy ? source.exportId : undefined;
  const drawn = keep ? {} : { seed };
  const told = { name, license, rule: placed.rule, ...drawn };
  const publication = { folder: to, fingerprint, replace, images, ...told, onProgress, signal };
  const warnings = [...warningsOf(source, survey, keep, settings), ...placed.warnings, ...licenseWarning(license)];
  const total = placed.targets.flat().filter(({ split }) => !split.endsWith("_unique")).length;
  const summary = await publish({ ...publication, total, warnings }, importedRows(source, placed, survey, images), effects);
  return { ...summary, dropped: survey.invalid.dropped() };
}

/** Opens what is to be imported as the format that is named, else as the one that all of its files are of. */
async function openSource(from: string, { format: name, firstNumber, votes }: ImportSettings): Promise<ForeignSource> {
  const files = await openForeignFiles(from);
  checkOneExport([...files.values()].flat());
  const names = new Set(name === undefined ? [...files.values()].flat().map(formatOf) : [name]);
  const [only = "pickapic", ...others] = names;
  if (others.length > 0)
    throw new DatasetError(
      "PICKAPIC_DATASET_NOT_A_DATASET",
      from,
      `its files are of several formats (${[...names].join(", ")}); import each of them alone, or say with --format how all are to be read`,
    );
  return only === "pickapic" ? openForeignSource(from, files) : openJudgedSource(from, files, only, { firstNumber, votes });
}

function keepsSplits({ folder, splits }: ForeignSource, settings: ImportSettings): boolean {
  const complete = SPLITS.every((split) => splits.includes(split));
  if (settings.splits === "keep" && !complete)
    throw new DatasetError(
      "PICKAPIC_DATASET_SPLIT_MISSING",
      folder,
      `has only the splits ${splits.join(", ")}, so they cannot be kept; plan them anew (--plan-splits)`,
    );
  return settings.splits === undefined ? complete : settings.splits === "keep";
}

/** Returns sentences about what was interpreted differently from what the source says. */
function warningsOf(source: ForeignSource, survey: Survey, keep: boolean, { votes }: FormatSettings): string[] {
  const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
  const some = (count: number, sentence: (rows: string) => string) => (count > 0 ? [sentence(rows(count))] : []);
  const partial = !keep && source.splits.length > 1 && source.splits.length < SPLITS.length;
  return [
    ...source.notes,
    ...(partial
      ? [`The splits of ${source.folder} (${source.splits.join(", ")}) are not all five: they were planned anew.`]
      : []),
    ...survey.invalid.warnings(),
    ...votesWarning(survey.votes, votes === "repeat"),
    ...some(
      survey.repeated,
      (count) =>
        `${count} repeated a ranking of another row${keep ? "" : ", as the unique splits do"}: each ranking is written once.`,
    ),
    ...some(
      survey.oddDifferent,
      (count) => `In ${count} are_different said something else than the names of the models: it was written anew.`,
    ),
    ...some(
      survey.oddTies,
      (count) => `In ${count} the tie was named otherwise than "none" in best_image_uid: it was written anew.`,
    ),
  ];
}

/** Sentences about pairs that many people judged: our rows have one answer each. */
function votesWarning({ rows, even, narrow, repeatedPairs, repeatedVotes }: Survey["votes"], isRepeat: boolean): string[] {
  const repeated =
    repeatedPairs === 0
      ? isRepeat
        ? ["There was nothing to repeat: no row counts votes (weighted shares are no counts)."]
        : []
      : [
          `${repeatedPairs} pairs were written as ${repeatedVotes} rankings, one for each vote. Who voted is not told, so that each vote counts as a person of its own: intervals over people are too narrow where one person voted on several pairs.`,
        ];
  if (rows === 0) return repeated;
  return [
    ...repeated,
    `${rows} ${rows === 1 ? "row counts" : "rows count"} the votes of many people, for which a ranking has no column: the image with more votes won. Ties, of equal votes: ${even}; winners with less than 60 % of the votes: ${narrow}.`,
  ];
}

/** The second pass: whole rows. */
async function* importedRows(
  source: ForeignSource,
  { targets }: Placed,
  { indexOf }: Survey,
  images: boolean,
): AsyncIterable<PlacedRow> {
  let i = 0;
  for await (const item of source.read(images ? "bytes" : "rows")) {
    const of = targets[i++] ?? [];
    if (of.length === 0) continue;
    const whole = { ...checked(item), ...(images && (await jpegsOf(source.folder, item))) };
    for (const { split, num_example_per_prompt } of of) {
      const __index_level_0__ = item.row.__index_level_0__ ?? indexOf.get(whole.ranking_id) ?? BigInt(i - 1);
      yield { split, row: { ...whole, num_example_per_prompt, __index_level_0__ } };
    }
  }
}

/** Asserts that a row without a problem has a value in every column of the original. */
function checked({ row }: ForeignItem): Omit<PreferenceRow, "num_example_per_prompt" | "__index_level_0__" | "jpg_0" | "jpg_1"> {
  return row as Omit<PreferenceRow, "num_example_per_prompt">;
}

async function jpegsOf(folder: string, { row, pictures }: ForeignItem): Promise<Pick<PreferenceRow, "jpg_0" | "jpg_1">> {
  const convert = async (uid: unknown, bytes: Uint8Array | undefined) => {
    const name = `${folder}: image ${uid} of ranking ${row.ranking_id}`;
    return storedJpeg(bytes ?? new Uint8Array(), { name }).catch((cause: Error) => {
      const remedy = "leave out such rows with --drop-invalid or all pictures with --no-images, or repair it";
      throw new DatasetError("PICKAPIC_DATASET_IMAGE_INVALID", `${cause.message} Nothing was written; ${remedy}.`).because(cause);
    });
  };
  return { jpg_0: await convert(row.image_0_uid, pictures[0]), jpg_1: await convert(row.image_1_uid, pictures[1]) };
}
