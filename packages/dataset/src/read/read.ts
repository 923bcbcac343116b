/** @file Reads a dataset folder. plan.ts decides what to read. */

import { join } from "node:path";
import type { FileMetaData } from "hyparquet";
import { rowOfCells } from "../columns/cells.ts";
import { DatasetError } from "../errors.ts";
import { type Files, type ReadableFile, realFiles } from "../files.ts";
import { COLUMNS, type Column, type ColumnName, columnsOf, type RowOf, SPLITS, type Split } from "../row.ts";
import { exportOf } from "../shards/features.ts";
import { findShards, shardPath } from "../shards/layout.ts";
import { type RawRow, readFooter, readRows, typeOf } from "../shards/parquet.ts";
import { matches, type RowFilter } from "./filter.ts";
import { hasColumn, planRead, planTake } from "./plan.ts";

/** Which columns and rows to read. Columns that only the filter needs are read too, but not returned. */
export interface ReadSettings<C extends ColumnName> {
  /** The columns to read. Default: all columns of the dataset. */
  readonly columns?: readonly C[];
  readonly filter?: RowFilter;
}

/**
 * An opened dataset folder. Rows are read from the disk whenever `read` or `take` asks for them.
 * Both throw DatasetError: NO_IMAGES for pictures that the dataset does not have, FILE_DAMAGED, ROW_INVALID for an empty cell, and
 * for labels that say no preference where label_0 or label_1 is read.
 */
export interface Dataset {
  readonly folder: string;
  /** The splits that the folder has, in the order of SPLITS. */
  readonly splits: readonly Split[];
  /** False in the variant without jpg_0 and jpg_1. */
  readonly hasImages: boolean;
  /** The number of rows of a split. */
  count(split: Split): number;
  /** Yields the rows of a split in file order, with one row group in memory at a time. */
  read<C extends ColumnName = ColumnName>(split: Split, settings?: ReadSettings<C>): AsyncIterable<RowOf<C>>;
  /** Returns the rows at these positions, in this order (for shuffled batches see `planEpoch`); only their pages are read. */
  take<C extends ColumnName = ColumnName>(
    split: Split,
    positions: readonly number[],
    settings?: { readonly columns?: readonly C[] },
  ): Promise<RowOf<C>[]>;
}

/** An opened Parquet file. */
export interface Shard {
  readonly path: string;
  readonly file: ReadableFile;
  readonly metadata: FileMetaData;
  /** The name of the export that wrote it; undefined for files of other programs. */
  readonly exportId: string | undefined;
}

/**
 * Opens a folder that `writeDataset` or `importDataset` wrote. Only the footers of its Parquet files are read.
 * Throws DatasetError: NOT_FOUND, NOT_A_DATASET, SPLIT_MISSING, SHARD_MISSING, FILE_DAMAGED, COLUMN_MISSING, COLUMN_TYPE.
 */
export async function openDataset(folder: string, files: Files = realFiles): Promise<Dataset> {
  const found = await findShards(folder);
  const missing = SPLITS.filter((split) => !found.has(split));
  if (missing.length > 0) throw splitsMissing(folder, missing);
  const shards = await openShards(folder, found, files);
  for (const shard of [...shards.values()].flat()) checkColumns(shard);
  checkOneExport([...shards.values()].flat());
  return datasetOf(folder, shards);
}

/** Opens these files without checking their columns. */
export async function openShards(
  folder: string,
  found: ReadonlyMap<Split, readonly string[]>,
  files: Files,
): Promise<Map<Split, Shard[]>> {
  const result = new Map<Split, Shard[]>();
  for (const [split, names] of found) {
    const shards: Shard[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const file = await files.read(path);
      const metadata = await readFooter(file, path);
      shards.push({ path, file, metadata, exportId: exportOf(metadata) });
    }
    result.set(split, shards);
  }
  return result;
}

