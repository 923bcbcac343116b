/**
 * @file Whether a whole dataset keeps every rule of its rows and splits, found on its columns as the files store them. It only says yes or "perhaps not":
 * what is wrong, and in which row, the row-by-row checks then say, which remain the authority.
 */

import type { RowGroup } from "hyparquet";
import { PageMemory } from "../pages/memory.ts";
import type { Shard } from "../read/read.ts";
import { SPLITS, type Split } from "../row.ts";
import { GroupColumns } from "./groupColumns.ts";
import { PromptProof } from "./promptProof.ts";
import { areRowsSound, COLUMNS_OF_ROWS } from "./rowProof.ts";

/** The unique splits come first, because the rankings of the others are then looked for in them. */
const ORDER = SPLITS.toReversed();

/**
 * Returns true when no row breaks a rule: neither one within a row, nor one between rows or splits. False when one may be broken, when a split is missing,
 * and when a file cannot be read here, such as one whose columns are encoded in a way that few writers use.
 */
export async function isProvenSound(shards: ReadonlyMap<Split, readonly Shard[]>): Promise<boolean> {
  if (SPLITS.some((split) => !shards.get(split)?.length)) return false;
  const memory = new PageMemory();
  const prompts = new PromptProof(memory);
  try {
    for (const split of ORDER)
      for (const shard of shards.get(split) ?? [])
        for (const group of shard.metadata.row_groups)
          if (!(await isGroupSound(split, shard, group, memory, prompts))) return false;
  } catch {
    // Reading row by row tells what is wrong with the file, or reads what cannot be read here.
    return false;
  }
  return prompts.isSound();
}

async function isGroupSound(
  split: Split,
  { file, metadata }: Shard,
  group: RowGroup,
  memory: PageMemory,
  prompts: PromptProof,
): Promise<boolean> {
  memory.clear();
  const columns = await GroupColumns.read(file, metadata, group, COLUMNS_OF_ROWS, memory);
  return areRowsSound(columns) && prompts.add(split, columns);
}
