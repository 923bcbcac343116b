/** @file The errors of datasets and tables: one table of codes and texts. */
import { defineErrors } from "@pickapic/errors";

/** A sentence from: which file or folder, and the rest. */
const statement = (path: string, what: string): string => `${path} ${what}.`;

/** For sentences that already say where: a ranking, a line of a table, a list of several. */
const asTold = (sentences: string): string => sentences;

/** A dataset or a table is not as it must be, or could not be written. The message can be shown as it is. */
export const DatasetError = defineErrors("DatasetError", {
  // ---- folders and files
  PICKAPIC_DATASET_NOT_FOUND: {
    status: 404,
    meaning: "There is no such folder or table, or it cannot be read.",
    text: statement,
  },
  PICKAPIC_DATASET_NOT_A_DATASET: { text: (path: string, why: string) => `${path} is not a dataset: ${why}.` },
  PICKAPIC_DATASET_SPLIT_MISSING: { meaning: "A split of a dataset has no file.", text: statement },
  PICKAPIC_DATASET_SHARD_MISSING: {
    meaning: "One of the files of a split is missing, or there are those of two exports.",
    text: (what: string, remedy: string) => `${what}: ${remedy}.`,
  },
  PICKAPIC_DATASET_FILE_DAMAGED: {
    meaning: "A file is damaged, cut short, or a placeholder of another.",
    text: (path: string, what: string) => `${path}: ${what}.`,
  },
  PICKAPIC_DATASET_COLUMN_MISSING: {
    text: (path: string, column: string, expected: string) => `${path} lacks the column ${column}: ${expected}.`,
  },
  PICKAPIC_DATASET_COLUMN_TYPE: {
    text: (path: string, column: string, type: string, found: string) =>
      `${path}: column ${column} must be ${type}, but it is ${found}: \`pickapic dataset import\` makes a dataset of ours of it.`,
  },
  PICKAPIC_DATASET_NO_DUCKDB: {
    text: () =>
      "DuckDB, which compares the rows of datasets, is not installed: run `npm install @duckdb/node-api` where pickapic is installed (70 MB).",
  },
  PICKAPIC_DATASET_NO_IMAGES: { meaning: "The dataset was written without images, and they were asked for.", text: statement },

  PICKAPIC_DATASET_LICENSE_MISSING: {
    status: 400,
    exitCode: 2,
    text: (folder: string) =>
      `${folder} names no licence, without which others may do nothing with it; nothing was sent: name one with --license, such as cc-by-4.0.`,
  },
  PICKAPIC_DATASET_EXPORT_TIES: {
    status: 400,
    exitCode: 2,
    text: (format: string, ties: string, allowed: string) => `The format ${format} cannot ${ties} ties: give --ties ${allowed}.`,
  },

  // ---- tables and rows
  PICKAPIC_DATASET_TABLE_INVALID: {
    meaning: "A table cannot be read, lacks a column, or has rows that mean nothing; all of them are told with their lines.",
    text: asTold,
  },
  PICKAPIC_DATASET_EMPTY: { meaning: "There is no ranking to read or to write.", text: asTold },
  PICKAPIC_DATASET_ROW_INVALID: { meaning: "A ranking contradicts itself or its split.", text: asTold },
  PICKAPIC_DATASET_IMAGE_MISSING: { meaning: "An image of a ranking is not where it should be.", text: asTold },
  PICKAPIC_DATASET_IMAGE_INVALID: { meaning: "An image of a ranking cannot be decoded.", text: asTold },
  PICKAPIC_DATASET_SOURCE_CHANGED: {
    text: (ranking: string) =>
      `Ranking ${ranking} was deleted or moved while the dataset was being written. Nothing was written: run it again.`,
  },

  // ---- writing
  PICKAPIC_DATASET_FOLDER_TAKEN: { meaning: "The folder holds something that an export must not replace.", text: statement },
  PICKAPIC_DATASET_WRITE_FAILED: {
    text: (folder: string, reason: string) => `The dataset ${folder} could not be written: ${reason}. Nothing was left behind.`,
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type DatasetError = InstanceType<typeof DatasetError>;
/** The stable code of a `DatasetError`. */
export type DatasetErrorCode = DatasetError["code"];
