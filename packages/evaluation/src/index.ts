/** @file The public names of @pickapic/evaluation. */

export {
  type AccuracyDifference,
  type AccuracyReport,
  chooseThreshold,
  compareAccuracy,
  compareWinners,
  countTies,
  type Example,
  exampleScore,
  type Label,
  type MeasureSettings,
  measureAccuracy,
  measureWinners,
  predict,
  randomAccuracy,
  THRESHOLDS,
  type WinnersReport,
} from "./accuracy.ts";
export {
  type Calibration,
  calibration,
  chanceCalibrationError,
  favoured,
  logLoss,
  logLossOf,
  type ReliabilityBin,
} from "./calibration.ts";
export { accuracyByCategory, type CategoryAccuracy } from "./categories.ts";
export { type Clusters, clustersOf } from "./clusters.ts";
export { spearman } from "./correlation.ts";
export { type Features, type TimesTransposed, timesTransposed } from "./distances/features.ts";
export {
  type DistanceSettings,
  type FrechetBySize,
  frechetBySize,
  frechetDistance,
  frechetDistanceTo,
} from "./distances/frechet.ts";
export { type FrechetInfluence, frechetInfluenceTo } from "./distances/frechetInfluence.ts";
export { cmmd, type KernelDistance, kernelDistance } from "./distances/kernel.ts";
export { intervalOfDraws } from "./drawnInterval.ts";
export { type EloPlayer, type EloRating, type EloSettings, eloAgreement, eloOnce, eloRatings } from "./elo.ts";
export {
  type Estimate,
  type EstimateSettings,
  FEWEST_EXAMPLES,
  type MeanSettings,
  meanDifferenceOf,
  meanOf,
  shareOf,
  tooFew,
} from "./estimate.ts";
export { type FallFromBest, fallFromBest } from "./fallFromBest.ts";
export { type BootstrapSettings, type ClusteredShare, type Interval, sharedWilsonInterval } from "./interval.ts";
export { Matrix } from "./matrix.ts";
export { agreementScore, type HumanCeiling, humanCeiling, type Judgement } from "./people.ts";
export { type AgreementEstimate, type RatingAgreement, ratingAgreement } from "./ratings/agreement.ts";
export { type BradleyTerryRating, type BradleyTerrySettings, bradleyTerry, type Ratings } from "./ratings/bradleyTerry.ts";
export { type CloneEffect, checkRatings, type FewestToLeave, type RatingChecks, type WithoutPerson } from "./ratings/checks.ts";
export { type AdjustedRatings, adjustedRatings, type Coefficient, type Covariate } from "./ratings/covariates.ts";
export { type DavidsonRatings, davidson, type TieProbability } from "./ratings/davidson.ts";
export { type CorrelationSettings, type DrawnOrder, drawCorrelations } from "./ratings/drawnOrders.ts";
export type { DrawSettings } from "./ratings/draws.ts";
export { type Game, type GameCount, type Games, gamesOf } from "./ratings/games.ts";
export type { RankRange } from "./ratings/ranks.ts";
export { agreementIntervalName } from "./ratings/trueOrders.ts";
export { type WinRate, type WinRates, winRates } from "./ratings/winRates.ts";
export { shortestInterval } from "./shortestInterval.ts";
export { bestOfWeights } from "./subsets.ts";
export { type FittedTemperature, fitTemperature, type ScoredPair } from "./temperature.ts";
export { type PairedVerdict, pairedVerdict, type VerdictSettings } from "./verdict.ts";
