/** @file Pictures in a file store: each file is stored under the hash of its content. */
import { createHash } from "node:crypto";
import { isDiskFull } from "@pickapic/disk";
import { ServerError } from "../errors.ts";
import type { FileStore } from "./fileStore.ts";
import { RecentFiles } from "./recent.ts";

/** The pictures of a file store. */
export interface ImageFiles {
  /**
   * Stores a file, whole or not at all, and returns its SHA-256 as hex. Equal bytes have one file.
   * @param hash what hashOf returned for the file, if the caller has asked already: hashing takes longer than most other steps
   * @throws ServerError PICKAPIC_DISK_FULL, PICKAPIC_FILES_UNREACHABLE
   */
  put(bytes: Uint8Array, hash?: string): Promise<string>;
  /**
   * Returns the file with this hash.
   * @throws ServerError PICKAPIC_FILES_UNREACHABLE, also if there is no such file
   */
  get(hash: string): Promise<Uint8Array>;
  /** Deletes the file with this hash, if there is one. Only files/loose.ts may call it, because it knows which files no image names. */
  delete(hash: string): Promise<void>;
}

/**
 * Returns the pictures of a file store.
 * @param recent serves and gets the files that were stored or read last. By default each read goes to the store
 */
export function imageFiles(store: FileStore, recent = new RecentFiles(0)): ImageFiles {
  return {
    async put(bytes, hash = hashOf(bytes)) {
      // Asking whether the file is there takes as long as writing it in most stores, and nearly every picture is new.
      await reaching(() => store.put(keyOf(hash), bytes));
      recent.add(hash, bytes);
      return hash;
    },
    async get(hash) {
      const known = recent.get(hash);
      if (known !== undefined) return known;
      const bytes = await reaching(() => store.get(keyOf(hash)));
      if (bytes === null) throw new ServerError("PICKAPIC_FILES_UNREACHABLE");
      recent.add(hash, bytes);
      return bytes;
    },
    delete(hash) {
      recent.delete(hash);
      return store.delete(keyOf(hash));
    },
  };
}

/**
 * Runs work of the store, and turns its failure into an error after which the caller can try again, because a store that fails is no bug.
 * @throws ServerError PICKAPIC_DISK_FULL, PICKAPIC_FILES_UNREACHABLE
 */
async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ServerError(isDiskFull(error) ? "PICKAPIC_DISK_FULL" : "PICKAPIC_FILES_UNREACHABLE");
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
