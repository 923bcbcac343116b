/** @file The rows of a block as objects, for readers of single rankings. */

import { COLUMNS } from "../row.ts";
import type { RankingRecord } from "../source.ts";
import { type Block, valueAt } from "./block.ts";
import { rowFrom } from "./cells.ts";

/** Gives the rows of a block as row objects, one at a time. Columns that the block lacks are null. */
export function* rowsOf({ length, columns }: Block): Iterable<RankingRecord> {
  for (let row = 0; row < length; row++) {
    yield rowFrom(RECORDED, ({ name, type }) => valueAt(columns.get(name), row, type === "bool"));
  }
}

/** The columns of a RankingRecord. */
const RECORDED = COLUMNS.filter(({ name, kind }) => kind !== "image" && kind !== "index" && name !== "num_example_per_prompt");