/** Throws when files name different exports: no split of such a folder is what was planned. */
export function checkOneExport(files: readonly { readonly path: string; readonly exportId?: string | undefined }[]): void {
  const [first, ...others] = files;
  const other = others.find(({ exportId }) => first && exportId !== first.exportId);
  if (first && other)
    throw new DatasetError(
      "PICKAPIC_DATASET_SHARD_MISSING",
      `${first.path} and ${other.path} are of two different exports`,
      "keep the files of one, or export the dataset again",
    );
}

/** Throws the first of `columnProblems`. */
function checkColumns(shard: Shard): void {
  const [problem] = columnProblems(shard);
  if (problem) throw problem;
}

/**
 * Returns the problems of a file's columns: missing columns of the original, and columns of another type. Further columns may be
 * missing, and both pictures.
 */
export function columnProblems({ path, metadata }: Shard): DatasetError[] {
  const pictures = hasColumn(metadata, "jpg_0") || hasColumn(metadata, "jpg_1");
  return COLUMNS.flatMap((column) => {
    const element = metadata.schema.slice(1).find(({ name }) => name === column.name);
    const needed = column.kind === "original" || (column.kind === "image" && pictures);
    if (!element) return needed ? [columnMissing(path, column)] : [];
    return typeOf(element) === column.type ? [] : [columnType(path, column, typeOf(element))];
  });
}

/** Rows of opened shards. */
function datasetOf(folder: string, shards: ReadonlyMap<Split, readonly Shard[]>): Dataset {
  const hasImages = [...shards.values()].flat().every(({ metadata }) => hasColumn(metadata, "jpg_0"));
  const shardsOf = (split: Split): readonly Shard[] => {
    const found = shards.get(split);
    if (!found) throw splitsMissing(folder, [split]);
    return found;
  };
  const wanted = <C extends ColumnName>(columns: readonly C[] | undefined): readonly C[] => {
    if (!hasImages && columns?.some((name) => name === "jpg_0" || name === "jpg_1")) throw noImages(folder);
    return columns ?? (columnsOf(hasImages).map(({ name }) => name) as C[]);
  };
  return {
    folder,
    splits: SPLITS.filter((split) => shards.has(split)),
    hasImages,
    count: (split) => shardsOf(split).reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0),
    read: (split, settings = {}) => readSplit(shardsOf(split), wanted(settings.columns), settings.filter),
    take: (split, positions, settings = {}) => takeRows(shardsOf(split), wanted(settings.columns), positions),
  };
}

function shardOf(shards: readonly Shard[], index: number): Shard {
  const shard = shards[index];
  if (!shard) throw new RangeError(`a read was planned of file ${index}, but there are ${shards.length}`);
  return shard;
}

/** Yields rows as stored, unchecked, for validation. */
export async function* readRaw(
  shards: readonly Shard[],
  columns: readonly ColumnName[],
  filter: RowFilter = {},
): AsyncIterable<RawRow> {
  const plan = planRead(
    shards.map(({ metadata }) => metadata),
    columns,
    filter,
  );
  for (const read of plan) {
    const { path, file, metadata } = shardOf(shards, read.shard);
    yield* await readRows({ ...read, file, metadata }, path);
  }
}

async function* readSplit<C extends ColumnName>(
  shards: readonly Shard[],
  columns: readonly C[],
  filter: RowFilter = {},
): AsyncIterable<RowOf<C>> {
  const path = shards[0]?.path ?? "";
  for await (const raw of readRaw(shards, withBothLabels(columns), filter)) {
    if (matches(rowOfCells(raw), filter)) yield rowOf(raw, columns, path);
  }
}

async function takeRows<C extends ColumnName>(
  shards: readonly Shard[],
  columns: readonly C[],
  positions: readonly number[],
): Promise<RowOf<C>[]> {
  const rows = new Array<RowOf<C>>(positions.length);
  const plan = planTake(
    shards.map(({ metadata }) => metadata),
    positions,
  );
  for (const { targets, ...read } of plan) {
    const { path, file, metadata } = shardOf(shards, read.shard);
    const present = withBothLabels(columns).filter((name) => hasColumn(metadata, name));
    const raws = await readRows({ ...read, file, metadata, columns: present }, path);
    for (const [i, raw] of raws.entries()) for (const target of targets[i] ?? []) rows[target] = rowOf(raw, columns, path);
  }
  return rows;
}

