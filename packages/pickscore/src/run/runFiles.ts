/** @file The names of all files in a run folder. */
import { join } from "node:path";
import type { TowerName } from "../steps/boundary.ts";

/** Paths of the files in a run folder, except those of the model. */
export interface RunFiles {
  /** The record of the run: settings, versions, position. A folder without it holds no run. */
  record: string;
  /** One line for each step and each validation. */
  metrics: string;
  /** The pairs that chose the step, as the model sees them before training and after it. */
  validation: string;
  /** A plot of loss and accuracy over the steps. */
  lossCurves: string;
  /** The results on the test pairs before and after training, and facts about the dataset. */
  measured: string;
  report: string;
  /** The lock of the one process that may write into the folder. */
  lock: string;
  /** A folder with the batch whose loss was not finite. */
  diverged: string;
  /** Prepared pixels that do not fit into memory; only while a process trains. */
  pixels: string;
  /** Outputs of the frozen layers of a tower for each text or image. */
  frozenStates(tower: TowerName): string;
}

/** The files of the run folder `folder`. */
export const runFiles = (folder: string): RunFiles => ({
  record: join(folder, "run.json"),
  metrics: join(folder, "metrics.jsonl"),
  validation: join(folder, "validation.json"),
  lossCurves: join(folder, "loss.svg"),
  measured: join(folder, "measured.json"),
  report: join(folder, "report.html"),
  lock: join(folder, "run.lock"),
  diverged: join(folder, "diverged"),
  pixels: join(folder, "pixels.tmp"),
  frozenStates: (tower) => join(folder, `frozen-${tower}.bin`),
});

/** Name of the folder, in a run folder, with parameters and moments after `step` optimizer steps. */
export const stateFolderName = (step: number): string => `state-${String(step).padStart(6, "0")}`;

/** Whether a name is that of a folder with parameters and moments. */
export const isStateFolderName = (name: string): boolean => /^state-\d+$/.test(name);

const MODEL_FILE =
  /^(.*\.safetensors|(preprocessor_)?config\.json|tokenizer(_config)?\.json|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt)$/;

/** Whether a name is that of a file of a checkpoint in Hugging Face layout. */
export const isModelFile = (name: string): boolean => MODEL_FILE.test(name);
