/** @file A file store on a disk of flydrive, which speaks to folders and to S3 services alike. */
import type { Disk } from "flydrive";
import type { FileStore } from "./fileStore.ts";

/**
 * Returns a file store on a disk.
 * @param name how messages name the store
 * @param prefix stands before each key, such as "pickapic/"
 * @param isMissing tells from the reason of a failed read whether there is no such file
 */
export function flydriveStore(name: string, disk: Disk, prefix: string, isMissing: (reason: unknown) => boolean): FileStore {
  return {
    name,
    put: (key, contents) => disk.put(prefix + key, contents).catch(throwReason),
    async get(key) {
      try {
        return await disk.getBytes(prefix + key);
      } catch (error) {
        if (isMissing(reasonIn(error))) return null;
        throw reasonIn(error);
      }
    },
    delete: (key) => disk.delete(prefix + key).catch(throwReason),
  };
}

/** Returns what the system or the service said: flydrive wraps it into a sentence that names the key only. */
function reasonIn(error: unknown): unknown {
  return (error instanceof Error && error.cause) || error;
}

function throwReason(error: unknown): never {
  throw reasonIn(error);
}
