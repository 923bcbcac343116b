/** @file run.lock: lets only one process at a time train into a folder. */
import { rmdir, stat } from "node:fs/promises";
import { makeFolder, takeLock } from "@pickapic/disk";
import { PickScoreError } from "../errors.ts";
import { runFiles } from "./runFiles.ts";

/** The lock of a run folder, held by this process until it is released. */
export interface RunLock extends AsyncDisposable {
  /** Releases the lock. A folder that `lockRun` created and that is still empty is removed. */
  release(): Promise<void>;
}

/**
 * Locks a run folder for this process, and creates the folder when it is missing. Processes on other machines are not noticed.
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, naming the process that holds the lock; the error of the system when the folder cannot be written
 */
export async function lockRun(folder: string): Promise<RunLock> {
  const isNew = (await stat(folder).catch(() => null)) === null;
  await makeFolder(folder);
  const taken = await takeLock(runFiles(folder).lock);
  if ("holder" in taken) throw new PickScoreError("PICKAPIC_RUN_BUSY", folder, taken.holder.pid, taken.holder.since);
  const release = async () => {
    await taken.lock.release();
    if (isNew) await rmdir(folder).catch(() => {}); // It fails, as it should, when the folder is not empty.
  };
  return { release, [Symbol.asyncDispose]: release };
}
