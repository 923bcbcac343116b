/** @file A training with every choice made and every text read once: what the rest of the package takes. */
import { PickScoreError } from "../errors.ts";
import { parseMemory } from "./memorySize.ts";
import { TRAINED_PARTS, type TrainSettings } from "./settings.ts";
import { isFrozenBottom, parseTrainedPart, type TrainedPart } from "./trainedPart.ts";

/** What a run does. */
export interface ResolvedTraining {
  /** As run.json records them. */
  settings: TrainSettings;
  /** What `settings.train` means. */
  trainedPart: TrainedPart;
  /** What `settings.memory` means on this machine, in bytes; null: no limit. */
  memoryBytes: number | null;
}

/**
 * Reads the settings that are texts with a meaning.
 * @param machineMemory bytes that the machine has
 * @throws {PickScoreError} PICKAPIC_TRAIN_SETTING_INVALID; PICKAPIC_TRAIN_CROSS_FITTING where each fold would run the whole towers
 */
export function resolveTraining(settings: TrainSettings, machineMemory?: () => number): ResolvedTraining {
  const { train, memory, validationSplit } = settings;
  const trainedPart = parseTrainedPart(train);
  if (!trainedPart) throw new PickScoreError("PICKAPIC_TRAIN_SETTING_INVALID", "train", TRAINED_PARTS, JSON.stringify(train));
  if (validationSplit === "cross-fitted" && !isFrozenBottom(trainedPart))
    throw new PickScoreError("PICKAPIC_TRAIN_CROSS_FITTING", train);
  return { settings, trainedPart, memoryBytes: parseMemory(memory, machineMemory) };
}
