/** @file The public names of @pickapic/pickscore. */

export { type Arena, createArena, type Lane } from "./arena.ts";
export type { CaptionedImage } from "./captionedImages.ts";
export { type ContrastiveResult, trainContrastive } from "./contrastive.ts";
export { CONTRASTIVE_SETTINGS, type ContrastiveSettings } from "./contrastiveSettings.ts";
export { PICKSCORE_ERRORS, PickScoreError, type PickScoreErrorCode } from "./errors.ts";
export { datasetExamples, type Example, type ExampleSource } from "./examples.ts";
export type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./imageResult.ts";
export type { Progress } from "./loop.ts";
export { negativeEntropy, pairLoss, pairWeights, pickScoreLoss, type Target } from "./loss.ts";
export { contrastiveLoss, pairScores, preferenceLoss } from "./lossGraph.ts";
export { type Metrics, readMetrics, type StepMetrics, type ValidationMetrics } from "./metrics.ts";
export { findModel, type ModelOptions, type ModelPlace, modelFolder, openModel, shippedModels } from "./models.ts";
export { type AdamW, type AdamWSettings, openAdamW } from "./optimizer.ts";
export { sharePrompts } from "./plan.ts";
export { CLIP_TOY_SIDE, type PretrainOptions, type PretrainStage, pretrainClipToy } from "./pretrain.ts";
export { type Random, seededRandom } from "./random.ts";
export { type RankedImage, type Ranking, rank, type Standings, softmax, standingsOf, type UnreadableImage } from "./rank.ts";
export type { TrainEffects } from "./run.ts";
export { lockRun } from "./runLock.ts";
export { learningRateAt, type Schedule } from "./schedule.ts";
export { loadScorer, type Scorer, type ScorerOptions } from "./scorer.ts";
export { type Baseline, openBaseline } from "./scoring/baseline.ts";
export { scoreStream } from "./scoring/stream.ts";
export { openScorer } from "./service.ts";
export { resolveSettings, SETTINGS, type TrainSettings } from "./settings.ts";
export { type TrainResult, trainPickScore } from "./train.ts";
export { readValidation, type ValidationPair, type ValidationRecord } from "./validation.ts";
