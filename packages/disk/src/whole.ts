/**
 * @file Files and folders that are either whole or absent, also after a crash or a power failure: written beside, flushed, then
 * renamed.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder, takesNoEntries } from "./folders.ts";
import { isRunning } from "./processes.ts";

/** Opens a file. It is an argument of the functions below, so that a test can simulate a full disk. */
export type OpenFile = (path: string, flags: string, mode?: number) => Promise<FileHandle>;

interface WriteOptions {
  /** Permissions as in chmod, before the umask of the process. Default 0o666. */
  readonly mode?: number;
  readonly openFile?: OpenFile;
}

/** A file that appears under its name only when it is whole. */
export interface WholeFile {
  /** The temporary file to write to. */
  readonly handle: FileHandle;
  /** Flushes the file and renames it to its final name. */
  commit(): Promise<void>;
  /** Removes the temporary file. After `commit` it does nothing. */
  discard(): Promise<void>;
}

/**
 * Opens a temporary file beside `path`. Until `commit`, readers of `path` see the old file, or none; after it the whole new one.
 * Creates missing parents.
 * @throws the system's error; EISDIR at once when `path` is a folder, so that the caller does not do all its work first
 */
export async function openWholeFile(path: string, { mode, openFile = open }: WriteOptions = {}): Promise<WholeFile> {
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw Object.assign(new Error(`EISDIR: a folder is in the way, open '${path}'`), { code: "EISDIR", syscall: "open", path });
  const folder = dirname(resolve(path));
  const beside = nameBeside(path);
  const openBeside = () => openFile(beside, "wx", mode);
  const handle = await openBeside().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    return openInNewFolder(folder, openBeside);
  });
  let isCommitted = false;
  return {
    handle,
    async commit() {
      await handle.sync();
      await handle.close();
      await rename(beside, path);
      isCommitted = true;
      await flushFolder(folder);
    },
    async discard() {
      if (isCommitted) return;
      await handle.close().catch(() => {}); // It may be closed already.
      await rm(beside, { force: true });
    },
  };
}

/** Opens a file after its folder was missing. Most folders exist, and asking first would take as long as opening the file. */
async function openInNewFolder(folder: string, openBeside: () => Promise<FileHandle>): Promise<FileHandle> {
  await makeFolder(folder);
  return openBeside().catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? takesNoEntries(folder, error) : error;
  });
}

/** Writes a file at once: it is whole or absent. */
export async function writeWholeFile(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const file = await openWholeFile(path, options);
  try {
    await file.handle.writeFile(content);
    await file.commit();
  } finally {
    await file.discard();
  }
}

/**
 * Makes sure that a file can be written at `path`, before work whose result would be lost otherwise. Nothing is left behind: of a
 * folder that is missing, its nearest existing parent is tried.
 * @throws the system's error, as `openWholeFile` does
 */
export async function checkWritable(path: string): Promise<void> {
  let folder = dirname(resolve(path));
  const isInNewFolder = !existsSync(folder);
  while (!existsSync(folder)) folder = dirname(folder);
  const file = await openWholeFile(isInNewFolder ? join(folder, basename(nameBeside(path))) : path);
  await file.discard();
}

/** A name that no other process or call uses. A leftover file that ends in .part can be removed when its process has ended. */
const nameBeside = (path: string): string => `${path}.${process.pid}-${randomBytes(4).toString("hex")}.part`;

/** Flushes a folder: without it, a renamed file may be lost in a power failure. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(ignoreNoFlush);
  try {
    await handle?.sync().catch(ignoreNoFlush);
  } finally {
    await handle?.close();
  }
}

/** Errors of systems and network disks that cannot open or flush a folder. */
const NO_FLUSH: ReadonlySet<string | undefined> = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"]);

function ignoreNoFlush(error: NodeJS.ErrnoException): undefined {
  if (!NO_FLUSH.has(error.code)) throw error;
}

/** Folders that this process is filling at the moment. */
const filling = new Set<string>();

interface ReplaceOptions {
  /**
   * Called before anything is written, after leftovers of killed processes were removed. Throws when the folder must not be
   * replaced.
   */
  check?(): Promise<void>;
}

/**
 * Replaces a folder, or creates it. Calls `fill` with a new, empty folder beside it and then renames that one. If `fill` fails,
 * the new folder is removed and the old one stays as it was. Leftovers of killed processes are removed first. `fill` must flush
 * its files; this function flushes the folders.
 */
export async function replaceFolder<T>(
  folder: string,
  fill: (staging: string) => Promise<T>,
  { check }: ReplaceOptions = {},
): Promise<T> {
  const target = resolve(folder);
  await makeFolder(dirname(target));
  await sweep(target);
  await check?.();
  const staging = `${target}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  filling.add(staging);
  try {
    await makeFolder(staging);
    const result = await fill(staging);
    await flushTree(staging);
    await swap(staging, target);
    return result;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  } finally {
    filling.delete(staging);
  }
}

async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await flushTree(join(folder, entry.name));
  await flushFolder(folder);
}

async function swap(staging: string, target: string): Promise<void> {
  const old = `${target}.replaced-${process.pid}`;
  const exists = await stat(target).catch(() => null);
  if (exists) await rename(target, old);
  try {
    await rename(staging, target);
  } catch (error) {
    if (exists) await rename(old, target);
    throw error;
  }
  await flushFolder(dirname(target));
  await rm(old, { recursive: true, force: true });
}

/**
 * Removes what killed processes left beside the target: deletes `.partial-<pid>`, and renames `.replaced-<pid>` back if the
 * target is missing because the process was killed between two renames. Folders of running processes are left alone.
 */
async function sweep(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const [, base, kind, pid] = /^(.*)\.(partial|replaced)-(\d+)(?:-[0-9a-f]+)?$/.exec(name) ?? [];
    if (base !== basename(target) || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    const path = join(dirname(target), name);
    if (filling.has(path)) continue;
    if (kind === "replaced" && !(await stat(target).catch(() => null))) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
  }
}

/**
 * Adds files to a folder that may contain others. `fill` writes them into a temporary folder inside it, and they are moved up
 * when all of them are whole. If `fill` fails, the folder stays as it was.
 * @param order files that belong together: they are moved last and in this order, and those that `fill` did not write are removed
 */
export async function addFiles(
  folder: string,
  fill: (staging: string) => Promise<void>,
  order: readonly string[],
): Promise<void> {
  const staging = join(folder, `.${process.pid}-${randomBytes(4).toString("hex")}.part`);
  await makeFolder(resolve(folder));
  try {
    await makeFolder(staging);
    await fill(staging);
    const rank = (name: string) => order.indexOf(name);
    const names = (await readdir(staging)).sort((a, b) => rank(a) - rank(b));
    for (const name of order) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    for (const name of names) await rename(join(staging, name), join(folder, name));
    await flushFolder(folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
    // Remove a folder that was created for nothing. One with entries refuses.
    await rmdir(folder).catch(() => {});
  }
}
