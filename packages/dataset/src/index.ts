/** @file The public names of @pickapic/dataset. */

export type { Block, ColumnData } from "./columns/block.ts";
export { extendedTexts, prefixedTexts, uuidTexts } from "./columns/derivedTexts.ts";
export { GrowingDictionary, type TextDictionary } from "./columns/dictionary.ts";
export { ascending, GrowingIntegers, GrowingNumbers } from "./columns/growing.ts";
export { type LimitedRankings, limitBlock, type ReleaseLimits } from "./columns/limits.ts";
export { releaseBytes } from "./columns/memory.ts";
export { rowsOf } from "./columns/rows.ts";
export { GrowingUuids } from "./columns/uuids.ts";
export { type DatasetDiff, diffDatasets } from "./diff/diff.ts";
export { type Bar, type Distributions, distributions } from "./distributions.ts";
export {
  /** @public For programs that tell errors for the user from bugs. */
  DatasetError,
} from "./errors.ts";
export { type ExportSettings, type ExportSummary, exportDataset, type TrainerFormat } from "./export/export.ts";
export { checkExportTarget } from "./export/exportFolder.ts";
export { type LimitedSettings, type LimitedSummary, limitDataset } from "./export/limitedDataset.ts";
export type { DroppedRows } from "./foreign/dropped.ts";
export { type ImportSettings, type ImportSummary, importDataset } from "./foreign/import.ts";
export { planEpoch } from "./read/batches.ts";
export type { RowFilter } from "./read/filter.ts";
export { checkIds } from "./read/ids.ts";
export { type Dataset, openDataset, type ReadSettings } from "./read/read.ts";
export {
  type Column,
  type ColumnName,
  type ColumnType,
  labelColumns,
  NO_WINNER,
  nanosecondsOf,
  OWN_SPLITS,
  type PreferenceRow,
  type RowOf,
  type Split,
  UNRECORDED,
} from "./row.ts";
export { memorySource, type PreferenceSource, type RankingRecord } from "./source.ts";
export { type PromptSample, samplePrompts } from "./splits/promptSet.ts";
export type { SplitPlan, SplitSettings } from "./splits/splits.ts";
export { type ModelStatistics, type SplitStatistics, type Spread, type Statistics, statistics } from "./statistics.ts";
export { readTextLines } from "./tables/lines.ts";
export { openTableFile } from "./tables/open.ts";
export { type PairsSettings, type PairsSource, pairsSource } from "./tables/pairs.ts";
export { type Located, locatePicture } from "./tables/paths.ts";
export { bytesIn, pathIn } from "./tables/pictures.ts";
export { Faults, tableInvalid } from "./tables/refused.ts";
export type { Kind, TableReader, TableRow } from "./tables/row.ts";
export { byCanonical, canonical, firstOf, imageColumnsOf, PROMPT_NAMES } from "./tables/vocabulary.ts";
export { choiceOf } from "./tables/winner.ts";
export type { Finding } from "./validate/findings.ts";
export { type ValidateSettings, validateDataset } from "./validate/validate.ts";
export { checkTarget } from "./write/folder.ts";
export type { DatasetSummary, Progress, SplitSummary } from "./write/publish.ts";
export { isOfRelease, publishable } from "./write/published.ts";
export { isSameData } from "./write/release.ts";
export { type WriteSettings, writeDataset } from "./write/write.ts";
