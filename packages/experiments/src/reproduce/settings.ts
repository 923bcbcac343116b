/** @file How large a reproduction is. One flat table for the quick one, one for the patient one. */
import type { TrainSettings } from "@pickapic/pickscore";

export interface ReproduceSettings {
  /** Of everything: people, prompts, pictures, splits, order of training, intervals. */
  seed: number;
  /** Where dataset, model and report go. */
  out: string;
  /** Answers that are collected. */
  rankings: number;
  /** Few answers per prompt make many prompts, and so many examples in the two unique splits. */
  answersPerPrompt: number;
  promptsPerPerson: number;
  /** Side of the collected pictures, px: the scorers look at them even smaller. */
  pictureSize: number;
  /** Prompts for validation and test together, and at most this share of all prompts. */
  heldOutPrompts: number;
  heldOutShare: number;
  /** The CLIP that training starts from, and that is measured as it is. */
  init: string;
  /** What differs from the defaults of training. */
  training: Partial<TrainSettings>;
  /** Outside experts who judge each test example; their mean score counts. */
  expertsPerExample: number;
  /** Prompts of the best-of-n experiment; one fresh person judges each. */
  bestOfPrompts: number;
  bestOfN: number;
  /** 0: as many as the machine has cores. */
  threads: number;
}

type Size = Omit<ReproduceSettings, "seed" | "out">;

/** Under six minutes on two cores. */
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
    // Seldom: the best of many noisy measurements is an early one more often than a good one.
    validateEvery: 100,
    validationSplit: "validation",
    validationPairs: 800,
  },
  expertsPerExample: 5,
  bestOfPrompts: 150,
  bestOfN: 16,
  threads: 0,
};

/** More of everything, for tighter intervals. */
export const PATIENT: Size = {
  ...QUICK,
  rankings: 30_000,
  answersPerPrompt: 3,
  heldOutPrompts: 2000,
  training: { ...QUICK.training, steps: 2000, warmupSteps: 100, validateEvery: 100 },
  bestOfPrompts: 500,
};
