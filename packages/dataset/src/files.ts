/** @file File access as an argument. Only this file touches the disk, except for listing and renaming folders. */

import { open } from "node:fs/promises";

/** A file for random reads. */
export interface ReadableFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  /** Fills `target` with the bytes from `start` on, and returns how many there were: fewer than asked for at the end of the file. */
  readInto(target: Uint8Array, start: number): Promise<number>;
}

/** A file that is appended to. */
export interface GrowingFile {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** How a dataset opens and creates files. It is an argument, so that a test can make the disk fail. */
export interface Files {
  read(path: string): Promise<ReadableFile>;
  create(path: string): Promise<GrowingFile>;
}

/**
 * The files of the disk. `create` refuses a path that exists (EEXIST), and `close` returns when the bytes are on the disk
 * (fsync).
 */
export const realFiles: Files = {
  async read(path) {
    const handle = await open(path);
    const { size } = await handle.stat();
    await handle.close();
    return {
      byteLength: size,
      slice: (start, end = size) => readSlice(path, start, Math.min(end, size)),
      readInto: (target, start) => readInto(path, target, start),
    };
  },
  async create(path) {
    const handle = await open(path, "wx");
    return {
      async write(bytes) {
        for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
      },
      async close() {
        await handle.sync();
        await handle.close();
      },
    };
  },
};

/** Reads bytes start ... end - 1. It returns fewer when the file has shrunk meanwhile. */
async function readSlice(path: string, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, end - start));
  const done = await readInto(path, bytes, start);
  return done === bytes.length ? bytes.buffer : bytes.buffer.slice(0, done);
}

async function readInto(path: string, target: Uint8Array, start: number): Promise<number> {
  const handle = await open(path);
  try {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await handle.read(target, done, target.length - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  } finally {
    await handle.close();
  }
}
