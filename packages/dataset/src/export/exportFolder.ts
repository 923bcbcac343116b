/** @file A folder that is being filled, which knows the size and the checksum of each of its files. */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { DatasetError } from "../errors.ts";
import type { Files, GrowingFile } from "../files.ts";
import { CHECKSUM_FILE } from "../shards/layout.ts";
import { parseChecksums } from "../write/checksums.ts";

/** Files are created once and hashed on the way. Paths are those inside the folder. */
export class ExportFolder {
  readonly path: string;
  readonly files: Files;
  /** Hexadecimal SHA-256 by path. */
  readonly sums = new Map<string, string>();
  #bytes = 0;

  constructor(path: string, files: Files) {
    this.path = path;
    this.files = files;
  }

  /** Bytes of all files that are closed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Writes a whole file. */
  async write(path: string, content: Uint8Array | string): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    await this.#prepare(path);
    await writeFile(join(this.path, path), bytes, { flag: "wx", flush: true });
    this.note(path, bytes.length, createHash("sha256").update(bytes).digest("hex"));
  }

  /** Creates a file that is written piece by piece. It counts when it is closed. */
  async create(path: string): Promise<GrowingFile> {
    await this.#prepare(path);
    const file = await this.files.create(join(this.path, path));
    const hash = createHash("sha256");
    let size = 0;
    return {
      write: async (bytes) => {
        hash.update(bytes);
        size += bytes.length;
        await file.write(bytes);
      },
      close: async () => {
        await file.close();
        this.note(path, size, hash.digest("hex"));
      },
    };
  }

  /** Counts a file that was written by other means. */
  note(path: string, bytes: number, sha256: string): void {
    this.sums.set(path, sha256);
    this.#bytes += bytes;
  }

  async #prepare(path: string): Promise<void> {
    await mkdir(dirname(join(this.path, path)), { recursive: true });
  }
}

/**
 * Throws unless `folder` may be written: it is missing or empty, or, with `replace`, an earlier export, all of whose files are in
 * its SHA256SUMS.
 * @throws {DatasetError} FOLDER_TAKEN
 */
export async function checkExportTarget(folder: string, replace: boolean): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return;
  const taken = (what: string) => new DatasetError("PICKAPIC_DATASET_FOLDER_TAKEN", folder, what);
  if (!found.isDirectory()) throw taken("is a file; give a folder that is new or empty");
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  if (entries.length === 0) return;
  const sums = parseChecksums(await readFile(join(folder, CHECKSUM_FILE), "utf8").catch(() => ""));
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const foreign = paths.find((path) => path !== CHECKSUM_FILE && !sums.has(path));
  if (foreign !== undefined || paths.length === 0)
    throw taken(
      `holds ${foreign ?? "empty folders"}, which no export wrote; nothing was written: give a folder that is new or empty`,
    );
  if (!replace) throw taken("holds an export already; nothing was written: replace it with --force, or give another folder");
}
