/** @file How large a reproduction is: one table for the quick one, one for the full one. */
import type { TrainSettings } from "@pickapic/pickscore";

/** How large a reproduction is, and where it writes. The same settings give the same people, images and splits. */
export interface ReproduceSettings {
  /** Seed of everything: people, prompts, images, splits, training, intervals. */
  seed: number;
  /** Folder for dataset, model, finished steps and report. */
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
  /** Trainings of PickScore on the same dataset, each with a seed of its own. The first is measured everywhere; 1 leaves the comparison of seeds out. */
  trainingSeeds: number;
  /** Whether PickScore is also trained with in-batch negatives. */
  ablation: boolean;
  /** Shares of the training prompts, each above 0 and below 1, on which PickScore is also trained; none leaves the curve out. */
  shares: readonly number[];
  /** Outside experts per test example; their mean score counts. */
  expertsPerExample: number;
  /** Generators at ranges of guidance, which are rated as if they were models; the ranges of a generator are equally wide. */
  configurations: number;
  /** Picking as the app draws: generator and guidance of each image by chance. */
  best: PickingSize;
  /** Picking as in the paper: one generator, seeds x templates, against the four baselines. */
  ranking: PickingSize;
  /** Prompts of each of the two prompt sets, images of each configuration, experts or authors for each prompt. */
  promptSets: { prompts: number; judges: number; draws: number };
  /** 0: all cores of the machine. */
  threads: number;
}

/** How many images are made for how many prompts, and how many people (and as many experts) look at them. */
export interface PickingSize {
  prompts: number;
  n: number;
  judges: number;
}

type Size = Omit<ReproduceSettings, "seed" | "out">;

/** Takes about six minutes on two cores; it leaves the further trainings out. */
export const QUICK: Size = {
  rankings: 14_000,
  answersPerPrompt: 2,
  promptsPerPerson: 1,
  pictureSize: 96,
  heldOutPrompts: 1200,
  heldOutShare: 0.4,
  init: "clip-toy",
  training: {
    train: "all",
    steps: 240,
    batchPairs: 64,
    microBatchPairs: 64,
    order: "by-prompt",
    learningRate: 2e-4,
    warmupSteps: 20,
    // Few validations: the best of many noisy ones is often an early step by chance.
    validateEvery: 80,
    validationSplit: "validation",
    validationPairs: 800,
  },
  trainingSeeds: 1,
  ablation: false,
  shares: [],
  expertsPerExample: 5,
  configurations: 12,
  best: { prompts: 150, n: 16, judges: 5 },
  ranking: { prompts: 10, n: 40, judges: 5 },
  promptSets: { prompts: 50, judges: 3, draws: 1000 },
  threads: 0,
};

/** Every table and figure of the paper. It takes about half an hour on two cores that do nothing else (docs/log.md). */
export const FULL: Size = {
  ...QUICK,
  rankings: 28_000,
  answersPerPrompt: 4,
  pictureSize: 128,
  heldOutPrompts: 2000,
  heldOutShare: 0.3,
  training: { ...QUICK.training, steps: 600, warmupSteps: 40, validateEvery: 200 },
  trainingSeeds: 3,
  ablation: true,
  shares: [1 / 8, 1 / 4, 1 / 2],
  configurations: 45,
  best: { prompts: 300, n: 16, judges: 5 },
  // The claim about CLIP's pick asks for most: on seed 3 it came out 3.9 points above a half, with a half-width of 4.9 from 100 prompts and 5 experts each.
  // Nine tenths of that variance were the experts', who cost no time. So many prompts and experts have a half-width of 2 (docs/log.md).
  ranking: { prompts: 300, n: 100, judges: 20 },
  promptSets: { prompts: 300, judges: 3, draws: 1000 },
};