const LABELS: readonly ColumnName[] = ["label_0", "label_1"];

/** The columns to read, with the other label where one of them is wanted: only both together say whether they are a preference. */
const withBothLabels = (columns: readonly ColumnName[]): readonly ColumnName[] =>
  columns.some((name) => LABELS.includes(name)) ? [...new Set([...columns, ...LABELS])] : columns;

/** Refuses labels other than 1 and 0, 0 and 1, and 0.5 and 0.5: every use of them would take them for another preference. */
function checkLabels({ label_0, label_1, ranking_id }: RawRow, path: string): void {
  if (label_0 === undefined || label_0 === null || label_1 === undefined || label_1 === null) return;
  if ((label_0 === 0 || label_0 === 1 || label_0 === 0.5) && label_1 === 1 - label_0) return;
  const which = ranking_id === undefined ? "a ranking" : `ranking ${ranking_id}`;
  throw new DatasetError(
    "PICKAPIC_DATASET_ROW_INVALID",
    `${path} (or a later file of its split): label_0 and label_1 of ${which} must be 1 and 0, 0 and 1, or 0.5 and 0.5, but they are ${label_0} and ${label_1}; \`pickapic dataset validate\` lists all such rows.`,
  );
}

const MAY_BE_NULL: readonly Column["kind"][] = ["index", "further"];
const NULLABLE: ReadonlySet<ColumnName> = new Set(
  COLUMNS.filter(({ kind }) => MAY_BE_NULL.includes(kind)).map(({ name }) => name),
);

/**
 * Returns a typed row of these columns. Missing or empty cells of the index and of further columns become null; elsewhere an
 * empty cell is an error.
 */
function rowOf<C extends ColumnName>(raw: RawRow, columns: readonly C[], path: string): RowOf<C> {
  const row: RawRow = {};
  checkLabels(raw, path);
  for (const name of columns) {
    const value = raw[name] ?? null;
    if (value === null && !NULLABLE.has(name)) throw emptyCell(path, name);
    row[name] = value;
  }
  return rowOfCells(row);
}

function emptyCell(path: string, name: ColumnName): DatasetError {
  return new DatasetError(
    "PICKAPIC_DATASET_ROW_INVALID",
    `${path} (or a later file of its split) has a row without ${name}; \`pickapic dataset validate\` lists what is wrong.`,
  );
}

/** Returns the error for a folder that lacks some of the five splits. */
export function splitsMissing(folder: string, missing: readonly Split[]): DatasetError {
  const files = missing.map((split) => shardPath(split, 0, 1)).join(", ");
  return new DatasetError(
    "PICKAPIC_DATASET_SPLIT_MISSING",
    `The dataset ${folder}`,
    `lacks the split${missing.length > 1 ? "s" : ""} ${missing.join(", ")} (expected ${files}); copy it again, or make a dataset of ours of it with \`pickapic dataset import\`, which plans the splits anew`,
  );
}

function columnMissing(path: string, { name, type }: Column): DatasetError {
  return new DatasetError(
    "PICKAPIC_DATASET_COLUMN_MISSING",
    path,
    `${name} (${type})`,
    "every file of a dataset of ours must have it; `pickapic dataset import` makes one, deriving what it can",
  );
}

function columnType(path: string, { name, type }: Column, found: string): DatasetError {
  return new DatasetError("PICKAPIC_DATASET_COLUMN_TYPE", path, name, type, found);
}

function noImages(folder: string): DatasetError {
  return new DatasetError(
    "PICKAPIC_DATASET_NO_IMAGES",
    `The dataset ${folder}`,
    "was written without images, so jpg_0 and jpg_1 cannot be read; export it again with images",
  );
}
