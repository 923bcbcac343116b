/** @file A dataset folder appears whole or not at all: it is written beside and renamed. */

import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DatasetError } from "./errors.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, isShardName } from "./layout.ts";

/**
 * Throws unless `folder` may be written: it is absent or empty, or, with `replace`, a dataset of ours with nothing else in it.
 * @throws {DatasetError} FOLDER_TAKEN
 */
export async function checkTarget(folder: string, replace: boolean): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) {
    throw new DatasetError("FOLDER_TAKEN", `${folder} is a file; give a folder that is new, empty, or an earlier dataset.`);
  }
  const foreign = await foreignEntry(folder);
  if (foreign) {
    throw new DatasetError(
      "FOLDER_TAKEN",
      `${folder} is not empty and holds ${foreign}, which no dataset has; nothing was written: give a folder that is new, empty, or an earlier dataset.`,
    );
  }
  if (!replace && (await readdir(folder)).length > 0) {
    throw new DatasetError(
      "FOLDER_TAKEN",
      `${folder} holds a dataset already; nothing was written: replace it with --force, or give another folder.`,
    );
  }
}

/** A file that is no part of a dataset; undefined when there is none. */
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
 * Throws where the nearest folder above `path` that is there takes no entries, as /proc. To be asked before mkdir with `recursive`, which there
 * neither fails nor ends. Other reasons not to write, such as a missing permission, are left to the writing.
 * @throws {DatasetError} WRITE_FAILED
 */
export async function checkPlace(path: string, above = dirname(resolve(path))): Promise<void> {
  const probe = await mkdtemp(join(above, ".pickapic-")).catch((error: NodeJS.ErrnoException) => error);
  if (typeof probe === "string") return rmdir(probe);
  if (probe.code !== "ENOENT") return;
  if (!(await stat(above).catch(() => undefined))) return checkPlace(path, dirname(above));
  throw new DatasetError("WRITE_FAILED", `${path}: nothing can be written in ${above}: choose another place.`, { cause: probe });
}

/** Folders that this process is filling now. */
const filling = new Set<string>();

/**
 * Calls `fill` with a new folder beside `folder`, then puts it in the place of `folder`, where a dataset may stand only with `replace`. When `fill` fails, the new folder
 * is removed and `folder` stays as it was. Folders that killed processes left behind are swept first.
 */
export async function replaceFolder<T>(folder: string, replace: boolean, fill: (staging: string) => Promise<T>): Promise<T> {
  const target = resolve(folder);
  await checkPlace(folder);
  await writing(folder, () => mkdir(dirname(target), { recursive: true }));
  await sweep(target);
  await checkTarget(target, replace);
  const staging = `${target}.partial-${process.pid}-${randomUUID().slice(0, 8)}`;
  filling.add(staging);
  try {
    await writing(folder, () => mkdir(join(staging, DATA_FOLDER), { recursive: true }));
    const result = await fill(staging);
    await writing(folder, () => swap(staging, target));
    return result;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  } finally {
    filling.delete(staging);
  }
}

async function swap(staging: string, target: string): Promise<void> {
  const old = `${target}.replaced-${process.pid}`;
  const exists = await stat(target).catch(() => undefined);
  if (exists) await rename(target, old);
  try {
    await rename(staging, target);
  } catch (error) {
    if (exists) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/**
 * Clears up after processes that were killed: removes `.partial-<pid>` beside the target, and puts `.replaced-<pid>` back where
 * the target is missing (killed between two renames). Folders of living processes stay.
 */
async function sweep(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const [, base, kind, pid] = /^(.*)\.(partial|replaced)-(\d+)(?:-[0-9a-f]+)?$/.exec(name) ?? [];
    if (base !== basename(target) || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    const path = join(dirname(target), name);
    if (filling.has(path)) continue;
    if (kind === "replaced" && !(await stat(target).catch(() => undefined))) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Writes a text file into a folder that is not yet in place. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx" });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space or choose another disk",
  EDQUOT: "the disk quota is used up; free some space or choose another disk",
  EACCES: "this user may not write there; choose another folder or change its permissions",
  EPERM: "this user may not write there; choose another folder or change its permissions",
  EROFS: "that disk is read-only; choose another folder",
  EEXIST: "a part of the path is a file; choose another folder",
  ENOTDIR: "a part of the path is a file; choose another folder",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
};

/** Runs a step that writes; an error of the disk becomes one sentence about `folder`. */
export async function writing<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof DatasetError || code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    const reason = REASONS[code] ?? `the disk said ${code}; check it and run again`;
    throw new DatasetError("WRITE_FAILED", `The dataset ${folder} could not be written: ${reason}. Nothing was left behind.`, {
      cause: error,
    });
  }
}
