/** @file Which ranking goes to which splits. */

import { seededRandom } from "@pickapic/chance";
import { DatasetError } from "../errors.ts";
import type { Split } from "../row.ts";
import { shortages } from "../splits/shortage.ts";
import { planSplits, type SplitSettings } from "../splits/splits.ts";

/** The splits of all rankings of a source, planned before the first row is written. */
export interface Placement {
  /** ranking_id of each ranking, in the order of the source. */
  readonly ids: readonly bigint[];
  /** The splits of ranking i, each with the number of rankings of its caption there. */
  splitsOf(i: number): { readonly split: Split; readonly num_example_per_prompt: bigint }[];
  /** Number of rankings that will be written. */
  readonly total: number;
  readonly rule: string;
  readonly warnings: readonly string[];
}

/** Plans the splits of rankings whose captions and people are known. */
export function place(
  ids: readonly bigint[],
  rankings: readonly { caption: string; user_id: bigint }[],
  settings: SplitSettings & { readonly seed: number },
): Placement {
  const plan = planSplits(rankings, seededRandom(settings.seed), settings);
  const perCaption = new Map<string, bigint>();
  for (const { caption } of rankings) perCaption.set(caption, (perCaption.get(caption) ?? 0n) + 1n);
  const rowsIn = (split: Split) => plan.splits.reduce((sum, each) => sum + Number(each === split), 0);
  return {
    ids,
    splitsOf(i) {
      const split = plan.splits[i] ?? "train";
      const rows: { split: Split; num_example_per_prompt: bigint }[] = [
        { split, num_example_per_prompt: perCaption.get(rankings[i]?.caption ?? "") ?? 0n },
      ];
      if (plan.unique[i] && split !== "train") rows.push({ split: `${split}_unique`, num_example_per_prompt: 1n });
      return rows;
    },
    total: rankings.length,
    rule: plan.rule,
    warnings: shortages({ ...plan, validation: rowsIn("validation"), test: rowsIn("test") }, settings),
  };
}

/** The error for a ranking that breaks a rule. */
export function rowInvalid(id: bigint, text: string): DatasetError {
  return new DatasetError("PICKAPIC_DATASET_ROW_INVALID", `Ranking ${id} cannot be published: ${text}. Nothing was written.`);
}
