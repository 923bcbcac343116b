/** @file Files that are whole or absent. */
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** A file that gets its name when it is whole. */
export interface WholeFile {
  /** Lies beside the name until then. */
  readonly handle: FileHandle;
  /** Gives the file its name. */
  keep(): Promise<void>;
  /** Leaves nothing behind. After `keep` it does nothing. */
  drop(): Promise<void>;
}

/**
 * Opens a file beside `path`: whoever looks there sees the old file, the new one, or none. Makes the folders above.
 * @param openFile an argument, so that a test can have a disk that is full
 */
export async function openWhole(path: string, openFile: typeof open = open): Promise<WholeFile> {
  // A rename onto a folder would fail only when all the work is done.
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw Object.assign(new Error("EISDIR"), { code: "EISDIR", path });
  await (await import("@pickapic/dataset")).checkPlace(path);
  const beside = `${path}.${process.pid}.part`;
  await mkdir(dirname(path), { recursive: true });
  const handle = await openFile(beside, "w");
  let kept = false;
  return {
    handle,
    async keep() {
      await handle.sync();
      await handle.close();
      await rename(beside, path);
      kept = true;
    },
    async drop() {
      if (kept) return;
      await handle.close().catch(() => {}); // It may be closed already.
      await rm(beside, { force: true });
    },
  };
}

/** Writes a whole file at once. */
export async function writeWhole(path: string, content: string | Uint8Array, openFile: typeof open = open): Promise<void> {
  const file = await openWhole(path, openFile);
  try {
    await file.handle.writeFile(content);
    await file.keep();
  } finally {
    await file.drop();
  }
}
