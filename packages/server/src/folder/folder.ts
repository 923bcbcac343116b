/** @file Prepares a data folder before anything else starts: checks its version, locks it, and creates what is missing. */
import { chmod, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder } from "@pickapic/disk";
import { refusalOf } from "@pickapic/errors";
import { ServerError } from "../errors.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { checkVersion, writeVersion } from "./version.ts";

/**
 * Locks a data folder for this process, and creates it if it is missing.
 * @param purpose what the process does, such as "server"; the error that another process gets names it
 * @throws ServerError PICKAPIC_FOLDER_NEWER, PICKAPIC_FOLDER_UNWRITABLE or PICKAPIC_FOLDER_IN_USE
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
    throw new ServerError("PICKAPIC_FOLDER_UNWRITABLE", path, refusalOf(error));
  }
}

/** Permissions of folders that hold people's answers and pictures. */
const OWNER_ONLY = 0o700;

/**
 * True for a data folder and for an empty or missing folder: only these may be closed to other users. A folder with other files in it, such as a home folder,
 * keeps its permissions.
 */
async function closesToOthers(path: string): Promise<boolean> {
  const names = await readdir(path).catch((): string[] => []);
  return names.length === 0 || names.includes("version.json");
}

/**
 * Checks that a folder is a data folder that this version can read.
 * @throws ServerError PICKAPIC_FOLDER_MISSING or PICKAPIC_FOLDER_NEWER
 */
export async function checkFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  if (!(await stat(join(path, "version.json")).catch(() => null))) throw new ServerError("PICKAPIC_FOLDER_MISSING", path);
  await checkVersion(path);
}
