/** @file The public names of @pickapic/pickscore. */

export { type Arena, createArena, type Lane } from "./adamw/arena.ts";
export { type AdamW, openAdamW } from "./adamw/optimizer.ts";
export type { AdamWSettings } from "./adamw/state.ts";
export { type CaptionedImage, type CaptionedPixels, collectImages } from "./contrastive/captionedImages.ts";
export { type ContrastiveEffects, type ContrastiveResult, trainContrastive } from "./contrastive/contrastive.ts";
export { type ContrastiveSettings, resolveContrastive } from "./contrastive/contrastiveSettings.ts";
export { type Checksums, datasetChecksums } from "./data/checksums.ts";
export type { Example, ExampleSource } from "./data/examples.ts";
export { sharePrompts } from "./data/plan.ts";
export { PickScoreError } from "./errors.ts";
export { preference, type Target } from "./loss.ts";
export { modelOf, type TrainModel } from "./model/model.ts";
export { type Metrics, readMetrics, type StepMetrics, type ValidationMetrics } from "./run/metrics.ts";
export { type CrossFit, type RunRecord, reading, versions } from "./run/record.ts";
export type { RunFiles } from "./run/runFiles.ts";
export {
  hasRun,
  modelStep,
  openRunFolder,
  type RunFolder,
  readRun,
  removeModel,
  type SavedRun,
} from "./run/runFolder.ts";
export { lockRun, type RunLock } from "./run/runLock.ts";
export { VALIDATION_PAIR, type ValidationPair, type ValidationRecord } from "./run/validation.ts";
export type { Baseline } from "./score/baseline.ts";
export type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./score/imageResult.ts";
export { findModel, type ModelOptions, type ModelPlace, modelFolder, shippedModels } from "./score/models.ts";
export { type RankedImage, type Ranking, rank, type Standings, type UnreadableImage } from "./score/rank.ts";
export { type ClipScorer, loadScorer, type ScorerOptions } from "./score/scorer.ts";
export { openScorer } from "./score/service.ts";
export type { Scorer } from "./scorers/scorer.ts";
export type { AskedSettings, TrainSettings } from "./settings/settings.ts";
export type { TrainEffects } from "./train/activeRun.ts";
export type { LoopEffects, TrainProgress } from "./train/loop.ts";
export type { Schedule } from "./train/schedule.ts";
export { type TrainResult, trainPickScore } from "./train/train.ts";
