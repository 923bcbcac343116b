/** @file Writes rows with their splits to a dataset folder: Parquet files, card, checksums, then the rename. */

import { rename } from "node:fs/promises";
import { join } from "node:path";
import { allRows, blockOfRows, type Rows } from "../columns/block.ts";
import type { Files } from "../files.ts";
import { columnsOf, type PreferenceRow, SPLITS, type Split } from "../row.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, shardPath } from "../shards/layout.ts";
import { GATHERED_BYTES, GATHERED_ROWS, type ShardLimits, SplitWriter, type WrittenShard } from "../shards/shards.ts";
import { datasetCard } from "./card.ts";
import { checksumOfText, formatChecksums } from "./checksums.ts";
import { replaceDataset, writeText, writing } from "./folder.ts";
import type { DatasetSummary } from "./summary.ts";
import { repeats, Tally } from "./tally.ts";

export type { DatasetSummary, SplitSummary } from "./summary.ts";

/** How far a long operation is: `done` of `total`, in `unit` (a plural, such as "rankings"), and what is worked on just now. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly note?: string;
}

/** A row with the split that it is written to. */
export interface PlacedRow {
  readonly split: Split;
  readonly row: PreferenceRow;
}

/** Where a dataset is written and what its card says. Aborting `signal` ends the writing and leaves `folder` as it was. */
export interface Publication {
  readonly folder: string;
  /** Whether to replace a dataset in `folder`; without it that is an error. */
  readonly replace: boolean;
  readonly images: boolean;
  readonly name: string;
  readonly license: string | undefined;
  readonly seed: number;
  readonly rule: string;
  readonly warnings: readonly string[];
  /** Expected number of rankings, for the progress. */
  readonly total: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The disk, and the limits of files. */
export interface PublishEffects {
  readonly files: Files;
  readonly limits: ShardLimits;
}

/** Rows of a block with the split that they are written to. */
export interface PlacedRows extends Rows {
  readonly split: Split;
}

/** Writes rows as they come. `folder` changes only at the end, when everything succeeded. */
export async function publish(
  { onProgress, ...publication }: Publication,
  rows: AsyncIterable<PlacedRow>,
  effects: PublishEffects,
): Promise<DatasetSummary> {
  let done = 0;
  const counted = async function* () {
    for await (const placed of rows) {
      publication.signal?.throwIfAborted();
      yield placed;
      if (!repeats(placed.split)) onProgress?.({ done: ++done, total: publication.total, unit: "rankings" });
    }
  };
  return publishBlocks(publication, gathered(counted()), effects);
}

/** Gathers single rows to blocks, one split each. */
async function* gathered(rows: AsyncIterable<PlacedRow>): AsyncIterable<PlacedRows> {
  const waiting = new Map<Split, { rows: PreferenceRow[]; bytes: number }>();
  for await (const { split, row } of rows) {
    const of = waiting.get(split) ?? { rows: [], bytes: 0 };
    waiting.set(split, of);
    of.rows.push(row);
    of.bytes += (row.jpg_0?.length ?? 0) + (row.jpg_1?.length ?? 0);
    if (of.rows.length < GATHERED_ROWS && of.bytes < GATHERED_BYTES) continue;
    yield { split, ...allRows(blockOfRows(of.rows)) };
    waiting.delete(split);
  }
  for (const [split, of] of waiting) yield { split, ...allRows(blockOfRows(of.rows)) };
}

/** Writes blocks as they come, as `publish` writes rows. */
export async function publishBlocks(
  publication: Publication,
  blocks: AsyncIterable<PlacedRows>,
  effects: PublishEffects,
): Promise<DatasetSummary> {
  return replaceDataset(publication.folder, publication.replace, async (staging) => {
    const tally = new Tally();
    const written = await writeSplits(publication, blocks, join(staging, DATA_FOLDER), tally, effects);
    return writing(publication.folder, () => finishFolder(publication, staging, tally, written));
  });
}

async function writeSplits(
  { folder, images, total, onProgress, signal }: Publication,
  blocks: AsyncIterable<PlacedRows>,
  dataFolder: string,
  tally: Tally,
  { files, limits }: PublishEffects,
): Promise<Map<Split, WrittenShard[]>> {
  const columns = columnsOf(images);
  const writers = new Map(SPLITS.map((split) => [split, new SplitWriter(split, dataFolder, columns, files, limits)]));
  try {
    let done = 0;
    for await (const { split, ...rows } of blocks) {
      signal?.throwIfAborted();
      tally.add(split, rows);
      await writing(folder, async () => writers.get(split)?.add(rows));
      if (repeats(split)) continue;
      done += rows.rows.length;
      onProgress?.({ done, total, unit: "rankings" });
    }
    const written = new Map<Split, WrittenShard[]>();
    for (const [split, writer] of writers) written.set(split, await writing(folder, () => writer.finish()));
    return written;
  } catch (error) {
    await Promise.all([...writers.values()].map((writer) => writer.abandon()));
    throw error;
  }
}

/** Gives the files their final names, and adds card and checksums. */
async function finishFolder(
  publication: Publication,
  staging: string,
  tally: Tally,
  written: ReadonlyMap<Split, readonly WrittenShard[]>,
): Promise<DatasetSummary> {
  const sums = new Map<string, string>();
  for (const [split, shards] of written) {
    for (const [i, { name, sha256 }] of shards.entries()) {
      const path = shardPath(split, i, shards.length);
      await rename(join(staging, DATA_FOLDER, name), join(staging, path));
      sums.set(path, sha256);
    }
  }
  const summary = tally.summary(publication, written);
  const card = datasetCard({ ...publication, ...tally.facts(), splits: summary.splits, columns: columnsOf(publication.images) });
  await writeText(join(staging, CARD_FILE), card);
  await writeText(join(staging, CHECKSUM_FILE), formatChecksums(sums.set(CARD_FILE, checksumOfText(card))));
  return summary;
}
