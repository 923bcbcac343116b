/** @file CLIP on graphs: config, checkpoint, tokenizer, pixels, towers. */

export {
  type Checkpoint,
  type CheckpointContents,
  openCheckpoint,
  saveCheckpoint,
  saveSettings,
} from "./checkpoint/checkpoint.ts";
export { listTensors, type TensorDType, type TensorEntry } from "./checkpoint/safetensors.ts";
export { checkFinite, readTensors } from "./checkpoint/tensorValues.ts";
export { streamSafetensors, type TensorSource, writeSafetensors } from "./checkpoint/writeSafetensors.ts";
export { type ConvertOptions, convertCheckpoint, type WeightKind, weightKind } from "./convert.ts";
export { type Encoder, type EncoderOptions, openEncoder } from "./encoder.ts";
export {
  /** @public For programs that tell errors for the user from bugs. */
  ClipError,
} from "./errors.ts";
export {
  type Activation,
  type ClipConfig,
  parseClipConfig,
  type TextConfig,
  type TowerConfig,
  type VisionConfig,
} from "./model/config.ts";
export { initializeParameters, type Parameters, parameterShapes } from "./model/parameters.ts";
export { imageTower, type PackedTexts, type ParameterSource, packedTextTower, textTower } from "./model/towers.ts";
export { isOpenClip, openOpenClip } from "./openclip/open.ts";
export { preprocess } from "./pixels/pixels.ts";
export { openPreparer, type Preparer, type PreparerOptions } from "./pixels/preparer.ts";
export { clipProcessor, type Processor } from "./pixels/processor.ts";
export { learnTokenizer } from "./tokenizer/learnTokenizer.ts";
export { type ClipTokenizer, eosPositions, openTokenizer, type TokenizerFiles } from "./tokenizer/tokenizer.ts";
