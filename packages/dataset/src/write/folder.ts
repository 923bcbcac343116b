/** @file Writes a dataset folder that is whole or absent. */

import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { replaceFolder } from "@pickapic/disk";
import { DatasetError } from "../errors.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, isShardName } from "../shards/layout.ts";

/**
 * Throws unless `folder` may be written: it is missing or empty, or, with `replace`, a dataset of ours without other entries.
 * @throws {DatasetError} FOLDER_TAKEN
 */
export async function checkTarget(folder: string, replace: boolean): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) {
    throw new DatasetError(
      "PICKAPIC_DATASET_FOLDER_TAKEN",
      folder,
      "is a file; give a folder that is new, empty, or an earlier dataset",
    );
  }
  const foreign = await foreignEntry(folder);
  if (foreign) {
    throw new DatasetError(
      "PICKAPIC_DATASET_FOLDER_TAKEN",
      folder,
      `is not empty and holds ${foreign}, which no dataset has; nothing was written: give a folder that is new, empty, or an earlier dataset`,
    );
  }
  if (!replace && (await readdir(folder)).length > 0) {
    throw new DatasetError(
      "PICKAPIC_DATASET_FOLDER_TAKEN",
      folder,
      "holds a dataset already; nothing was written: replace it with --force, or give another folder",
    );
  }
}

/** Returns an entry that does not belong to a dataset; undefined when there is none. */
async function foreignEntry(folder: string): Promise<string | undefined> {
  const names = await readdir(folder);
  const own = [CARD_FILE, CHECKSUM_FILE, DATA_FOLDER];
  const foreign = names.find((name) => !own.includes(name));
  if (foreign || names.length === 0) return foreign;
  if (!names.includes(CHECKSUM_FILE)) return names[0];
  const data = names.includes(DATA_FOLDER) ? await readdir(join(folder, DATA_FOLDER)) : [];
  const other = data.find((name) => !isShardName(name));
  return other && `${DATA_FOLDER}/${other}`;
}

/**
 * Calls `fill` with a new folder beside `folder` and then renames it to `folder`, which may hold a dataset only with `replace`.
 * If `fill` fails, the new folder is removed and `folder` stays as it was.
 * @throws {DatasetError} FOLDER_TAKEN, WRITE_FAILED
 */
export async function replaceDataset<T>(folder: string, replace: boolean, fill: (staging: string) => Promise<T>): Promise<T> {
  let failure: unknown; // An error that reading the source raised while the folder was filled: it is not an error of this folder.
  const filled = async (staging: string) => {
    await mkdir(join(staging, DATA_FOLDER));
    return fill(staging).catch((error) => {
      failure = error;
      throw error;
    });
  };
  return replaceFolder(folder, filled, { check: () => checkTarget(resolve(folder), replace) }).catch((error) => {
    throw error === failure ? error : worded(folder, error);
  });
}

/** Writes a text file into a folder that is still being filled. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx", flush: true });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space or choose another disk",
  EDQUOT: "the disk quota is used up; free some space or choose another disk",
  EACCES: "this user may not write there; choose another folder or change its permissions",
  EPERM: "this user may not write there; choose another folder or change its permissions",
  EROFS: "that disk is read-only or takes no files; choose another folder",
  EEXIST: "a part of the path is a file; choose another folder",
  ENOTDIR: "a part of the path is a file; choose another folder",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
};

/** Runs a step that writes, and turns an error of the disk into a sentence about `folder`. */
export async function writing<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw worded(folder, error);
  }
}

/** Turns an error of the disk into a sentence about `folder`; returns any other error unchanged. */
function worded(folder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof DatasetError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const reason = REASONS[code] ?? `the disk said ${code}; check it and run again`;
  return new DatasetError("PICKAPIC_DATASET_WRITE_FAILED", folder, reason).because(error);
}
