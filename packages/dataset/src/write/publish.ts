/** @file Writes rows with their splits to a dataset folder: Parquet files, card, checksums, then the rename. */

import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "../files.ts";
import { columnsOf, type PreferenceRow, SPLITS, type Split } from "../row.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, shardPath } from "../shards/layout.ts";
import { type ShardLimits, SplitWriter, type WrittenShard } from "../shards/shards.ts";
import { datasetCard } from "./card.ts";
import { checksumOfText, formatChecksums } from "./checksums.ts";
import { replaceDataset, writeText, writing } from "./folder.ts";

/** How far a long operation is: `done` of `total`, in `unit` (a plural, such as "rankings"), and what is worked on just now. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly note?: string;
}

/** What was written of one split: its rows, their different prompts, and its Parquet files with their size together in bytes. */
export interface SplitSummary {
  readonly rows: number;
  readonly prompts: number;
  readonly shards: number;
  readonly bytes: number;
}

/** What was written: the folder, the size of each split, and what the exporting person should know about it. */
export interface DatasetSummary {
  readonly folder: string;
  readonly splits: Readonly<Record<Split, SplitSummary>>;
  /** Rows of train, validation and test. */
  readonly rankings: number;
  /** Number of different images in the rows. */
  readonly images: number;
  /** Rows that a simulated person answered. */
  readonly simulated: number;
  /** How the held-out prompts were chosen, one sentence. */
  readonly rule: string;
  /** Sentences for the person who exports, such as "no licence was chosen". */
  readonly warnings: readonly string[];
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

/** Writes rows as they come. `folder` changes only at the end, when everything succeeded. */
export async function publish(
  publication: Publication,
  rows: AsyncIterable<PlacedRow>,
  effects: PublishEffects,
): Promise<DatasetSummary> {
  return replaceDataset(publication.folder, publication.replace, async (staging) => {
    const tally = new Tally();
    const written = await writeSplits(publication, rows, join(staging, DATA_FOLDER), tally, effects);
    return writing(publication.folder, () => finishFolder(publication, staging, tally, written));
  });
}

async function writeSplits(
  { folder, images, total, onProgress, signal }: Publication,
  rows: AsyncIterable<PlacedRow>,
  dataFolder: string,
  tally: Tally,
  { files, limits }: PublishEffects,
): Promise<Map<Split, WrittenShard[]>> {
  const columns = columnsOf(images);
  const writers = new Map(SPLITS.map((split) => [split, new SplitWriter(split, dataFolder, columns, files, limits)]));
  try {
    let done = 0;
    for await (const { split, row } of rows) {
      signal?.throwIfAborted();
      tally.add(split, row);
      await writing(folder, async () => writers.get(split)?.add(row));
      if (!repeats(split)) onProgress?.({ done: ++done, total, unit: "rankings" });
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

/** Whether the rows of a split repeat rows of another one. */
const repeats = (split: Split): boolean => split.endsWith("_unique");

/** Counts what card and summary say about the rows. */
class Tally {
  readonly #rows = new Map<Split, number>(SPLITS.map((split) => [split, 0]));
  readonly #prompts = new Map<Split, Set<string>>(SPLITS.map((split) => [split, new Set()]));
  readonly #people = new Set<bigint>();
  readonly #models = new Set<string>();
  readonly #images = new Set<string>();
  readonly #consents = new Set<string>();
  #ties = 0;
  #simulated = 0;
  #first: bigint | undefined;
  #last: bigint | undefined;

  add(split: Split, row: PreferenceRow): void {
    this.#rows.set(split, (this.#rows.get(split) ?? 0) + 1);
    this.#prompts.get(split)?.add(row.caption);
    if (repeats(split)) return;
    this.#people.add(row.user_id);
    this.#models.add(row.model_0).add(row.model_1);
    this.#images.add(row.image_0_uid).add(row.image_1_uid);
    if (row.consent_version !== null) this.#consents.add(row.consent_version);
    if (!row.has_label) this.#ties++;
    if (row.simulated !== null) this.#simulated++;
    if (this.#first === undefined || row.created_at < this.#first) this.#first = row.created_at;
    if (this.#last === undefined || row.created_at > this.#last) this.#last = row.created_at;
  }

  get #rankings(): number {
    return (["train", "validation", "test"] as const).reduce((sum, split) => sum + (this.#rows.get(split) ?? 0), 0);
  }

  facts() {
    return {
      rankings: this.#rankings,
      ties: this.#ties,
      people: this.#people.size,
      models: [...this.#models].sort(),
      simulated: this.#simulated,
      consentVersions: [...this.#consents].sort(),
      first: this.#first,
      last: this.#last,
    };
  }

  summary({ folder, rule, warnings }: Publication, written: ReadonlyMap<Split, readonly WrittenShard[]>): DatasetSummary {
    const of = (split: Split): SplitSummary => {
      const shards = written.get(split) ?? [];
      return {
        rows: this.#rows.get(split) ?? 0,
        prompts: this.#prompts.get(split)?.size ?? 0,
        shards: shards.length,
        bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    };
    const splits = Object.fromEntries(SPLITS.map((split) => [split, of(split)])) as Record<Split, SplitSummary>;
    return { folder, splits, rankings: this.#rankings, images: this.#images.size, simulated: this.#simulated, rule, warnings };
  }
}
