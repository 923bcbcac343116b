/** @file The file store in a folder, through flydrive. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWholeFile } from "@pickapic/disk";
import { Disk } from "flydrive";
import { FSDriver } from "flydrive/drivers/fs";
import type { FileStore } from "./fileStore.ts";
import { flydriveStore } from "./flydriveStore.ts";

/** A flydrive driver that writes files atomically. flydrive's own driver writes in place, so a crash could leave half a file under the hash of the whole. */
class AtomicDriver extends FSDriver {
  override async put(key: string, contents: string | Uint8Array): Promise<void> {
    const { location } = this.options;
    await writeWholeFile(join(location instanceof URL ? fileURLToPath(location) : location, key), contents);
  }
}

/** Returns the file store in a folder. */
export function folderStore(folder: string): FileStore {
  const disk = new Disk(new AtomicDriver({ location: folder, visibility: "private" }));
  return flydriveStore(folder, disk, "", (reason) => reason instanceof Error && "code" in reason && reason.code === "ENOENT");
}
