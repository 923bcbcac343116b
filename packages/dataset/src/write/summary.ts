/** @file What was written of a dataset, for its caller. */

import type { Split } from "../row.ts";

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
  /** The number of the release: one more than that of the dataset that it replaced, when the files differ. */
  readonly release: number;
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
