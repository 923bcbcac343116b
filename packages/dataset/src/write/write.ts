/** @file Writes rankings to a dataset folder, reading the source twice: first to plan the splits, then to write. */

import { storedJpeg } from "@pickapic/pictures";
import { ByteCache } from "../cache.ts";
import { DatasetError } from "../errors.ts";
import { realFiles } from "../files.ts";
import type { PreferenceRow, Split } from "../row.ts";
import { mapAhead } from "../sequences.ts";
import { SHARD_LIMITS, type ShardLimits } from "../shards/shards.ts";
import type { PreferenceSource, RankingRecord } from "../source.ts";
import type { SplitSettings } from "../splits/splits.ts";
import { problemsOf } from "../validate/consistency.ts";
import { placeBlocks, placedBlocks } from "./blocks.ts";
import { Fingerprint } from "./fingerprint.ts";
import { checkTarget } from "./folder.ts";
import { type Placement, place, rowInvalid } from "./placement.ts";
import {
  type DatasetSummary,
  type PlacedRow,
  type Progress,
  type Publication,
  type PublishEffects,
  publish,
  publishBlocks,
} from "./publish.ts";
import { type Finished, Unfinished } from "./unfinished.ts";

/** How a dataset is written: its splits, its card, and whether pictures are part of it. */
export interface WriteSettings extends SplitSettings {
  /** False leaves out the columns jpg_0 and jpg_1. */
  readonly images: boolean;
  /** Seed of the splits, an integer of 0 ... 2^53 - 1. The same source and seed give the same files. */
  readonly seed: number;
  /** Title of the dataset card. */
  readonly name: string;
  /** Hugging Face's licence identifier, such as "cc-by-4.0". Without one the card says that none was chosen. */
  readonly license?: string;
  /** Number of the release. Default: 1, or one more than that of the dataset that is replaced, when the files differ. */
  readonly release?: number;
  /** Whether to replace a dataset in the folder. Default: that is an error. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Pictures that are encoded at the same time, and bytes of encoded ones that are cached for the next rows. */
const AHEAD = 8;
const CACHE_BYTES = 64e6;

/**
 * Writes the five splits; an interrupted run leaves `folder` as it was, and the next one goes on after the files that it finished. Memory holds the caption and person of each ranking, and
 * one row group per split; without images and of a source with blocks, all blocks of the source.
 * Throws DatasetError: EMPTY, ROW_INVALID, IMAGE_INVALID, IMAGE_MISSING, SOURCE_CHANGED, FOLDER_TAKEN, WRITE_FAILED.
 */
export async function writeDataset(
  source: PreferenceSource,
  folder: string,
  settings: WriteSettings,
  effects: PublishEffects = { files: realFiles, limits: SHARD_LIMITS },
): Promise<DatasetSummary> {
  const { replace = false } = settings;
  await checkTarget(folder, replace);
  const { images, name, license, seed, release, onProgress, signal } = settings;
  const publication = ({ total, rule, warnings }: Pick<Placement, "total" | "rule" | "warnings">): Publication => {
    if (total === 0)
      throw new DatasetError("PICKAPIC_DATASET_EMPTY", "There are no rankings to publish yet: collect some answers first.");
    const told = { rule, warnings: [...warnings, ...licenseWarning(license)] };
    return { folder, replace, images, name, license, seed, release, limits: source.limits, ...told, total, onProgress, signal };
  };
  const fingerprint = new Fingerprint(decisive(settings, effects.limits));
  if (source.blocks && !images) {
    const placed = await placeBlocks(source.blocks(), settings, fingerprint);
    const unfinished = await Unfinished.open(folder, placed.fingerprint);
    const named = { ...publication(placed), fingerprint: placed.fingerprint };
    return publishBlocks(named, placedBlocks(placed), effects, unfinished);
  }
  const placement = await placeRankings(source, settings, fingerprint);
  const named = { ...publication(placement), fingerprint: fingerprint.digest() };
  const unfinished = await Unfinished.open(folder, named.fingerprint);
  return publish(named, placedRows(source, placement, images, unfinished.finished), effects, unfinished);
}

/** The settings on which the bytes of the Parquet files depend. */
function decisive(
  { images, seed, heldOutPrompts, heldOutShare, nearDuplicates, disjointPeople }: WriteSettings,
  limits: ShardLimits,
) {
  return { format: 2, images, seed, heldOutPrompts, heldOutShare, nearDuplicates, disjointPeople, ...limits };
}

/** A sentence when no licence was chosen. */
export function licenseWarning(license: string | undefined): string[] {
  if (license) return [];
  return [
    "No licence was chosen: the card says so, and others cannot tell what they may do with the data. " +
      "Name one with --license, such as cc-by-4.0 (use with attribution), cc0-1.0 (no conditions) or other.",
  ];
}

/** The first reading: checks every ranking and plans the splits. */
async function placeRankings(source: PreferenceSource, settings: WriteSettings, fingerprint: Fingerprint): Promise<Placement> {
  const ids: bigint[] = [];
  const rankings: { caption: string; user_id: bigint }[] = [];
  const captions = new Map<string, string>();
  const seen = new Set<bigint>();
  for await (const record of source.records()) {
    settings.signal?.throwIfAborted();
    checkRecord(record, seen);
    // Keeps one string per caption, however often the source creates it.
    const caption = captions.get(record.caption) ?? record.caption;
    captions.set(caption, caption);
    const { ranking_id, user_id, created_at, label_0, image_0_url } = record;
    fingerprint.addText(`${ranking_id} ${user_id} ${created_at} ${label_0} ${image_0_url} ${caption}`);
    ids.push(record.ranking_id);
    rankings.push({ caption, user_id: record.user_id });
  }
  return place(ids, rankings, settings);
}

function checkRecord(record: RankingRecord, seen: Set<bigint>): void {
  const problem = problemsOf(record).find(({ severity }) => severity === "error");
  if (problem) throw rowInvalid(record.ranking_id, problem.text);
  if (seen.has(record.ranking_id)) throw rowInvalid(record.ranking_id, "every ranking_id must be unique, but it came twice");
  seen.add(record.ranking_id);
}

/** The second reading: rows with their pictures. */
async function* placedRows(
  source: PreferenceSource,
  placement: Placement,
  images: boolean,
  finished: Finished,
): AsyncIterable<PlacedRow> {
  const cache = new ByteCache(CACHE_BYTES);
  const isWritten = writtenRows(finished);
  const picture = (uid: string, record: RankingRecord) => cache.get(uid, () => readPicture(source, uid, record));
  const planned = inPlan(source.records(), placement.ids);
  const withPictures = mapAhead(planned, AHEAD, async ({ record, i }) => {
    const written = placement.splitsOf(i).map(({ split }) => isWritten(split));
    if (!images || written.every((each) => each)) return { record, i, jpgs: {} };
    const [jpg_0, jpg_1] = await Promise.all([picture(record.image_0_uid, record), picture(record.image_1_uid, record)]);
    return { record, i, jpgs: { jpg_0, jpg_1 } };
  });
  for await (const { record, i, jpgs } of withPictures) {
    for (const { split, num_example_per_prompt } of placement.splitsOf(i)) {
      const row: PreferenceRow = { ...record, ...jpgs, num_example_per_prompt, __index_level_0__: BigInt(i) };
      yield { split, row };
    }
  }
}

/** Says of each next row of a split whether it is in a finished file, so that its pictures need not be read. */
function writtenRows(finished: Finished): (split: Split) => boolean {
  const left = new Map([...finished].map(([split, shards]) => [split, shards.reduce((sum, { rows }) => sum + rows, 0)]));
  return (split) => {
    const rows = left.get(split) ?? 0;
    left.set(split, rows - 1);
    return rows > 0;
  };
}

/** Yields the planned records in order; records that are newer than the plan are left out. */
async function* inPlan(
  records: AsyncIterable<RankingRecord>,
  ids: readonly bigint[],
): AsyncIterable<{ record: RankingRecord; i: number }> {
  let i = 0;
  for await (const record of records) {
    if (record.ranking_id === ids[i]) yield { record, i: i++ };
  }
  if (i < ids.length) {
    throw new DatasetError("PICKAPIC_DATASET_SOURCE_CHANGED", String(ids[i]));
  }
}

async function readPicture(source: PreferenceSource, uid: string, { ranking_id }: RankingRecord): Promise<Uint8Array> {
  const name = `Image ${uid} of ranking ${ranking_id}`;
  const bytes = await source.readImage(uid).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new DatasetError(
      "PICKAPIC_DATASET_IMAGE_MISSING",
      `${name} cannot be read from the store (${reason}). Nothing was written.`,
    ).because(cause);
  });
  return storedJpeg(bytes, { name }).catch((cause: Error) => {
    throw new DatasetError("PICKAPIC_DATASET_IMAGE_INVALID", `${cause.message} Nothing was written.`).because(cause);
  });
}
