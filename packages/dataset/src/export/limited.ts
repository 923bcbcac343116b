/** @file Which rankings of a dataset an export takes: the limits of a release, over all splits together. */

import type { Block } from "../columns/block.ts";
import { GrowingDictionary } from "../columns/dictionary.ts";
import { isUnlimited, type LimitedRankings, type ReleaseLimits, rowsWithin } from "../columns/limits.ts";
import type { Dataset } from "../read/read.ts";
import { OWN_SPLITS } from "../row.ts";

/** The rankings of train, validation and test that are within limits. */
export interface Within {
  /** 1 for each ranking that is taken, in the order of train, validation and test; null when all are. */
  readonly taken: Uint8Array | null;
  readonly leftOut: LimitedRankings;
}

/** The columns that limits look at. */
const READ = ["created_at", "are_different", "user_id", "caption", "has_label"] as const;

/**
 * Reads the columns that limits look at, and applies them to the rankings of train, validation and test, oldest first: of a person the first ones are
 * taken, whichever split they are in. Without limits nothing is read.
 */
export async function rankingsWithin(dataset: Dataset, limits: ReleaseLimits, signal?: AbortSignal): Promise<Within> {
  const nothing: Block = { length: 0, columns: new Map() };
  if (isUnlimited(limits)) return { taken: null, leftOut: rowsWithin(nothing, limits).leftOut };
  const block = await oldestFirst(dataset, signal);
  const { rows, leftOut } = rowsWithin(block, limits);
  const order = block.columns.get("created_at")?.of;
  const taken = new Uint8Array(block.length);
  for (const row of rows) taken[order?.[row] ?? row] = 1;
  return { taken, leftOut };
}

/** The columns `READ` of all rankings: stored in the order of train, validation and test, and as a block in the order of their times. */
async function oldestFirst(dataset: Dataset, signal: AbortSignal | undefined): Promise<Block> {
  const total = OWN_SPLITS.reduce((sum, split) => sum + dataset.count(split), 0);
  const [times, people] = [new BigInt64Array(total), new BigInt64Array(total)];
  const [different, labelled] = [new Uint8Array(total), new Uint8Array(total)];
  const dictionary = new GrowingDictionary();
  const codes = new Int32Array(total);
  let at = 0;
  for (const split of OWN_SPLITS)
    for await (const row of dataset.read(split, { columns: READ })) {
      signal?.throwIfAborted();
      times[at] = row.created_at;
      people[at] = row.user_id;
      different[at] = Number(row.are_different);
      labelled[at] = Number(row.has_label);
      codes[at] = dictionary.codeOfText(row.caption);
      at++;
    }
  const of = Int32Array.from(times.keys()).sort((a, b) => Number((times[a] ?? 0n) - (times[b] ?? 0n)) || a - b);
  return {
    length: total,
    columns: new Map([
      ["created_at", { kind: "integers", values: times, of }],
      ["user_id", { kind: "integers", values: people, of }],
      ["are_different", { kind: "numbers", values: different, of }],
      ["has_label", { kind: "numbers", values: labelled, of }],
      ["caption", { kind: "texts", codes, dictionary, of }],
    ]),
  };
}

/** Why nothing can be written. @param tied ties among the rankings within the limits, where the format takes none */
export function nothingWithin(from: string, tied: number, { taken, leftOut }: Within): string {
  const what = taken === null ? "" : " within the limits";
  if (tied > 0) return `${from} has only ties${what} (${tied}): write them with --ties split, or keep them where the format can.`;
  const all = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
  return all === 0 ? `${from} has no rankings.` : `${from} has no ranking within the limits: all ${all} were left out.`;
}
