/** @file A dataset folder to rows. */

import type { RowFilter } from "./filter.ts";
import type { ColumnName, PreferenceRow, Split } from "./row.ts";

export interface ReadSettings<C extends ColumnName> {
  /** Only these columns are read from the disk; all that the dataset has by default. */
  readonly columns?: readonly C[];
  readonly filter?: RowFilter;
}

export interface Dataset {
  readonly folder: string;
  /** The splits that the folder has, in the order of SPLITS. */
  readonly splits: readonly Split[];
  /** False in the variant without jpg_0 and jpg_1. */
  readonly hasImages: boolean;
  /** Rows of a split. */
  count(split: Split): number;
  /** The rows of a split in file order, one row group in memory at a time. */
  read<C extends ColumnName = ColumnName>(split: Split, settings?: ReadSettings<C>): AsyncIterable<Pick<PreferenceRow, C>>;
  /** The rows at these positions, in this order (for shuffled batches: see `planEpoch`); only their pages are read. */
  take<C extends ColumnName = ColumnName>(
    split: Split,
    positions: readonly number[],
    settings?: { readonly columns?: readonly C[] },
  ): Promise<Pick<PreferenceRow, C>[]>;
}

/** Opens a folder that `writeDataset` or `importDataset` made. Reads the footers of its Parquet files only. */
export async function openDataset(_folder: string): Promise<Dataset> {
  throw new Error("openDataset: not written yet");
}
