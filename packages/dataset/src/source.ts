/** @file Where rankings come from before they are a dataset: the server's store, a simulation, another dataset. */

import type { PreferenceRow } from "./row.ts";

/** A ranking as its source knows it: all but what only the finished dataset can say, and the bytes of the images. */
export type RankingRecord = Omit<PreferenceRow, "num_example_per_prompt" | "__index_level_0__" | "jpg_0" | "jpg_1">;

/**
 * A snapshot of rankings. `records` is read twice (once to plan the splits, once to write), and must give the same
 * rankings in the same order both times; rankings that are new in the second reading are left out.
 */
export interface PreferenceSource {
  records(): AsyncIterable<RankingRecord>;
  /** The bytes of an image in any format that sharp reads; JPEG bytes are published as they are. */
  readImage(uid: string): Promise<Uint8Array>;
}

/** A source of rankings that are in memory already. */
export function memorySource(records: readonly RankingRecord[], readImage: PreferenceSource["readImage"]): PreferenceSource {
  return {
    async *records() {
      yield* records;
    },
    readImage,
  };
}
