/** @file Writes rows with their splits to a dataset folder: Parquet files, card, checksums, then the rename. */

import { rename } from "node:fs/promises";
import { join } from "node:path";
import { allRows, blockOfRows, type Rows } from "../columns/block.ts";
import type { ReleaseLimits } from "../columns/limits.ts";
import type { Files } from "../files.ts";
import { columnsOf, type PreferenceRow, SPLITS, type Split } from "../row.ts";
import { CALLERS_DIGESTER, type Digester, startDigester } from "../shards/digest.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, shardPath } from "../shards/layout.ts";
import { GATHERED_BYTES, GATHERED_ROWS, type ShardLimits, SplitWriter, type WrittenShard } from "../shards/shards.ts";
import { datasetCard } from "./card.ts";
import { checksumOfText, formatChecksums } from "./checksums.ts";
import { replaceDataset, writeText, writing } from "./folder.ts";
import { nextRelease } from "./release.ts";
import type { DatasetSummary } from "./summary.ts";
import { repeats, Tally } from "./tally.ts";
import type { Unfinished } from "./unfinished.ts";

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
  /** Seed of the splits; undefined where they were not drawn. */
  readonly seed?: number | undefined;
  /** The fingerprint of the export. With it, an export that was killed goes on after the files that it finished. */
  readonly fingerprint?: string | undefined;
  /** The number of the release. Default: see `nextRelease`. */
  readonly release?: number | undefined;
  readonly rule: string;
  /** The limits of the source, for the card. Default: none. */
  readonly limits?: ReleaseLimits | undefined;
  /** What was left out of the dataset from which this one was taken, a sentence each, for the card. Default: nothing. */
  readonly earlierLimits?: readonly string[] | undefined;
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
  /** Rankings from which on the checksums of the files are computed on a thread. Default: from where it is worth its start. */
  readonly threadFrom?: number;
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
  unfinished?: Unfinished,
): Promise<DatasetSummary> {
  let done = 0;
  const counted = async function* () {
    for await (const placed of rows) {
      publication.signal?.throwIfAborted();
      yield placed;
      if (!repeats(placed.split)) onProgress?.({ done: ++done, total: publication.total, unit: "rankings" });
    }
  };
  return publishBlocks(publication, gathered(counted(), effects.limits), effects, unfinished);
}

/** Gathers single rows to blocks, one split each. */
async function* gathered(rows: AsyncIterable<PlacedRow>, { shardRows }: ShardLimits): AsyncIterable<PlacedRows> {
  const most = Math.min(GATHERED_ROWS, shardRows);
  const waiting = new Map<Split, { rows: PreferenceRow[]; bytes: number }>();
  for await (const { split, row } of rows) {
    const of = waiting.get(split) ?? { rows: [], bytes: 0 };
    waiting.set(split, of);
    of.rows.push(row);
    of.bytes += (row.jpg_0?.length ?? 0) + (row.jpg_1?.length ?? 0);
    if (of.rows.length < most && of.bytes < GATHERED_BYTES) continue;
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
  unfinished?: Unfinished,
): Promise<DatasetSummary> {
  const { folder, replace, signal } = publication;
  try {
    return await replaceDataset(folder, replace, async (staging) => {
      const tally = new Tally();
      const written = await writeSplits(publication, blocks, join(staging, DATA_FOLDER), tally, effects, unfinished);
      return writing(folder, async () => {
        await unfinished?.moveTo(join(staging, DATA_FOLDER));
        return finishFolder(publication, staging, tally, written);
      });
    });
  } catch (error) {
    // What was stopped can go on; what failed would fail again.
    await (signal?.aborted ? unfinished?.leave() : unfinished?.discard());
    throw error;
  }
}

/** Digits of the fingerprint that each file says. */
const EXPORT_ID_LENGTH = 16;

/** Rankings from which on a thread is worth its start, which takes about as long as the checksums of their bytes. Pictures are most of the bytes where they are. */
const WORTH_A_THREAD = { withImages: 1_000, without: 20_000 };

/** Writes all rows. The checksums are computed on a thread where that is worth it. */
async function writeSplits(
  publication: Publication,
  blocks: AsyncIterable<PlacedRows>,
  dataFolder: string,
  tally: Tally,
  effects: PublishEffects,
  unfinished: Unfinished | undefined,
): Promise<Map<Split, WrittenShard[]>> {
  const { images, total } = publication;
  const { threadFrom = images ? WORTH_A_THREAD.withImages : WORTH_A_THREAD.without } = effects;
  const digester = total < threadFrom ? CALLERS_DIGESTER : startDigester();
  try {
    return await writeWith({ ...effects, digester }, publication, blocks, dataFolder, tally, unfinished);
  } finally {
    await digester.stop();
  }
}

async function writeWith(
  { files, limits, digester }: PublishEffects & { readonly digester: Digester },
  { folder, images, total, fingerprint, onProgress, signal }: Publication,
  blocks: AsyncIterable<PlacedRows>,
  dataFolder: string,
  tally: Tally,
  unfinished: Unfinished | undefined,
): Promise<Map<Split, WrittenShard[]>> {
  const columns = columnsOf(images);
  const writerOf = (split: Split) =>
    new SplitWriter(split, dataFolder, columns, files, limits, {
      digester,
      exportId: fingerprint?.slice(0, EXPORT_ID_LENGTH),
      finished: unfinished?.finished.get(split),
      onFull: async (shard) => unfinished?.keep(split, shard, dataFolder),
    });
  const writers = new Map(SPLITS.map((split) => [split, writerOf(split)]));
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
  const release = publication.release ?? (await nextRelease(publication.folder, sums));
  const summary = tally.summary({ ...publication, release }, written);
  const card = datasetCard({
    ...publication,
    ...tally.facts(),
    release,
    splits: summary.splits,
    columns: columnsOf(publication.images),
  });
  await writeText(join(staging, CARD_FILE), card);
  await writeText(join(staging, CHECKSUM_FILE), formatChecksums(sums.set(CARD_FILE, checksumOfText(card))));
  return summary;
}
