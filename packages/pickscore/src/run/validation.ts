/** @file validation.json: the pairs that chose the step of a run, as the model saw them before training and as a trained one sees them. */
import { readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import { z } from "zod";
import { reading } from "./record.ts";

const PROBABILITY = z.number().min(0).max(1);

/** A pair that was judged before training and after it. */
export const VALIDATION_PAIR = z.object({
  /** `ranking_id` of the dataset; null where the examples have none. */
  rankingId: z.string().nullable(),
  caption: z.string(),
  /** Uids in the dataset. */
  image0: z.string(),
  image1: z.string(),
  /** What the person chose; [0.5, 0.5] for a tie. */
  target: z.tuple([PROBABILITY, PROBABILITY]).readonly(),
  /** Probability that image 0 is preferred, by the model that training started from, with its own temperature. */
  before: PROBABILITY,
  /** The same by the best checkpoint of the run; for cross-fitted pairs by a model that was not trained on this prompt. */
  after: PROBABILITY,
});

const VALIDATION = z.object({
  format: z.literal(1),
  /** The split that the pairs are from: train when they were cross-fitted. */
  split: z.enum(["validation_unique", "validation", "train"]),
  /** How many trainings each left out the pairs that it judges; only for cross-fitted pairs. */
  folds: z.int().optional(),
  /** Optimizer steps of the checkpoint in the run folder. */
  step: z.int().min(0),
  /** In the order of the dataset, ties included; of a validation split at most `validationPairs` of the settings. */
  pairs: z.array(VALIDATION_PAIR),
});

export type ValidationPair = z.infer<typeof VALIDATION_PAIR>;
export type ValidationRecord = z.infer<typeof VALIDATION>;

/** @returns null where there is no such file, as in a run without pairs that could choose. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
export async function readValidation(file: string): Promise<ValidationRecord | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? null : reading(file, () => VALIDATION.parse(JSON.parse(text)));
}

/** Writes the file, whole or not at all. */
export const writeValidation = (file: string, record: ValidationRecord): Promise<void> =>
  writeWholeFile(file, `${JSON.stringify(record)}\n`);
