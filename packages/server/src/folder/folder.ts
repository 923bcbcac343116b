/** @file A data folder: checked, locked and furnished before anything else starts. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder } from "@pickapic/disk";
import { reasonOf, ServerError } from "../errors.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { checkVersion, writeVersion } from "./version.ts";

/**
 * Takes a data folder for this process, making it where it is missing.
 * @throws ServerError PICKAPIC_FOLDER_NEWER, PICKAPIC_FOLDER_UNWRITABLE or PICKAPIC_FOLDER_IN_USE.
 */
export async function takeFolder(folder: string, purpose: string): Promise<FolderLock> {
  const path = resolve(folder);
  await checkVersion(path);
  try {
    await makeFolder(join(path, "files"));
    const lock = await lockFolder(path, purpose);
    await writeVersion(path);
    return lock;
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw new ServerError("PICKAPIC_FOLDER_UNWRITABLE", path, reasonOf(error));
  }
}

/** @throws ServerError PICKAPIC_FOLDER_MISSING or PICKAPIC_FOLDER_NEWER. */
export async function checkFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  if (!(await stat(join(path, "version.json")).catch(() => null))) throw new ServerError("PICKAPIC_FOLDER_MISSING", path);
  await checkVersion(path);
}
