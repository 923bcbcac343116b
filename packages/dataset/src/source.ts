/** @file Where rankings come from before they become a dataset: the server's database, a simulation, another dataset. */

import type { Block } from "./columns/block.ts";
import type { ReleaseLimits } from "./columns/limits.ts";
import type { PreferenceRow } from "./row.ts";

/** A ranking as its source knows it: without the bytes of the images, and without what only the finished dataset can say. */
export type RankingRecord = Omit<PreferenceRow, "num_example_per_prompt" | "__index_level_0__" | "jpg_0" | "jpg_1">;

/**
 * A snapshot of rankings. `records` is read twice, to plan the splits and to write, and must yield the same rankings in the same
 * order; rankings that are new in the second reading are left out.
 */
export interface PreferenceSource {
  /** The limits that this source keeps to; the card of a dataset names them. Default: none. */
  readonly limits?: ReleaseLimits | undefined;
  records(): AsyncIterable<RankingRecord>;
  /**
   * The same rankings as columns, with every column of a RankingRecord, each ranking once. A dataset without images is written of
   * them without an object for each ranking; the writer holds all blocks in memory, so that they are read once.
   */
  blocks?(): AsyncIterable<Block>;
  /** Returns the bytes of an image in any format that sharp reads. JPEG bytes are published unchanged where possible. */
  readImage(uid: string): Promise<Uint8Array>;
}

/** A source for rankings that are in memory. */
export function memorySource(records: readonly RankingRecord[], readImage: PreferenceSource["readImage"]): PreferenceSource {
  return {
    async *records() {
      yield* records;
    },
    readImage,
  };
}
