/** @file The public names of @pickapic/evaluation. */

export {
  type AccuracyDifference,
  type AccuracyReport,
  chooseThreshold,
  compareAccuracy,
  compareWinners,
  type Example,
  exampleScore,
  type Label,
  type MeasureSettings,
  measureAccuracy,
  measureWinners,
  predict,
  randomAccuracy,
  THRESHOLDS,
  tieAwareAccuracy,
  tieShare,
  type WinnersReport,
} from "./accuracy.ts";
export { type BradleyTerryRating, type BradleyTerrySettings, bradleyTerry, winProbability } from "./bradleyTerry.ts";
export {
  type Calibration,
  calibration,
  chanceCalibrationError,
  favoured,
  logLoss,
  type ReliabilityBin,
} from "./calibration.ts";
export type { Comparison } from "./comparison.ts";
export { pearson, ranks, spearman } from "./correlation.ts";
export { type EloRating, type EloSettings, elo, eloAgreement, eloOnce } from "./elo.ts";
export {
  type Estimate,
  type EstimateSettings,
  FEWEST_CLUSTERS,
  FEWEST_EXAMPLES,
  type MeanSettings,
  meanDifferenceOf,
  meanOf,
  shareOf,
  tooFew,
} from "./estimate.ts";
export {
  type BootstrapSettings,
  bootstrapInterval,
  type Interval,
  pairedInterval,
  quantile,
  wilsonInterval,
} from "./interval.ts";
export { type PairedVerdict, pairedVerdict, type VerdictSettings } from "./verdict.ts";
