/** @file How large a reproduction is: one table for the quick one, one for the patient one. */
import type { TrainSettings } from "@pickapic/pickscore";

/** How large a reproduction is, and where it writes. The same settings give the same people, images and splits. */
export interface ReproduceSettings {
  /** Seed of everything: people, prompts, images, splits, training, intervals. */
  seed: number;
  /** Folder for dataset, model and report. */
  out: string;
  /** Number of answers to collect. */
  rankings: number;
  /**
   * Mean number of answers per prompt. Few answers per prompt give many prompts, and therefore many examples in the two unique
   * splits.
   */
  answersPerPrompt: number;
  promptsPerPerson: number;
  /** Side of the collected images, px; the scorers use a smaller one. */
  pictureSize: number;
  /** Prompts held out for validation and test together, at most this share of all prompts. */
  heldOutPrompts: number;
  heldOutShare: number;
  /** The CLIP from which training starts; it is also measured untrained. */
  init: string;
  /** Training settings that differ from the defaults. */
  training: Partial<TrainSettings>;
  /** Outside experts per test example; their mean score counts. */
  expertsPerExample: number;
  /** Prompts of the best-of-n experiment; one new person judges each. */
  bestOfPrompts: number;
  bestOfN: number;
  /** 0: all cores of the machine. */
  threads: number;
}

type Size = Omit<ReproduceSettings, "seed" | "out">;

/** Takes less than six minutes on two cores. */
export const QUICK: Size = {
  rankings: 14_000,
  answersPerPrompt: 2,
  promptsPerPerson: 1,
  pictureSize: 128,
  heldOutPrompts: 1200,
  heldOutShare: 0.4,
  init: "clip-toy",
  training: {
    train: "all",
    steps: 300,
    batchPairs: 64,
    microBatchPairs: 64,
    order: "by-prompt",
    learningRate: 2e-4,
    warmupSteps: 20,
    // Few validations: the best of many noisy ones is often an early step by chance.
    validateEvery: 100,
    validationSplit: "validation",
    validationPairs: 800,
  },
  expertsPerExample: 5,
  bestOfPrompts: 150,
  bestOfN: 16,
  threads: 0,
};

/** More of everything, for narrower intervals. */
export const PATIENT: Size = {
  ...QUICK,
  rankings: 30_000,
  answersPerPrompt: 3,
  heldOutPrompts: 2000,
  training: { ...QUICK.training, steps: 2000, warmupSteps: 100, validateEvery: 100 },
  bestOfPrompts: 500,
};
