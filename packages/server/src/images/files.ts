/** @file Where the bytes of images lie: under the hash of their content, on any disk that flydrive knows (here a local folder). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWholeFile } from "@pickapic/disk";
import { Disk } from "flydrive";
import { FSDriver } from "flydrive/drivers/fs";
import { ServerError } from "../errors.ts";
import { passingFailure } from "../passing.ts";

export interface ImageFiles {
  /**
   * Stores bytes, whole or not at all; the same bytes are stored once. Gives the SHA-256, hex.
   * @throws ServerError PICKAPIC_DISK_FULL, PICKAPIC_FILES_UNREACHABLE
   */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws ServerError PICKAPIC_FILES_UNREACHABLE, also when nothing is stored under that hash. */
  get(hash: string): Promise<Uint8Array>;
  /** Nothing happens when nothing is stored under that hash. Only images/loose.ts knows when a file may go. */
  delete(hash: string): Promise<void>;
}

/** flydrive's own driver writes in place: a kill in the middle would leave half a file under a hash that promises the whole. */
class AtomicDriver extends FSDriver {
  override async put(key: string, contents: string | Uint8Array): Promise<void> {
    const { location } = this.options;
    await writeWholeFile(join(location instanceof URL ? fileURLToPath(location) : location, key), contents);
  }
}

export function imageFiles(folder: string): ImageFiles {
  const disk = new Disk(new AtomicDriver({ location: folder, visibility: "private" }));
  return {
    async put(bytes) {
      const hash = hashOf(bytes);
      await reaching(async () => {
        if (!(await disk.exists(keyOf(hash)))) await disk.put(keyOf(hash), bytes);
      });
      return hash;
    },
    get: (hash) => reaching(() => disk.getBytes(keyOf(hash))),
    delete: (hash) => disk.delete(keyOf(hash)),
  };
}

/**
 * A disk that fails is no bug: the caller can try again.
 * @throws ServerError PICKAPIC_DISK_FULL, PICKAPIC_FILES_UNREACHABLE
 */
async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw passingFailure(cause) ?? new ServerError("PICKAPIC_FILES_UNREACHABLE");
  }
}

/** SHA-256, hex: the name of a file. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Folders of a few thousand files each, also with a million images. */
function keyOf(hash: string): string {
  return `images/${hash.slice(0, 2)}/${hash}.jpg`;
}
