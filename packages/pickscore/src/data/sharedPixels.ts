/** @file A file of prepared pixels that several trainings on the same dataset share: the first one prepares the images, the others read them. */

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { openWholeFile } from "@pickapic/disk";
import { jsonOf } from "@pickapic/errors";
import { z } from "zod";
import type { PixelStore } from "./pixelCache.ts";

/** Pixels of a shared file. All of them stay on the disk, none in memory. Only what is kept can be copied to a batch. */
export interface SharedPixels extends PixelStore {
  /** Writes the file again with what was added to it; does nothing when nothing was. Until then, other trainings see the old file, or none. */
  keep(): Promise<void>;
  /** Closes the files. What was added and not kept is removed. */
  close(): Promise<void>;
}

/** What stands after the pixels: the hash of how they were prepared, and the uids in the order of their pixels. Its length follows as 4 bytes, little endian. */
const CONTENTS = z.object({ key: z.string(), uids: z.array(z.string()) });
const LENGTH_BYTES = 4;

/**
 * Opens the pixels in `file`. It counts as empty if it is missing or broken, or if its images were prepared in another way.
 * @param preparation everything that the pixels depend on: the data, and how its images are prepared
 * @param bytes of the pixels of an image
 * @throws the system's error when nothing can be written beside `file`
 */
export async function openSharedPixels(file: string, preparation: unknown, bytes: number): Promise<SharedPixels> {
  const key = createHash("sha256").update(JSON.stringify(preparation)).digest("hex");
  let known = openKnown(file, key, bytes);
  const whole = await openWholeFile(file);
  /** The number of each image in the new file. */
  const added = new Map<string, number>();
  let isKept = false;
  const write = (uid: string, pixels: Uint8Array) => {
    writeAll(whole.handle.fd, pixels, added.size * bytes);
    added.set(uid, added.size);
  };
  return {
    has: (uid) => known?.at.has(uid) || added.has(uid),
    add(uid, pixels) {
      if (pixels.length !== bytes) throw new Error(`SharedPixels.add: ${uid}: expected ${bytes} bytes; got ${pixels.length}`);
      write(uid, pixels);
    },
    copy(uid, target, row) {
      const at = known?.at.get(uid);
      if (!known || at === undefined) throw new Error(`SharedPixels.copy: ${uid} was never kept`);
      readSync(known.file, target, row * bytes, bytes, at * bytes);
    },
    async keep() {
      if (isKept || added.size === 0) return;
      const pixels = new Uint8Array(bytes);
      for (const [uid, at] of known?.at ?? []) {
        if (known) readSync(known.file, pixels, 0, bytes, at * bytes);
        write(uid, pixels);
      }
      const contents = Buffer.from(JSON.stringify({ key, uids: [...added.keys()] } satisfies z.infer<typeof CONTENTS>));
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(contents.length);
      writeAll(whole.handle.fd, Buffer.concat([contents, length]), added.size * bytes);
      await whole.commit();
      isKept = true;
      if (known) closeSync(known.file);
      known = { file: openSync(file, "r"), at: new Map(added) };
    },
    async close() {
      if (known) closeSync(known.file);
      known = null;
      await whole.discard();
    },
  };
}

/** An open file of pixels, and the position, in images, of each uid in it. */
interface Known {
  file: number;
  at: ReadonlyMap<string, number>;
}

/** Opens a file for reading; null when it is missing, broken, or has another key. */
function openKnown(path: string, key: string, bytes: number): Known | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return null;
  }
  const uids = contentsOf(file, key, bytes);
  if (uids) return { file, at: new Map(uids.map((uid, i) => [uid, i])) };
  closeSync(file);
  return null;
}

/** The uids of an open file in the order of their pixels; null when it is broken or has another key. */
function contentsOf(file: number, key: string, bytes: number): readonly string[] | null {
  const { size } = fstatSync(file);
  const last = readAt(file, size - LENGTH_BYTES, LENGTH_BYTES);
  const start = size - LENGTH_BYTES - (last?.readUInt32LE() ?? size);
  const text = readAt(file, start, size - LENGTH_BYTES - start);
  const found = CONTENTS.safeParse(jsonOf(text?.toString("utf8") ?? ""));
  return found.success && found.data.key === key && found.data.uids.length * bytes === start ? found.data.uids : null;
}

/** `length` bytes from `position`; null where the file has none there. */
function readAt(file: number, position: number, length: number): Buffer | null {
  if (position < 0 || length <= 0) return null;
  const bytes = Buffer.alloc(length);
  return readSync(file, bytes, 0, length, position) === length ? bytes : null;
}

/** Writes all of `bytes`. On a disk that becomes full, a write stores only some of them; the error comes with the next write. */
function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
