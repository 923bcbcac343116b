/** @file A set of prompts by the paper's rule: drawn from a dataset, each from another person as long as there are further people. */

import { type Random, randomFor, shuffled } from "@pickapic/chance";
import type { Dataset } from "../read/read.ts";
import { OWN_SPLITS } from "../row.ts";
import { planSplits } from "./splits.ts";

/** A drawn set of prompts. */
export interface PromptSample {
  readonly prompts: readonly string[];
  /** How they were drawn, one sentence. */
  readonly rule: string;
}

/**
 * Draws prompts of all rankings of a dataset as held-out prompts are drawn (`planSplits`): in turns, one prompt of each person, people in random order. There are
 * fewer than `count` when the dataset has fewer. They are in random order.
 */
export async function samplePrompts(dataset: Dataset, { count, seed }: { count: number; seed: number }): Promise<PromptSample> {
  const rankings: { caption: string; user_id: bigint }[] = [];
  for (const split of OWN_SPLITS)
    if (dataset.splits.includes(split))
      for await (const row of dataset.read(split, { columns: ["caption", "user_id"] })) rankings.push(row);
  const random = randomFor("prompts", seed);
  const all = [...new Set(rankings.map(({ caption }) => caption))];
  const prompts = all.length <= count ? shuffled(all, random) : drawnPrompts(rankings, count, random);
  const people = new Set(rankings.map(({ user_id }) => user_id)).size;
  const rule = `${prompts.length} of ${all.length} ${all.length === 1 ? "prompt" : "prompts"}, drawn in turns from ${people} ${people === 1 ? "person" : "people"}, seed ${seed}.`;
  return { prompts, rule };
}

/** Some of the prompts, as held-out ones are drawn. */
function drawnPrompts(rankings: readonly { caption: string; user_id: bigint }[], count: number, random: Random): string[] {
  const { splits } = planSplits(rankings, random, { heldOutPrompts: count + (count % 2), heldOutShare: 1 });
  return [...new Set(rankings.flatMap(({ caption }, i) => (splits[i] === "train" ? [] : [caption])))].slice(0, count);
}
