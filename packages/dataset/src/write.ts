/** @file Rankings to a dataset folder. */

import type { Split } from "./row.ts";
import type { PreferenceSource } from "./source.ts";

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly note?: string;
}

export interface WriteSettings {
  /** False leaves the columns jpg_0 and jpg_1 out. */
  readonly images: boolean;
  /** Seed of the splits, an integer of 0 ... 2^53 - 1: same source and seed, same files. */
  readonly seed: number;
  /** Title of the dataset card. */
  readonly name: string;
  /** Hugging Face licence identifier such as "cc-by-4.0"; the card says so when none was chosen. */
  readonly license?: string;
  /** At most so many prompts are held out for validation and test together; default 1000, as in the paper. */
  readonly heldOutPrompts?: number;
  /** At most this share of the prompts is held out; default 0.2. */
  readonly heldOutShare?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface DatasetSummary {
  readonly folder: string;
  readonly splits: Readonly<
    Record<Split, { readonly rows: number; readonly prompts: number; readonly shards: number; readonly bytes: number }>
  >;
  readonly rankings: number;
  /** Different images written; 0 without images. */
  readonly images: number;
  /** Rows that a simulated person answered. */
  readonly simulated: number;
  /** How the held-out prompts were chosen, one sentence. */
  readonly rule: string;
  /** Sentences for the person who exports, such as "too few users for validation and test". */
  readonly warnings: readonly string[];
}

/** Writes the five splits beside `folder`, then renames; an interrupted run leaves `folder` as it was. */
export async function writeDataset(
  _source: PreferenceSource,
  _folder: string,
  _settings: WriteSettings,
): Promise<DatasetSummary> {
  throw new Error("writeDataset: not written yet");
}
