/** @file The public names of @pickapic/pickscore. */

export { type Arena, createArena, type Lane } from "./adamw/arena.ts";
export { type AdamW, openAdamW } from "./adamw/optimizer.ts";
export type { AdamWSettings } from "./adamw/state.ts";
export { type CaptionedImage, type CaptionedPixels, collectImages } from "./contrastive/captionedImages.ts";
export { type ContrastiveEffects, type ContrastiveResult, trainContrastive, trainInLocked } from "./contrastive/contrastive.ts";
export { CONTRASTIVE_SETTINGS, type ContrastiveSettings, resolveContrastive } from "./contrastive/contrastiveSettings.ts";
export { datasetExamples, type Example, type ExampleSource } from "./data/examples.ts";
export { sharePrompts } from "./data/plan.ts";
export { PICKSCORE_ERRORS, PickScoreError, type PickScoreErrorCode } from "./errors.ts";
export { negativeEntropy, pairLoss, pairWeights, pickScoreLoss, type Target } from "./loss.ts";
export { contrastiveLoss, pairScores, preferenceLoss } from "./model/lossGraph.ts";
export { modelOf, type TrainModel } from "./model/model.ts";
export { type Metrics, readMetrics, type StepMetrics, type ValidationMetrics } from "./run/metrics.ts";
export { findRun, runFiles } from "./run/runFolder.ts";
export { lockRun } from "./run/runLock.ts";
export { readValidation, type ValidationPair, type ValidationRecord } from "./run/validation.ts";
export { type Baseline, openBaseline } from "./score/baseline.ts";
export type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./score/imageResult.ts";
export { findModel, type ModelOptions, type ModelPlace, modelFolder, openModel, shippedModels } from "./score/models.ts";
export {
  type RankedImage,
  type Ranking,
  rank,
  type Standings,
  softmax,
  standingsOf,
  type UnreadableImage,
} from "./score/rank.ts";
export { loadScorer, type Scorer, type ScorerOptions } from "./score/scorer.ts";
export { openScorer } from "./score/service.ts";
export { scoreStream } from "./score/stream.ts";
export { type AskedSettings, resolveSettings, SETTINGS, type TrainSettings } from "./settings/settings.ts";
export type { CrossFit } from "./train/crossFit.ts";
export type { LoopEffects, Progress } from "./train/loop.ts";
export type { TrainEffects } from "./train/run.ts";
export { learningRateAt, type Schedule } from "./train/schedule.ts";
export { type TrainResult, trainPickScore } from "./train/train.ts";
