/** @file The public names of @pickapic/dataset. */

export { planEpoch } from "./batches.ts";
export {
  DATASET_ERRORS,
  /** @public For programs that tell errors for the user from bugs. */
  DatasetError,
  type DatasetErrorCode,
} from "./errors.ts";
export { matches, type RowFilter } from "./filter.ts";
export type { Finding } from "./findings.ts";
export { checkTarget } from "./folder.ts";
export type { DroppedRows } from "./foreign/dropped.ts";
export { type ImportSettings, type ImportSummary, importDataset } from "./import.ts";
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
export { parseJson } from "./tables/json.ts";
export { openTableFile } from "./tables/open.ts";
export { type PairsSettings, type PairsSource, pairsSource } from "./tables/pairs.ts";
export { type Located, locatePicture } from "./tables/paths.ts";
export { bytesIn, pathIn } from "./tables/pictures.ts";
export { Faults, tableInvalid } from "./tables/refused.ts";
export type { Kind, TableReader, TableRow } from "./tables/row.ts";
export { byCanonical, canonical, firstOf, imageColumnsOf, PROMPT_NAMES } from "./tables/vocabulary.ts";
export { type ValidateSettings, validateDataset } from "./validate.ts";
export { type WriteSettings, writeDataset } from "./write.ts";
