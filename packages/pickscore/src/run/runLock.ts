/** @file run.lock: one running process per folder. */
import { rmdir, stat } from "node:fs/promises";
import { makeFolder, takeLock } from "@pickapic/disk";
import { PickScoreError } from "../errors.ts";
import { runFiles } from "./runFiles.ts";

/** A folder that belongs to this process until it is released. */
export interface RunLock extends AsyncDisposable {
  /** Gives the folder back, and removes it again when it was made for the lock and is still empty. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this process, and makes it where it is missing. Processes of other machines are not seen.
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, naming the running process that has it; the system's error where nothing can be written
 */
export async function lockRun(folder: string): Promise<RunLock> {
  const isNew = (await stat(folder).catch(() => null)) === null;
  await makeFolder(folder);
  const taken = await takeLock(runFiles(folder).lock);
  if ("holder" in taken) throw new PickScoreError("PICKAPIC_RUN_BUSY", folder, taken.holder.pid, taken.holder.since);
  const release = async () => {
    await taken.lock.release();
    if (isNew) await rmdir(folder).catch(() => {}); // The system refuses, as it should, when there is something in it.
  };
  return { release, [Symbol.asyncDispose]: release };
}
