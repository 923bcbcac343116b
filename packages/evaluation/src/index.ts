/** @file The public names of @pickapic/evaluation. */

export {
  type AccuracyDifference,
  type AccuracyReport,
  chooseThreshold,
  compareAccuracy,
  type Example,
  exampleScore,
  type Label,
  type MeasureSettings,
  measureAccuracy,
  predict,
  randomAccuracy,
  THRESHOLDS,
  tieAwareAccuracy,
  tieShare,
} from "./accuracy.ts";
export { type BradleyTerryRating, type BradleyTerrySettings, bradleyTerry, winProbability } from "./bradleyTerry.ts";
export { type Calibration, calibration, type ReliabilityBin } from "./calibration.ts";
export type { Comparison } from "./comparison.ts";
export { pearson, ranks, spearman } from "./correlation.ts";
export { type EloRating, type EloSettings, elo, eloAgreement, eloOnce } from "./elo.ts";
export {
  type BootstrapSettings,
  bootstrapInterval,
  type Interval,
  pairedInterval,
  quantile,
  wilsonInterval,
} from "./interval.ts";
export { type Random, seededRandom, shuffled } from "./random.ts";
