/** @file Picture files of a table by what is in them: each is read and decoded once, before anything is written. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { decodePicture } from "@pickapic/pictures";
import { DatasetError } from "./errors.ts";

/** The same bytes are the same image, whatever their name. */
export class PictureFiles {
  readonly #folder: string;
  readonly #table: string;
  readonly #uids = new Map<string, Promise<string>>();
  readonly #paths = new Map<string, string>();

  /**
   * @param folder that the names are relative to
   * @param table the file that names them, for messages
   */
  constructor(folder: string, table: string) {
    this.#folder = folder;
    this.#table = table;
  }

  /** Where the image of a uid lies. */
  pathOf(uid: string): string {
    return this.#paths.get(uid) ?? "";
  }

  /** The uid of a file: 32 hexadecimal digits of its sha256. @throws {DatasetError} IMAGE_MISSING, IMAGE_INVALID, naming the line */
  async uidOf(name: string, line: number): Promise<string> {
    const path = resolve(this.#folder, name);
    const known = this.#uids.get(path) ?? this.#read(path, name, `${this.#table} line ${line}`);
    this.#uids.set(path, known);
    const uid = await known;
    this.#paths.set(uid, path);
    return uid;
  }

  async #read(path: string, name: string, where: string): Promise<string> {
    if (name === "") throw new DatasetError("IMAGE_MISSING", `${where}: the path of an image is empty.`);
    const bytes = await this.#bytesOf(path, name, where);
    try {
      // Decoded once, to know that it is whole.
      await decodePicture(bytes, { name });
    } catch (error) {
      throw new DatasetError("IMAGE_INVALID", `${where}: ${(error as Error).message}`, { cause: error });
    }
    return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  }

  async #bytesOf(path: string, name: string, where: string): Promise<Uint8Array> {
    const found = await stat(path).catch(() => null);
    const missing = (what: string, cause?: unknown) =>
      new DatasetError("IMAGE_MISSING", `${where}: expected an image at ${name}; ${what}.`, { cause });
    if (/^https?:/i.test(name)) throw missing("addresses are not fetched: download it and give the path of the file");
    if (!found) throw missing(`there is no such file beside ${basename(this.#table)}`);
    if (found.isDirectory()) throw missing("that is a folder");
    if (!found.isFile()) throw missing("that is no file");
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw missing(`it cannot be read (${error.code})`, error);
    });
  }
}
