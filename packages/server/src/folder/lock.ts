/** @file The lock of a data folder (lock.json): one running process per folder. */
import { join } from "node:path";
import { type LockHolder, liveHolder, takeLock } from "@pickapic/disk";
import { ServerError } from "../errors.ts";

/** The lock of a data folder that this process holds. */
export interface FolderLock {
  /** Writes the URL of the server into the lock, so that other processes can find it. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
}

const fileOf = (folder: string): string => join(folder, "lock.json");

/**
 * Takes the lock of a data folder for this process.
 * @param purpose what the process does: "server", "dataset export", ...
 * @throws ServerError PICKAPIC_FOLDER_IN_USE naming the running process that holds it
 */
export async function lockFolder(folder: string, purpose: string): Promise<FolderLock> {
  const taken = await takeLock(fileOf(folder), { purpose });
  if ("holder" in taken) throw new ServerError("PICKAPIC_FOLDER_IN_USE", folder, describe(taken.holder));
  return { announce: (url) => taken.lock.describe({ purpose, url }), release: () => taken.lock.release() };
}

/** Returns the running process that holds the lock of a data folder, or null. */
export const folderHolder = (folder: string): Promise<LockHolder | null> => liveHolder(fileOf(folder));

function describe({ pid, since, details: { purpose, url } }: LockHolder): string {
  return `process ${pid} (${purpose ?? "of an unknown kind"}${url ? ` at ${url}` : ""}, since ${since})`;
}
