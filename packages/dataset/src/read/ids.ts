/** @file Whether every ranking of a dataset has an id of its own: one that is there twice would be counted twice. */

import { DatasetError } from "../errors.ts";
import { OWN_SPLITS } from "../row.ts";
import type { Dataset } from "./read.ts";

/**
 * Reads the ids of train, validation and test, 8 bytes for each ranking.
 * @throws DatasetError PICKAPIC_DATASET_ROW_INVALID when an id is there more than once, with the first of them and how many rankings are too many
 */
export async function checkIds(dataset: Dataset): Promise<void> {
  const bases = OWN_SPLITS.filter((split) => dataset.splits.includes(split));
  const ids = new BigInt64Array(bases.reduce((sum, split) => sum + dataset.count(split), 0));
  let i = 0;
  for (const split of bases)
    for await (const { ranking_id } of dataset.read(split, { columns: ["ranking_id"] })) ids[i++] = ranking_id;
  ids.sort();
  const repeated = ids.filter((id, at) => at > 0 && id === ids[at - 1]);
  if (repeated.length > 0) throw repeatedIds(dataset.folder, repeated.length, `${repeated[0]}`);
}

/** The error for a dataset in which `count` rankings have the id of an earlier one. */
export function repeatedIds(folder: string, count: number, first: string): DatasetError {
  const which =
    count === 1 ? `a ranking has the id of another one (${first})` : `${count} rankings have ids of others (the first: ${first})`;
  return new DatasetError(
    "PICKAPIC_DATASET_ROW_INVALID",
    `${folder}: every ranking must have an id of its own, but ${which}, so that answers would be counted twice; \`pickapic dataset import ${folder} NEW --drop-invalid\` makes a dataset without them.`,
  );
}
