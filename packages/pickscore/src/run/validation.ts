/** @file validation.json of a run: the pairs that chose its step, as the model saw them before training, and as a trained one sees them. */
import { readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import type { Target } from "../loss.ts";
import { runFiles } from "./runFolder.ts";

export interface ValidationPair {
  /** `ranking_id` of the dataset; null where the examples have none. */
  rankingId: string | null;
  caption: string;
  /** Uids in the dataset. */
  image0: string;
  image1: string;
  /** What the person chose; [0.5, 0.5] for a tie. */
  target: Target;
  /** Probability 0...1 that image 0 is preferred, by the model that training started from, with its own temperature. */
  before: number;
  /** The same by the best checkpoint of the run; cross-fitted: by a model that was not trained on this prompt. */
  after: number;
}

export interface ValidationRecord {
  format: 1;
  /** The split that the pairs are from: train when they were cross-fitted. */
  split: "validation_unique" | "validation" | "train";
  /** Trainings that each left out the pairs it judges; only where the pairs were cross-fitted. */
  folds?: number;
  /** Optimizer steps of the checkpoint in the run folder. */
  step: number;
  /** In the order of the dataset, ties included; of a validation split at most `validationPairs` of the settings. */
  pairs: ValidationPair[];
}

/** validation.json of a run folder; null where there is none, as without a validation split. */
export async function readValidation(folder: string): Promise<ValidationRecord | null> {
  const text = await readFile(runFiles(folder).validation, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as ValidationRecord);
}

export async function writeValidation(folder: string, record: ValidationRecord): Promise<void> {
  await writeWholeFile(runFiles(folder).validation, `${JSON.stringify(record)}\n`);
}
