/** @file Files and folders that are whole or absent, also after a crash or a power failure: written beside, flushed, then renamed. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder, takesNoEntries } from "./place.ts";
import { isRunning } from "./processes.ts";

/** Opens a file; an argument of the functions below, so that a test can have a disk that is full. */
export type OpenFile = (path: string, flags: string, mode?: number) => Promise<FileHandle>;

interface WriteOptions {
  /** Permissions as in chmod, of which the process's umask takes its own away. By default 0o666. */
  readonly mode?: number;
  readonly openFile?: OpenFile;
}

/** A file that gets its name when it is whole. */
export interface WholeFile {
  /** Writes to the file beside the name. */
  readonly handle: FileHandle;
  /** Flushes the file and gives it its name. */
  keep(): Promise<void>;
  /** Removes what was written. After `keep` it does nothing. */
  drop(): Promise<void>;
}

/**
 * Opens a file beside `path`, so that a reader of `path` sees the old file or the new one, never half of one. Makes the folders above.
 * @throws the system's error; EISDIR at once where `path` is a folder, which would otherwise show only when all the work is done
 */
export async function openWholeFile(path: string, { mode, openFile = open }: WriteOptions = {}): Promise<WholeFile> {
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw Object.assign(new Error(`EISDIR: a folder is in the way, open '${path}'`), { code: "EISDIR", syscall: "open", path });
  const folder = dirname(resolve(path));
  await makeFolder(folder);
  const beside = nameBeside(path);
  const handle = await openFile(beside, "wx", mode).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? takesNoEntries(folder, error) : error;
  });
  let kept = false;
  return {
    handle,
    async keep() {
      await handle.sync();
      await handle.close();
      await rename(beside, path);
      kept = true;
      await flushFolder(folder);
    },
    async drop() {
      if (kept) return;
      await handle.close().catch(() => {}); // It may be closed already.
      await rm(beside, { force: true });
    },
  };
}

/** Writes a whole file at once. */
export async function writeWholeFile(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const file = await openWholeFile(path, options);
  try {
    await file.handle.writeFile(content);
    await file.keep();
  } finally {
    await file.drop();
  }
}

/** No other process or call has this name. What ends in .part may be removed when its process is gone. */
const nameBeside = (path: string): string => `${path}.${process.pid}-${randomBytes(4).toString("hex")}.part`;

/** A new name in a folder is safe only once the folder itself is flushed. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(ignoreNoFlush);
  try {
    await handle?.sync().catch(ignoreNoFlush);
  } finally {
    await handle?.close();
  }
}

/** Systems and network disks that cannot open or flush a folder say one of these. */
const NO_FLUSH: ReadonlySet<string | undefined> = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"]);

function ignoreNoFlush(error: NodeJS.ErrnoException): undefined {
  if (!NO_FLUSH.has(error.code)) throw error;
}

/** Folders that this process is filling now. */
const filling = new Set<string>();

interface ReplaceOptions {
  /** Asked after the leftovers of killed processes are gone, before anything is written; throws where the folder must not be replaced. */
  check?(): Promise<void>;
}

/**
 * Calls `fill` with a new, empty folder beside `folder`, then puts it in the place of `folder`, which may be there. When `fill` fails, the new
 * folder is removed and `folder` stays as it was. Removes first what killed processes left. The files are flushed by whoever writes them, the
 * names by this function.
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
 * Clears up after processes that were killed: removes `.partial-<pid>` beside the target, and puts `.replaced-<pid>` back where the target is
 * missing, because its process was killed between two renames. Folders of running processes stay.
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
 * Adds files to a folder that may hold others: `fill` writes them into a folder inside it, and they move up when all of them are whole. When
 * `fill` fails, nothing of it is left and the folder is as it was.
 * @param order names that belong together: those that `fill` did not write are removed, and those that it wrote come after all other files, in this order
 */
export async function addFiles(folder: string, fill: (part: string) => Promise<void>, order: readonly string[]): Promise<void> {
  const part = join(folder, `.${process.pid}-${randomBytes(4).toString("hex")}.part`);
  await makeFolder(resolve(folder));
  try {
    await makeFolder(part);
    await fill(part);
    const rank = (name: string) => order.indexOf(name);
    const names = (await readdir(part)).sort((a, b) => rank(a) - rank(b));
    for (const name of order) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    for (const name of names) await rename(join(part, name), join(folder, name));
    await flushFolder(folder);
  } finally {
    await rm(part, { recursive: true, force: true });
    // A folder that was made for nothing goes, too; one with something in it is refused.
    await rmdir(folder).catch(() => {});
  }
}
