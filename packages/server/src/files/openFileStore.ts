/** @file Opens the file store that the settings name. */
import { join } from "node:path";
import { ServerError } from "../errors.ts";
import { BUCKET_FORM, bucketStore, parseBucket } from "./bucketStore.ts";
import type { FileStore } from "./fileStore.ts";
import { folderStore } from "./folderStore.ts";

/**
 * Opens the bucket of `filesUrl`, or without one the folder `files` of the data folder.
 * @throws ServerError PICKAPIC_SETTING_INVALID
 */
export async function openFileStore(dataFolder: string, filesUrl: string | undefined): Promise<FileStore> {
  if (filesUrl === undefined) return folderStore(join(dataFolder, "files"));
  const bucket = parseBucket(filesUrl);
  if (bucket === null) throw new ServerError("PICKAPIC_SETTING_INVALID", "filesUrl", "PICKAPIC_FILES_URL", BUCKET_FORM);
  return bucketStore(bucket);
}
