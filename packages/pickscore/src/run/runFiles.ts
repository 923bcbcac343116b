/** @file The names of all files of a run folder. Nothing else spells them. */
import { join } from "node:path";
import type { TowerName } from "../steps/boundary.ts";

/** Paths of what a run writes, and of what is written about it, besides the model itself. */
export interface RunFiles {
  /** The record of the run: settings, versions, position. Without it a folder holds no run. */
  record: string;
  /** One line for each step and each validation. */
  metrics: string;
  /** The pairs that chose the step, as the model sees them before training and after it. */
  validation: string;
  /** Loss and accuracy over the steps, drawn. */
  lossCurves: string;
  /** The test pairs before training and after it, and facts of the dataset. */
  measured: string;
  report: string;
  /** Taken by the one process that may write here. */
  lock: string;
  /** The batch at which training failed: a folder. */
  diverged: string;
  /** Prepared pixels that memory has no room for; only while a process trains. */
  pixels: string;
  /** What the frozen bottom of a tower gives for each text or image. */
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

/** The folder, inside a run folder, of parameters and moments after `step` optimizer steps. */
export const stateFolderName = (step: number): string => `state-${String(step).padStart(6, "0")}`;

/** Whether a name is that of a folder of parameters and moments. */
export const isStateFolderName = (name: string): boolean => /^state-\d+$/.test(name);

const MODEL_FILE =
  /^(.*\.safetensors|(preprocessor_)?config\.json|tokenizer(_config)?\.json|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt)$/;

/** Whether a name is that of a file of a checkpoint in Hugging Face layout. */
export const isModelFile = (name: string): boolean => MODEL_FILE.test(name);
