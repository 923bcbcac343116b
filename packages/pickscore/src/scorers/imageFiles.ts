/** @file Files for images that have none, for scorers that are given paths. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOf } from "@pickapic/pictures";

/** A temporary folder of image files. The same image is written once. */
export interface ImageFiles {
  /** Writes an image and returns its absolute path; its ending tells the kind of picture. */
  write(image: Uint8Array): Promise<string>;
  /** Removes the folder. */
  close(): Promise<void>;
}

/** Opens a folder of image files below the temporary folder of the system. It is made when the first image is written. */
export function openImageFiles(): ImageFiles {
  let folder: Promise<string> | undefined;
  const written = new Map<string, Promise<string>>();
  return {
    async write(image) {
      folder ??= mkdtemp(join(tmpdir(), "pickapic-scorer-"));
      const path = join(await folder, `${createHash("sha256").update(image).digest("hex")}.${kindOf(image) ?? "bin"}`);
      const writing = written.get(path) ?? writeFile(path, image).then(() => path);
      written.set(path, writing);
      return writing;
    },
    async close() {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
