/** @file validation.json: the pairs that chose the step of a run, with the model's probabilities before and after training. */
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
  /** The person's answer as two probabilities; [0.5, 0.5] for a tie. */
  target: z.tuple([PROBABILITY, PROBABILITY]).readonly(),
  /** Probability that image 0 is preferred, by the model that training started from, with its own temperature. */
  before: PROBABILITY,
  /** The same probability by the best checkpoint of the run, or, for cross-fitted pairs, by a model that was not trained on their prompt. */
  after: PROBABILITY,
});

const VALIDATION = z.object({
  format: z.literal(1),
  /** The split that the pairs are from; train for cross-fitted pairs. */
  split: z.enum(["validation_unique", "validation", "train"]),
  /** Number of trainings of cross-fitting; missing for a validation split. */
  folds: z.int().optional(),
  /** Optimizer steps of the checkpoint in the run folder. */
  step: z.int().min(0),
  /** Pairs in the order of the dataset, ties included; of a validation split at most as many as the setting `validationPairs`. */
  pairs: z.array(VALIDATION_PAIR),
});

/** A pair that chose the step, with the preference for its image 0 before training and after it. */
export type ValidationPair = z.infer<typeof VALIDATION_PAIR>;

/** The content of validation.json. */
export type ValidationRecord = z.infer<typeof VALIDATION>;

/** Reads validation.json; null when a run has none because no pairs could choose its step. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
export async function readValidation(file: string): Promise<ValidationRecord | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? null : reading(file, () => VALIDATION.parse(JSON.parse(text)));
}

/** Writes validation.json. After a crash the file is the old one or the new one, always whole. */
export const writeValidation = (file: string, record: ValidationRecord): Promise<void> =>
  writeWholeFile(file, `${JSON.stringify(record)}\n`);
