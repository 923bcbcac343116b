/** @file A folder of Parquet files in the layout of Hugging Face, such as the original's, to a dataset of ours. */

import { storedJpeg } from "@pickapic/pictures";
import { JUDGED, type Problem, problemsOf } from "./consistency.ts";
import { DatasetError } from "./errors.ts";
import { realFiles } from "./files.ts";
import { checkTarget } from "./folder.ts";
import { findShards } from "./layout.ts";
import { type DatasetSummary, type PlacedRow, type Progress, type PublishEffects, publish } from "./publish.ts";
import { checkColumns, type Dataset, datasetOf, openShards } from "./read.ts";
import { columnsOf, type PreferenceRow, SPLITS, type Split } from "./row.ts";
import { SHARD_LIMITS } from "./shards.ts";
import type { SplitSettings } from "./splits.ts";
import { licenseWarning, place } from "./write.ts";

export interface ImportSettings extends SplitSettings {
  /** Default: as the source has it. */
  readonly images?: boolean;
  /** "keep" the splits of the source, which must have all five, or "plan" them anew; default "keep" where there are five. */
  readonly splits?: "keep" | "plan";
  /** What to do with rows that contradict themselves; default "refuse" the whole import. "drop" says in a warning how many. */
  readonly invalidRows?: "refuse" | "drop";
  /** Seed of planned splits; default 0. */
  readonly seed?: number;
  /** Title of the card; default "Imported preferences". */
  readonly name?: string;
  readonly license?: string;
  /** Whether a dataset that stands in `to` already is replaced; by default that is an error. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Rows of a source split that go on, and where to. */
interface Selection {
  readonly split: Split;
  /** Targets of each row; none for a dropped one. */
  readonly targets: readonly (readonly Target[])[];
}

interface Target {
  readonly split: Split;
  readonly num_example_per_prompt: bigint;
}

interface Surveyed {
  readonly split: Split;
  readonly caption: string;
  readonly user_id: bigint;
  readonly ranking_id: bigint;
}

/**
 * Checks every row of `from` and writes it to `to`, images included. The further columns may be absent and become null;
 * num_example_per_prompt is counted anew; a picture that is no JPEG becomes one.
 * Throws DatasetError as `openDataset` and `writeDataset` do; nothing is written then.
 */
export async function importDataset(
  from: string,
  to: string,
  settings: ImportSettings = {},
  effects: PublishEffects = { files: realFiles, limits: SHARD_LIMITS },
): Promise<DatasetSummary> {
  const { replace = false } = settings;
  await checkTarget(to, replace);
  const source = await openForeign(from, effects);
  const keep = keepsSplits(from, source, settings);
  const images = settings.images ?? source.hasImages;
  if (images && !source.hasImages) throw new DatasetError("NO_IMAGES", `${from} has no images to import; leave them out.`);
  const survey = await surveyRows(source, keep, settings);
  const { selections, rule, warnings } = keep ? keepSplits(source, survey) : planAnew(source, survey, settings);
  const { name = "Imported preferences", license, seed = 0, onProgress, signal } = settings;
  const publication = { folder: to, replace, images, name, license, seed, rule, onProgress, signal };
  const total = selections.flatMap(({ targets }) => targets.flat()).filter(({ split }) => !split.endsWith("_unique")).length;
  return publish(
    { ...publication, total, warnings: [...warnings, ...licenseWarning(license)] },
    importedRows(source, selections, images),
    effects,
  );
}

async function openForeign(folder: string, { files }: PublishEffects): Promise<Dataset> {
  const shards = await openShards(folder, await findShards(folder), files);
  for (const shard of [...shards.values()].flat()) checkColumns(shard);
  return datasetOf(folder, shards);
}

function keepsSplits(from: string, source: Dataset, { splits }: ImportSettings): boolean {
  const complete = SPLITS.every((split) => source.splits.includes(split));
  if (splits === "keep" && !complete) {
    throw new DatasetError(
      "SPLIT_MISSING",
      `${from} has only the splits ${source.splits.join(", ")}, so they cannot be kept; plan them anew.`,
    );
  }
  return splits === undefined ? complete : splits === "keep";
}

/** First reading, without pictures: undefined for rows that are dropped. */
async function surveyRows(
  source: Dataset,
  keep: boolean,
  { invalidRows, signal }: ImportSettings,
): Promise<(Surveyed | undefined)[]> {
  const survey: (Surveyed | undefined)[] = [];
  const captions = new Map<string, string>();
  const seen = new Set<bigint>();
  for (const split of source.splits) {
    for await (const row of source.read(split, { columns: JUDGED })) {
      signal?.throwIfAborted();
      const problem = problemsOf(row).find(({ severity }) => severity === "error");
      if (problem && invalidRows !== "drop") throw rowInvalid(source.folder, split, row.ranking_id, problem);
      const caption = captions.get(row.caption) ?? row.caption;
      captions.set(caption, caption);
      const repeated = !keep && seen.has(row.ranking_id);
      seen.add(row.ranking_id);
      survey.push(problem || repeated ? undefined : { split, caption, user_id: row.user_id, ranking_id: row.ranking_id });
    }
  }
  return survey;
}

function rowInvalid(folder: string, split: Split, id: bigint, { text }: Problem): DatasetError {
  return new DatasetError(
    "ROW_INVALID",
    `${folder}: ranking ${id} of ${split} contradicts itself: ${text}. Nothing was written; repair it, or import with invalid rows dropped.`,
  );
}

interface Placed {
  readonly selections: readonly Selection[];
  readonly rule: string;
  readonly warnings: readonly string[];
}

/** Each row goes where it was; throws when that would break the rules of the splits. */
function keepSplits(source: Dataset, survey: readonly (Surveyed | undefined)[]): Placed {
  const rows = survey.filter((row) => row !== undefined);
  checkKept(source.folder, rows);
  const counts = new Map<string, bigint>();
  const key = ({ split, caption }: Surveyed) => `${split}\n${caption}`;
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0n) + 1n);
  const targets = survey.map((row) =>
    row ? [{ split: row.split, num_example_per_prompt: counts.get(key(row)) as bigint }] : [],
  );
  return {
    selections: bySplit(source, targets),
    rule: "The splits are those of the dataset that was imported.",
    warnings: droppedWarning(survey.length - rows.length),
  };
}

