/** @file run.lock: one running process per run folder. */
import { rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type LockHolder, makeFolder, takeLock } from "@pickapic/disk";
import { PickScoreError } from "../errors.ts";

/**
 * Takes a run folder for this process, and makes it where it is missing. Processes of other machines are not seen.
 * @returns gives the folder back; a folder that was made for nothing is removed
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, naming the running process that has it; the system's error where nothing can be written
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const isNew = (await stat(folder).catch(() => null)) === null;
  await makeFolder(folder);
  const taken = await takeLock(join(folder, "run.lock"));
  if ("holder" in taken) throw busy(folder, taken.holder);
  return async () => {
    await taken.lock.release();
    if (isNew) await rmdir(folder).catch(() => {}); // Refused, as it should be, when there is something in it.
  };
}

function busy(folder: string, { pid, since }: LockHolder): PickScoreError {
  return new PickScoreError(
    "PICKAPIC_RUN_BUSY",
    `${folder}: expected a folder that no other process trains in; process ${pid} has been training here since ${since}: wait until it is done, stop it, or choose another folder.`,
  );
}
