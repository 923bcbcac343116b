/** @file Keeps the prepared pixels of all images of a run, so that each is decoded once: in memory up to a limit, the rest in a file. */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";

/** Gives the pixels of images to batches. */
export interface PixelSource {
  /** Writes the pixels of an image, 0...255, to row `row` of `target`, [rows, 3, side, side]. */
  copy(uid: string, target: Uint8Array, row: number): void;
}

/** A source of pixels that can be filled. Its images all have the size for which it was made. */
export interface PixelStore extends PixelSource {
  has(uid: string): boolean;
  /** @param pixels [3, side, side], 0...255 */
  add(uid: string, pixels: Uint8Array): void;
}

/** The pixels of one run. */
export interface PixelCache extends PixelStore {
  /** Frees the memory and removes the file. */
  close(): void;
}

/**
 * Makes an empty cache for images of `bytes` bytes each.
 * @param memoryBytes limit of the pixels in memory; those beyond it go into `spillFile`, which is created when it is first needed
 */
export function createPixelCache(bytes: number, memoryBytes: number, spillFile: string): PixelCache {
  const inMemory = new Map<string, Uint8Array>();
  /** The offset in bytes of each image in the file. */
  const inFile = new Map<string, number>();
  let file: number | null = null;
  const spill = (uid: string, pixels: Uint8Array) => {
    file ??= openSync(spillFile, "w+");
    const offset = inFile.size * bytes;
    // On a disk that becomes full, a write stores only some of the bytes; the error comes with the next write.
    for (let done = 0; done < bytes; ) done += writeSync(file, pixels, done, bytes - done, offset + done);
    inFile.set(uid, offset);
  };
  return {
    has: (uid) => inMemory.has(uid) || inFile.has(uid),
    add(uid, pixels) {
      if (pixels.length !== bytes) throw new Error(`PixelCache.add: ${uid}: expected ${bytes} bytes; got ${pixels.length}`);
      if ((inMemory.size + 1) * bytes <= memoryBytes) inMemory.set(uid, pixels);
      else spill(uid, pixels);
    },
    copy(uid, target, row) {
      const pixels = inMemory.get(uid);
      if (pixels) return target.set(pixels, row * bytes);
      const offset = inFile.get(uid);
      if (file === null || offset === undefined) throw new Error(`PixelCache.copy: ${uid} was never added`);
      readSync(file, target, row * bytes, bytes, offset);
    },
    close() {
      inMemory.clear();
      if (file === null) return;
      closeSync(file);
      rmSync(spillFile, { force: true });
    },
  };
}
