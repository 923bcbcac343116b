/** @file The public names of @pickapic/dataset. */

export { planEpoch } from "./batches.ts";
export { type CsvSettings, type CsvSource, csvSource, separatorOf } from "./csv.ts";
export { DATASET_ERRORS, DatasetError, type DatasetErrorCode } from "./errors.ts";
export { matches, type RowFilter } from "./filter.ts";
export type { Finding } from "./findings.ts";
export { checkTarget } from "./folder.ts";
export { type ImportSettings, importDataset } from "./import.ts";
export type { DatasetSummary, Progress, SplitSummary } from "./publish.ts";
export { type Dataset, openDataset, type ReadSettings } from "./read.ts";
export {
  COLUMNS,
  type Column,
  type ColumnName,
  type ColumnType,
  columnsOf,
  dateOf,
  labelColumns,
  NO_WINNER,
  nanosecondsOf,
  type PreferenceRow,
  SPLITS,
  type Split,
  UNRECORDED,
} from "./row.ts";
export { memorySource, type PreferenceSource, type RankingRecord } from "./source.ts";
export { planSplits, type SplitPlan, type SplitSettings } from "./splits.ts";
export { type ModelStatistics, type SplitStatistics, type Spread, type Statistics, statistics } from "./statistics.ts";
export { type ValidateSettings, validateDataset } from "./validate.ts";
export { type WriteSettings, writeDataset } from "./write.ts";
