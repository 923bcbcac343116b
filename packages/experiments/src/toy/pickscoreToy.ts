/** @file Makes pickscore-toy: PickScore trained on simulated choices over simulated images. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeDataset } from "@pickapic/dataset";
import { writeWholeFile } from "@pickapic/disk";
import { readRun, type TrainResult, trainPickScore } from "@pickapic/pickscore";
import { collect } from "../collect.ts";
import type { ProgressReport } from "../progress.ts";
import { writeLossCurves } from "../trained/lossCurves.ts";

/** Side of the images that simulated people see, px. */
const PICKSCORE_SIDE = 256;
/** Mean number of answers per prompt. */
const ANSWERS_PER_PROMPT = 4;

/**
 * How much is simulated and trained. Choices that an earlier call has written beside the run folder are used again, whatever the
 * seed.
 */
export interface PickscoreToySettings {
  /** The run folder, which becomes the model. */
  out: string;
  /** The CLIP to start from: a folder or a name. */
  init: string;
  /** Optimizer steps. */
  steps: number;
  seed: number;
  /** Number of choices to simulate. */
  rankings: number;
  /** Whether to continue the run in the folder. */
  resume?: boolean;
}

/** What making pickscore-toy needs from its caller. Aborting `signal` ends it. */
export interface PickscoreToyEffects {
  signal: AbortSignal;
  onProgress(report: ProgressReport): void;
}

/**
 * Simulates choices, trains on them, and writes the model card.
 * @throws {PickScoreError} codes PICKAPIC_TRAIN_*, PICKAPIC_RUN_*
 */
export async function makePickscoreToy(settings: PickscoreToySettings, effects: PickscoreToyEffects): Promise<TrainResult> {
  const { out, init, seed, steps, resume } = settings;
  const dataset = await simulatedDataset(settings, effects);
  const trained = await trainPickScore({ ...TOY_TRAINING, dataset, init, out, seed, steps }, { resume, ...effects });
  await writeCard(trained, settings);
  await writeLossCurves((await readRun(out)).files);
  return trained;
}

/** Training settings of pickscore-toy. A small model tolerates a hundred times the paper's learning rate. */
const TOY_TRAINING = {
  train: "all",
  batchPairs: 128,
  microBatchPairs: 32,
  order: "by-prompt",
  learningRate: 3e-4,
  warmupSteps: 60,
  validationSplit: "validation",
  validationPairs: 1000,
  validateEvery: 100,
} as const;

/** Writes the choices as a dataset beside the run folder, or uses the dataset of an earlier call. */
async function simulatedDataset(
  { out, seed, rankings }: PickscoreToySettings,
  { signal, onProgress }: PickscoreToyEffects,
): Promise<string> {
  const folder = `${out}-dataset`;
  if (existsSync(folder)) return folder;
  const people = { seed, rankings, answersPerPrompt: ANSWERS_PER_PROMPT, promptsPerPerson: 2, size: PICKSCORE_SIDE };
  const { source } = await collect(people, { signal, onProgress });
  const name = "Toy choices (simulated)";
  await writeDataset(source, folder, { images: true, replace: true, seed, name, license: "cc0-1.0", signal, onProgress });
  return folder;
}

async function writeCard(trained: TrainResult, { init, rankings }: PickscoreToySettings): Promise<void> {
  const { steps, batchPairs, learningRate, seed } = trained.settings;
  const card = `---
license: mit
pipeline_tag: zero-shot-image-classification
tags: [clip, pickscore, simulated]
---
# pickscore-toy

PickScore trained from ${init} on ${rankings} choices of simulated people over simulated pictures (Pick-a-Pic's toy world). It scores how
well a toy picture fits a prompt and how well it is made. It knows nothing of real photographs or of real people's taste:
for those, train on a dataset of real choices, or load a PickScore in Hugging Face layout.

- Training: the loss of PickScore, ${steps} steps of ${batchPairs} pairs, AdamW, learning rate ${learningRate}, seed ${seed}. Made by \`pickapic toy pickscore\`.
- Result: ${accuracyText(trained)}.
`;
  await writeWholeFile(join(trained.folder, "README.md"), card);
}

/** What a training reached, as a phrase. */
export const accuracyText = ({ best }: TrainResult): string =>
  best
    ? `${(100 * best.accuracy).toFixed(1)} % agreement with people on the validation split, ties left out`
    : "no validation split";