function checkKept(folder: string, rows: readonly Surveyed[]): void {
  const home = new Map<string, Split>();
  const unique = new Set<string>();
  for (const { split, caption } of rows) {
    const base = split.replace("_unique", "") as Split;
    const known = home.get(caption) ?? base;
    home.set(caption, known);
    const prompt = JSON.stringify(caption);
    if (known !== base) throw splitsInvalid(folder, `the prompt ${prompt} is in ${known} and in ${base}`);
    if (split !== base && unique.has(caption)) throw splitsInvalid(folder, `${split} has two rankings of the prompt ${prompt}`);
    if (split !== base) unique.add(caption);
  }
}

function splitsInvalid(folder: string, what: string): DatasetError {
  return new DatasetError("ROW_INVALID", `${folder}: ${what}. Nothing was written; import with the splits planned anew.`);
}

/** Every ranking once, in splits of our own. */
function planAnew(source: Dataset, survey: readonly (Surveyed | undefined)[], settings: ImportSettings): Placed {
  const rows = survey.flatMap((row, at) => (row ? [{ ...row, at }] : []));
  const ids = rows.map(({ ranking_id }) => ranking_id);
  const placement = place(ids, rows, { ...settings, seed: settings.seed ?? 0 });
  const targets: (readonly Target[])[] = survey.map(() => []);
  for (const [i, { at }] of rows.entries()) targets[at] = placement.splitsOf(i);
  const dropped = droppedWarning(survey.length - rows.length);
  return { selections: bySplit(source, targets), rule: placement.rule, warnings: [...placement.warnings, ...dropped] };
}

/** Cuts a list over all rows of the source into one per split. */
function bySplit(source: Dataset, targets: readonly (readonly Target[])[]): Selection[] {
  let end = 0;
  return source.splits.map((split) => {
    const start = end;
    end += source.count(split);
    return { split, targets: targets.slice(start, end) };
  });
}

function droppedWarning(dropped: number): string[] {
  return dropped > 0 ? [`${dropped} rows that contradict themselves were dropped.`] : [];
}

/** Second reading: whole rows. */
async function* importedRows(source: Dataset, selections: readonly Selection[], images: boolean): AsyncIterable<PlacedRow> {
  const columns = columnsOf(images).map(({ name }) => name);
  for (const { split, targets } of selections) {
    let i = 0;
    for await (const row of source.read(split, { columns })) {
      const places = targets[i++] ?? [];
      if (places.length === 0) continue;
      const whole = images ? await withJpegs(source.folder, row) : row;
      for (const place of places)
        yield { split: place.split, row: { ...whole, num_example_per_prompt: place.num_example_per_prompt } };
    }
  }
}

async function withJpegs(folder: string, row: PreferenceRow): Promise<PreferenceRow> {
  const convert = async (uid: string, bytes: Uint8Array | undefined) =>
    storedJpeg(bytes ?? new Uint8Array(), { name: `${folder}: image ${uid} of ranking ${row.ranking_id}` }).catch(
      (cause: Error) => {
        throw new DatasetError("IMAGE_INVALID", `${cause.message} Nothing was written; import without images, or repair it.`, {
          cause,
        });
      },
    );
  return { ...row, jpg_0: await convert(row.image_0_uid, row.jpg_0), jpg_1: await convert(row.image_1_uid, row.jpg_1) };
}
