/** @file Files and folders that are whole or absent, whatever happens while they are written. */

import { mkdir, readdir, rename, rm, rmdir, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Writes beside, then renames: whoever looks sees the old file, the new one, or none. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  try {
    await writeFile(beside, content);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/**
 * Lets `fill` write into a folder inside `folder`, then moves its files up. When it fails, nothing of it is left, and what was in `folder` before is as it was.
 * @param order names that belong together: those that are not written anew are removed, and those that are come after all other files, in this order
 */
export async function fillFolder(folder: string, fill: (part: string) => Promise<void>, order: readonly string[]): Promise<void> {
  const part = join(folder, `.${process.pid}.part`);
  // First, so that an error names this folder and not the part in it.
  await mkdir(folder, { recursive: true });
  try {
    await mkdir(part, { recursive: true });
    await fill(part);
    const place = (name: string) => order.indexOf(name);
    const names = (await readdir(part)).sort((a, b) => place(a) - place(b));
    for (const name of order) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    for (const name of names) await rename(join(part, name), join(folder, name));
  } finally {
    await rm(part, { recursive: true, force: true });
    // Only when there is nothing in it.
    await rmdir(folder).catch(() => {});
  }
}

/** Whether two paths, which need not exist, are one folder. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((folder) => stat(resolve(folder)).catch(() => null)));
  return one != null && other != null && one.ino === other.ino && one.dev === other.dev;
}

/** Bytes left on the disk of a folder that is there, or will be. */
export async function freeBytes(folder: string): Promise<number> {
  const found = await statfs(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || dirname(folder) === folder) throw error;
    return null;
  });
  return found ? found.bavail * found.bsize : freeBytes(dirname(resolve(folder)));
}
