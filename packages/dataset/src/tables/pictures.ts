/** @file The pictures of a table: each is read and decoded once, before anything is written. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { refusalOf } from "@pickapic/errors";
import { decodePicture } from "@pickapic/pictures";

/** A picture of a table: a file, or a cell with bytes and a way to read them again, because they are not held in memory. */
export type PictureCell =
  | { readonly name: string; readonly path: string }
  | { readonly name: string; readonly bytes: Uint8Array; readonly again: () => Promise<Uint8Array> };

/** The uid of a picture, or why it has none, in a sentence without its full stop. */
type Read = { readonly uid: string } | { readonly problem: string };

/** Finds equal pictures: the same bytes are the same image, whatever the name. */
export class TablePictures {
  readonly #files = new Map<string, Promise<Read>>();
  readonly #homes = new Map<string, () => Promise<Uint8Array>>();

  /** Returns the bytes of an image from its first occurrence. */
  async read(uid: string): Promise<Uint8Array> {
    const home = this.#homes.get(uid);
    if (!home) throw new RangeError(`no image of the table has the uid ${uid}`);
    return home();
  }

  /** Reads and decodes a picture. Its uid is 32 hexadecimal digits of its SHA-256. */
  async uidOf(picture: PictureCell): Promise<Read> {
    if ("bytes" in picture) return this.#check(picture.bytes, picture.name, picture.again);
    const { path, name } = picture;
    const known = this.#files.get(path) ?? this.#checkFile(path, name);
    this.#files.set(path, known);
    return known;
  }

  async #checkFile(path: string, name: string): Promise<Read> {
    const read = () => readFile(path);
    const bytes = await read().catch((error: NodeJS.ErrnoException) => error);
    if (bytes instanceof Error) return { problem: `expected an image at ${name}; it cannot be read (${refusalOf(bytes)})` };
    return this.#check(bytes, name, read);
  }

  async #check(bytes: Uint8Array, name: string, home: () => Promise<Uint8Array>): Promise<Read> {
    try {
      await decodePicture(bytes, { name });
    } catch (error) {
      return { problem: (error as Error).message.replace(/\.$/, "") };
    }
    const uid = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
    if (!this.#homes.has(uid)) this.#homes.set(uid, home);
    return { uid };
  }
}

/**
 * The bytes in a cell: plain, in the struct {bytes, path} of Hugging Face's datasets, or as a list of numbers; undefined without
 * bytes.
 */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    if (value.length === 1) return bytesIn(value[0]);
    return value.length > 0 && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
      ? Uint8Array.from(value)
      : undefined;
  }
  return isStruct(value) ? bytesIn(value.bytes) : undefined;
}

/** The path in a cell: text, or the field of that struct; undefined without a path. */
export function pathIn(value: unknown): string | undefined {
  if (Array.isArray(value) && value.length === 1) return pathIn(value[0]);
  const path = isStruct(value) ? value.path : value;
  return typeof path === "string" && path.trim() !== "" ? path.trim() : undefined;
}

function isStruct(value: unknown): value is { readonly bytes?: unknown; readonly path?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
