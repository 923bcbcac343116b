/** @file Folders: creating them, the room left on their disk, and whether two paths lead to the same folder. */
import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { refusalOf } from "./refusal.ts";

/**
 * Creates a folder and its parents; an existing folder is left as it is. The parents are created one by one, because Node's
 * recursive `mkdir` never returns for a path below /proc.
 * @throws the system's error; EROFS where an existing folder accepts no entries, as /proc
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = refusalOf(error);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    const above = dirname(resolve(path));
    if (code !== "ENOENT" || above === resolve(path)) throw error;
    await makeFolder(above);
    await mkdir(path).catch((second: NodeJS.ErrnoException) => {
      // Another process may have created it at the same moment.
      if (second.code !== "EEXIST") throw second.code === "ENOENT" ? takesNoEntries(above, second) : second;
    });
  }
}

/**
 * Returns the error for an existing folder that accepts no entries, as /proc. The system's own error says only that there is no
 * such file.
 */
export function takesNoEntries(folder: string, cause: unknown): Error {
  return Object.assign(new Error(`EROFS: no entries can be made in '${folder}'`, { cause }), { code: "EROFS", path: folder });
}

/**
 * Returns how many bytes this user may still write to the disk of a folder. If the folder does not exist yet, its nearest
 * existing parent counts. Infinity where the file system counts no blocks, as /proc, because it cannot become full.
 */
export async function freeBytes(folder: string): Promise<number> {
  const found = await statfs(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || dirname(resolve(folder)) === resolve(folder)) throw error;
    return null;
  });
  if (!found) return freeBytes(dirname(resolve(folder)));
  return found.blocks === 0 ? Number.POSITIVE_INFINITY : found.bavail * found.bsize;
}

/** Whether a write failed because the disk or this user's quota is full. */
export function isDiskFull(error: unknown): boolean {
  const code = refusalOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Whether two paths lead to the same folder. False when either does not exist. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((folder) => stat(resolve(folder)).catch(() => null)));
  return one != null && other != null && one.ino === other.ino && one.dev === other.dev;
}
