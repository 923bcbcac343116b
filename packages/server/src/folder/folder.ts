/** @file A data folder: checked, locked and furnished before anything else starts. */
import { chmod, readdir, stat } from "node:fs/promises";
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
    const isOurs = await closesToOthers(path);
    await makeFolder(join(path, "files"));
    const lock = await lockFolder(path, purpose);
    await writeVersion(path);
    await Promise.all([...(isOurs ? [path] : []), join(path, "files")].map((folder) => chmod(folder, OWNER_ONLY)));
    return lock;
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw new ServerError("PICKAPIC_FOLDER_UNWRITABLE", path, reasonOf(error));
  }
}

/** Permissions of folders that hold people's answers and pictures. */
const OWNER_ONLY = 0o700;

/** True for a folder that is a data folder already, or that is empty or missing. A folder with other things in it, such as a home, stays as open as it is. */
async function closesToOthers(path: string): Promise<boolean> {
  const names = await readdir(path).catch((): string[] => []);
  return names.length === 0 || names.includes("version.json");
}

/** @throws ServerError PICKAPIC_FOLDER_MISSING or PICKAPIC_FOLDER_NEWER. */
export async function checkFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  if (!(await stat(join(path, "version.json")).catch(() => null))) throw new ServerError("PICKAPIC_FOLDER_MISSING", path);
  await checkVersion(path);
}
