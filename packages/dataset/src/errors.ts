/** @file Everything that can go wrong with a dataset through no fault of ours: stable codes and one sentence each. */

const CODES = {
  NOT_FOUND: "PICKAPIC_DATASET_NOT_FOUND",
  NOT_A_DATASET: "PICKAPIC_DATASET_NOT_A_DATASET",
  SPLIT_MISSING: "PICKAPIC_DATASET_SPLIT_MISSING",
  SHARD_MISSING: "PICKAPIC_DATASET_SHARD_MISSING",
  FILE_DAMAGED: "PICKAPIC_DATASET_FILE_DAMAGED",
  COLUMN_MISSING: "PICKAPIC_DATASET_COLUMN_MISSING",
  COLUMN_TYPE: "PICKAPIC_DATASET_COLUMN_TYPE",
  NO_IMAGES: "PICKAPIC_DATASET_NO_IMAGES",
  TABLE_INVALID: "PICKAPIC_DATASET_TABLE_INVALID",
  EMPTY: "PICKAPIC_DATASET_EMPTY",
  ROW_INVALID: "PICKAPIC_DATASET_ROW_INVALID",
  IMAGE_MISSING: "PICKAPIC_DATASET_IMAGE_MISSING",
  IMAGE_INVALID: "PICKAPIC_DATASET_IMAGE_INVALID",
  SOURCE_CHANGED: "PICKAPIC_DATASET_SOURCE_CHANGED",
  FOLDER_TAKEN: "PICKAPIC_DATASET_FOLDER_TAKEN",
  WRITE_FAILED: "PICKAPIC_DATASET_WRITE_FAILED",
} as const;

export const DATASET_ERRORS = CODES;
export type DatasetErrorCode = (typeof CODES)[keyof typeof CODES];

/** An error for the user: its message is one clear sentence that says what was wrong and what to do. */
export class DatasetError extends Error {
  override name = "DatasetError";
  readonly code: DatasetErrorCode;

  constructor(code: keyof typeof CODES, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = CODES[code];
  }
}
