/** @file The settings of a training after every "auto" was chosen, with `train` and `memory` read from their texts. */
import { PickScoreError } from "../errors.ts";
import { parseMemory } from "./memorySize.ts";
import { TRAINED_PARTS, type TrainSettings } from "./settings.ts";
import { isFrozenBottom, parseTrainedPart, type TrainedPart } from "./trainedPart.ts";

/** The settings of a run, ready for use. */
export interface ResolvedTraining {
  /** The settings as run.json records them. */
  settings: TrainSettings;
  /** The meaning of the text `settings.train`. */
  trainedPart: TrainedPart;
  /** The bytes that `settings.memory` allows on this machine; null: no limit. */
  memoryBytes: number | null;
}

/**
 * Reads the settings `train` and `memory` and checks that `train` allows the chosen way of validation.
 * @param machineMemory gives the bytes of memory of the machine
 * @throws {PickScoreError} PICKAPIC_TRAIN_SETTING_INVALID; PICKAPIC_TRAIN_CROSS_FITTING when the trained part has no frozen layers to run only once
 */
export function resolveTraining(settings: TrainSettings, machineMemory?: () => number): ResolvedTraining {
  const { train, memory, validationSplit } = settings;
  const trainedPart = parseTrainedPart(train);
  if (!trainedPart) throw new PickScoreError("PICKAPIC_TRAIN_SETTING_INVALID", "train", TRAINED_PARTS, JSON.stringify(train));
  if (validationSplit === "cross-fitted" && !isFrozenBottom(trainedPart))
    throw new PickScoreError("PICKAPIC_TRAIN_CROSS_FITTING", train);
  return { settings, trainedPart, memoryBytes: parseMemory(memory, machineMemory) };
}
