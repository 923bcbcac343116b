/** @file The key-value metadata of a dataset's Parquet files: the features that Python's `datasets` reads, and the name of the export. */

import type { FileMetaData } from "hyparquet";
import type { Column } from "../row.ts";

/** The key of the metadata that Python's `datasets` reads. */
const FEATURES_KEY = "huggingface";

/**
 * Key-value metadata that tells Python's `datasets` the features.
 * @param exportId the name of the export, under the key for which `datasets` has a name of its own; two keys in a file would have no fixed order
 */
export function featureMetadata(columns: readonly Column[], exportId?: string): { key: string; value: string }[] {
  const features = Object.fromEntries(columns.map(({ name, type }) => [name, { dtype: type, _type: "Value" }]));
  return [{ key: FEATURES_KEY, value: JSON.stringify({ info: { features }, fingerprint: exportId }) }];
}

/** The name of the export that wrote a file; undefined for files of other programs, and of exports without a name. */
export function exportOf({ key_value_metadata }: FileMetaData): string | undefined {
  const value = key_value_metadata?.find(({ key }) => key === FEATURES_KEY)?.value;
  return value === undefined ? undefined : /,"fingerprint":"([0-9a-f]{16})"\}$/.exec(value)?.[1];
}
