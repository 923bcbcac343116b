/** @file Where the bytes of images lie: under the hash of their content, on any disk that flydrive knows (here a local folder). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWholeFile } from "@pickapic/disk";
import { Disk } from "flydrive";
import { FSDriver } from "flydrive/drivers/fs";

export interface ImageFiles {
  /** Stores bytes, whole or not at all; the same bytes are stored once. Gives the SHA-256, hex. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws Error when nothing is stored under that hash. */
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
      if (!(await disk.exists(keyOf(hash)))) await disk.put(keyOf(hash), bytes);
      return hash;
    },
    get: (hash) => disk.getBytes(keyOf(hash)),
    delete: (hash) => disk.delete(keyOf(hash)),
  };
}

/** SHA-256, hex: the name of a file. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Folders of a few thousand files each, also with a million images. */
function keyOf(hash: string): string {
  return `images/${hash.slice(0, 2)}/${hash}.jpg`;
}
