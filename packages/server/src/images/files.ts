/** @file The file store of pictures. Each file is stored under the hash of its content, in a local folder, through flydrive. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWholeFile } from "@pickapic/disk";
import { Disk } from "flydrive";
import { FSDriver } from "flydrive/drivers/fs";
import { ServerError } from "../errors.ts";
import { passingFailure } from "../passing.ts";
import { RecentFiles } from "./recent.ts";

/** The file store of pictures. */
export interface ImageFiles {
  /**
   * Stores a file, whole or not at all, and returns its SHA-256 as hex. Equal bytes are stored once.
   * @throws ServerError PICKAPIC_DISK_FULL, PICKAPIC_FILES_UNREACHABLE
   */
  put(bytes: Uint8Array): Promise<string>;
  /**
   * Returns the file with this hash.
   * @throws ServerError PICKAPIC_FILES_UNREACHABLE, also if there is no such file
   */
  get(hash: string): Promise<Uint8Array>;
  /** Deletes the file with this hash, if there is one. Only images/loose.ts may call it, because it knows which files no image names. */
  delete(hash: string): Promise<void>;
}

/** A flydrive driver that writes files atomically. flydrive's own driver writes in place, so a crash could leave half a file under the hash of the whole. */
class AtomicDriver extends FSDriver {
  override async put(key: string, contents: string | Uint8Array): Promise<void> {
    const { location } = this.options;
    await writeWholeFile(join(location instanceof URL ? fileURLToPath(location) : location, key), contents);
  }
}

/**
 * Returns the file store in a folder.
 * @param recent serves and gets the files that were stored or read last. By default each read goes to the disk
 */
export function imageFiles(folder: string, recent = new RecentFiles(0)): ImageFiles {
  const disk = new Disk(new AtomicDriver({ location: folder, visibility: "private" }));
  return {
    async put(bytes) {
      const hash = hashOf(bytes);
      await reaching(async () => {
        if (!(await disk.exists(keyOf(hash)))) await disk.put(keyOf(hash), bytes);
      });
      recent.add(hash, bytes);
      return hash;
    },
    async get(hash) {
      const known = recent.get(hash);
      if (known !== undefined) return known;
      const bytes = await reaching(() => disk.getBytes(keyOf(hash)));
      recent.add(hash, bytes);
      return bytes;
    },
    delete(hash) {
      recent.delete(hash);
      return disk.delete(keyOf(hash));
    },
  };
}

/**
 * Runs disk work, and turns its failure into an error after which the caller can try again, because a disk that fails is no bug.
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

/** Returns the SHA-256 of a file as hex, under which the file is stored. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Returns the path of a file in the store. The 256 subfolders hold a few thousand files each when there are a million images. */
function keyOf(hash: string): string {
  return `images/${hash.slice(0, 2)}/${hash}.jpg`;
}
