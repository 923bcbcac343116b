/** @file Folders to write into: making them, the room that is left on their disk, and whether two paths are one folder. */
import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it; one that is there is left as it is. Node's own `mkdir` with `recursive` never returns for a path below
 * /proc, so the folders are made one by one.
 * @throws the system's error; EROFS where a folder that is there takes no entries, as /proc
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    const above = dirname(resolve(path));
    if (code !== "ENOENT" || above === resolve(path)) throw error;
    await makeFolder(above);
    await mkdir(path).catch((second: NodeJS.ErrnoException) => {
      // Another process may have made it at the same moment.
      if (second.code !== "EEXIST") throw second.code === "ENOENT" ? takesNoEntries(above, second) : second;
    });
  }
}

/** The error of a folder that is there and takes no entries, as /proc: the system itself says only that there is no such file. */
export function takesNoEntries(folder: string, cause: unknown): Error {
  return Object.assign(new Error(`EROFS: no entries can be made in '${folder}'`, { cause }), { code: "EROFS", path: folder });
}

/**
 * Bytes that this user may still write on the disk of a folder. Where the folder is not there yet, the nearest one above it counts. Infinity where
 * the file system counts no blocks, as /proc: it is no disk that could be full.
 */
export async function freeBytes(folder: string): Promise<number> {
  const found = await statfs(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || dirname(resolve(folder)) === resolve(folder)) throw error;
    return null;
  });
  if (!found) return freeBytes(dirname(resolve(folder)));
  return found.blocks === 0 ? Number.POSITIVE_INFINITY : found.bavail * found.bsize;
}

/** Whether a write failed because the disk, or this user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Whether two paths are spellings of one folder. False where either is not there. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((folder) => stat(resolve(folder)).catch(() => null)));
  return one != null && other != null && one.ino === other.ino && one.dev === other.dev;
}
