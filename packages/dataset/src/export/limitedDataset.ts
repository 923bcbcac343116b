/** @file Writes the rankings of a dataset that are within limits as another dataset of ours, whose prompts stay in their splits. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LimitedRankings, ReleaseLimits } from "../columns/limits.ts";
import { DatasetError } from "../errors.ts";
import { realFiles } from "../files.ts";
import { checkIds } from "../read/ids.ts";
import { type Dataset, openDataset } from "../read/read.ts";
import { columnsOf, OWN_SPLITS, type Split } from "../row.ts";
import { CARD_FILE } from "../shards/layout.ts";
import { SHARD_LIMITS } from "../shards/shards.ts";
import { shortages } from "../splits/shortage.ts";
import { leftOutIn, licenseIn, titleIn } from "../write/card.ts";
import { Fingerprint } from "../write/fingerprint.ts";
import { checkTarget } from "../write/folder.ts";
import { type DatasetSummary, type PlacedRow, type Progress, type PublishEffects, publish } from "../write/publish.ts";
import { licenseWarning } from "../write/write.ts";
import { nothingWithin, rankingsWithin, type Within } from "./limited.ts";

/** What is taken of a dataset, and what the card of the new one says. */
export interface LimitedSettings {
  /** Default: all of train, validation and test. */
  readonly limits?: ReleaseLimits | undefined;
  /** False leaves out the pictures. Default: they are written if the dataset has them. */
  readonly images?: false | undefined;
  /** Title of the card. Default: that of the dataset. */
  readonly name?: string | undefined;
  /** Default: the licence that the card of the dataset names; null for none. */
  readonly license?: string | null | undefined;
  /** Number of the release. Default: 1, or one more than that of the dataset that is replaced, when the files differ. */
  readonly release?: number | undefined;
  /** Whether to replace a dataset in the folder. Default: that is an error. */
  readonly replace?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What was written, and how many rankings the limits left out. */
export interface LimitedSummary extends DatasetSummary {
  readonly leftOut: LimitedRankings;
}

/**
 * Writes a dataset to `folder`, which is whole or stays as it was. No prompt changes its split, so that what was held out of the dataset is
 * held out of the new one too. Each unique split keeps its ranking of a prompt where that is within the limits; otherwise another
 * ranking of the prompt takes its place, one of the same person if there is one. The same dataset and settings give the same bytes.
 * @throws {DatasetError} those of `openDataset` and `checkIds`; EMPTY, FOLDER_TAKEN, WRITE_FAILED
 */
export async function limitDataset(
  from: string,
  folder: string,
  settings: LimitedSettings,
  effects: PublishEffects = { files: realFiles, limits: SHARD_LIMITS },
): Promise<LimitedSummary> {
  const { limits = {}, release, replace = false, onProgress, signal } = settings;
  await checkTarget(folder, replace);
  const dataset = await openDataset(from);
  await checkIds(dataset);
  const images = settings.images ?? dataset.hasImages;
  const card = await readFile(join(from, CARD_FILE), "utf8").catch(() => "");
  const name = settings.name ?? titleIn(card) ?? "Preferences";
  const license = settings.license === undefined ? licenseIn(card) : (settings.license ?? undefined);
  const within = await rankingsWithin(dataset, limits, signal);
  const fingerprint = new Fingerprint({ format: 1, images, ...effects.limits });
  const plan = await planOf(dataset, within, fingerprint, signal);
  if (plan.total === 0) throw new DatasetError("PICKAPIC_DATASET_EMPTY", nothingWithin(from, 0, within));
  const publication = {
    ...{ folder, replace, images, name, license, release, limits, onProgress, signal, total: plan.total },
    earlierLimits: leftOutIn(card),
    fingerprint: fingerprint.digest(),
    rule: "The splits are those of the dataset from which the rankings were taken.",
    warnings: [...plan.warnings, ...licenseWarning(license)],
  };
  return { ...(await publish(publication, takenRows(dataset, within, plan, images), effects)), leftOut: within.leftOut };
}

/** What the first reading finds out. */
interface Plan {
  readonly total: number;
  /** Rankings of each caption in its split. A caption is in one of train, validation and test only. */
  readonly counts: ReadonlyMap<string, bigint>;
  /** The ids of the rankings that the unique splits repeat. */
  readonly unique: ReadonlySet<bigint>;
  readonly warnings: readonly string[];
}

/** A ranking of a held-out prompt. */
interface Candidate {
  readonly id: bigint;
  readonly person: bigint;
}

async function planOf(
  dataset: Dataset,
  within: Within,
  fingerprint: Fingerprint,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const counts = new Map<string, bigint>();
  const unique = new Set<bigint>();
  const rows: Record<Split, number> = { train: 0, validation: 0, test: 0, validation_unique: 0, test_unique: 0 };
  const isTaken = inOrder(within);
  for (const split of OWN_SPLITS) {
    const before = split === "train" ? new Map<string, Candidate>() : await uniqueOf(dataset, split);
    const chosen = new Map<string, Candidate>();
    for await (const row of dataset.read(split, { columns: ["ranking_id", "user_id", "caption", "created_at", "label_0"] })) {
      signal?.throwIfAborted();
      if (!isTaken()) continue;
      rows[split]++;
      counts.set(row.caption, (counts.get(row.caption) ?? 0n) + 1n);
      fingerprint.addText(`${split} ${row.ranking_id} ${row.user_id} ${row.created_at} ${row.label_0} ${row.caption}`);
      const candidate = { id: row.ranking_id, person: row.user_id };
      const best = better(chosen.get(row.caption), candidate, before.get(row.caption));
      if (split !== "train") chosen.set(row.caption, best);
    }
    for (const { id } of chosen.values()) unique.add(id);
    if (split !== "train") rows[`${split}_unique`] = chosen.size;
  }
  const total = rows.train + rows.validation + rows.test;
  const sizes = { prompts: counts.size, heldOutPrompts: 2 * Math.min(rows.validation_unique, rows.test_unique) };
  return { total, counts, unique, warnings: shortages({ ...sizes, validation: rows.validation, test: rows.test }) };
}

/** The rankings that the unique split of a held-out split repeats, by their captions. */
async function uniqueOf(dataset: Dataset, split: "validation" | "test"): Promise<Map<string, Candidate>> {
  const found = new Map<string, Candidate>();
  for await (const row of dataset.read(`${split}_unique`, { columns: ["ranking_id", "user_id", "caption"] }))
    found.set(row.caption, { id: row.ranking_id, person: row.user_id });
  return found;
}

/** Which of two rankings of a prompt the unique split repeats: the one that it repeated `before`, else the first of that person, else the first. */
function better(first: Candidate | undefined, second: Candidate, before: Candidate | undefined): Candidate {
  if (first === undefined || first.id === before?.id) return first ?? second;
  if (second.id === before?.id) return second;
  return first.person !== before?.person && second.person === before?.person ? second : first;
}

/** Says of each next ranking of train, validation and test whether it is taken. */
function inOrder({ taken }: Within): () => boolean {
  let i = 0;
  return () => taken?.[i++] !== 0;
}

async function* takenRows(dataset: Dataset, within: Within, { counts, unique }: Plan, images: boolean): AsyncIterable<PlacedRow> {
  const isTaken = inOrder(within);
  for (const split of OWN_SPLITS)
    for await (const row of dataset.read(split, { columns: columnsOf(images).map(({ name }) => name) })) {
      if (!isTaken()) continue;
      const whole = { ...row, num_example_per_prompt: counts.get(row.caption) ?? 1n };
      yield { split, row: whole };
      if (split !== "train" && unique.has(row.ranking_id))
        yield { split: `${split}_unique`, row: { ...whole, num_example_per_prompt: 1n } };
    }
}
