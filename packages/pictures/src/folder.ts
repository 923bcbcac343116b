/** @file Finds the picture files of a folder and accounts for all other files. */

import { readdir, realpath, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { startOfFile } from "@pickapic/disk";
import { isDecodedKind, KIND_BYTES, kindOf } from "./kind.ts";

/** Files that are not pictures to decode. */
export interface PassedOver {
  readonly files: number;
  /**
   * How many of each kind: by the ending of the name (".heic"), or "hidden", "__MACOSX", "broken link", "no file", "without an
   * ending".
   */
  readonly kinds: Readonly<Record<string, number>>;
}

/** The pictures that were found, and what became of every other file. */
export interface PictureListing {
  /** Paths that begin with the folder, sorted by name. */
  readonly files: readonly string[];
  readonly passedOver: PassedOver;
  /** Folders and files that cannot be read, each with the system's reason: "photos/x (EACCES)". */
  readonly unreadable: readonly string[];
}

/** Endings of pictures that can be decoded. Such a file is always listed, so that a broken one is reported where it is read. */
const PICTURE_ENDINGS: ReadonlySet<string> = new Set([".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"]);

/** Endings of files that are still being written. */
const UNFINISHED: ReadonlySet<string> = new Set([".tmp", ".part", ".partial", ".crdownload", ".download"]);

/** The folder in which macOS stores attributes beside the files of an archive. */
const MAC_ATTRIBUTES = "__MACOSX";

/**
 * Finds the pictures in a folder and below it. A picture is recognised by its first bytes, not by its name. Links are followed,
 * but no folder is entered twice. Names that begin with a dot, `__MACOSX` and unfinished files are passed over.
 */
export async function listPictures(folder: string): Promise<PictureListing> {
  const listing = new Listing();
  await listing.enter(folder, null);
  return listing.result();
}

/**
 * Sorts files that were named one by one, for example by a shell pattern, by the rules of `listPictures`. A folder among them is
 * listed with everything below it.
 */
export async function sortPictures(paths: AsyncIterable<string>): Promise<PictureListing> {
  const listing = new Listing();
  for await (const path of paths) await listing.take(path, null);
  return listing.result();
}

class Listing {
  readonly #files: string[] = [];
  readonly #kinds = new Map<string, number>();
  readonly #unreadable: string[] = [];
  /** Real paths of the folders entered so far: a link may lead back to one. */
  readonly #entered = new Set<string>();

  /** @param passing why all files of the folder are passed over; null when they are not */
  async enter(folder: string, passing: string | null): Promise<void> {
    const real = await realpath(folder).catch(() => folder);
    if (this.#entered.has(real)) return;
    this.#entered.add(real);
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      this.#unreadable.push(`${folder} (${error.code})`);
      return [];
    });
    for (const name of names.sort()) await this.take(join(folder, name), passing);
  }

  /** Sorts one file or folder. */
  async take(path: string, passing: string | null): Promise<void> {
    const reason = passing ?? reasonOf(basename(path));
    const entry = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? "");
    if (typeof entry === "string")
      this.#count(reason ?? (["ENOENT", "ELOOP"].includes(entry) ? "broken link" : `unreadable (${entry})`));
    else if (entry.isDirectory()) await this.enter(path, reason);
    else if (reason !== null) this.#count(reason);
    else if (!entry.isFile()) this.#count("no file");
    else await this.#takeFile(path);
  }

  async #takeFile(path: string): Promise<void> {
    const ending = extname(path).toLowerCase();
    if (UNFINISHED.has(ending)) return this.#count(ending);
    if (PICTURE_ENDINGS.has(ending)) return this.#add(path);
    const start = await startOfFile(path, KIND_BYTES).catch((error: NodeJS.ErrnoException) => error);
    if (start instanceof Error) this.#unreadable.push(`${path} (${start.code})`);
    else if (isDecodedKind(kindOf(start))) this.#add(path);
    else this.#count(ending === "" ? "without an ending" : ending);
  }

  #add(path: string): void {
    this.#files.push(path);
  }

  #count(kind: string): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  result(): PictureListing {
    const kinds = Object.fromEntries([...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1)));
    const files = [...this.#kinds.values()].reduce((sum, count) => sum + count, 0);
    return { files: this.#files.sort(), passedOver: { files, kinds }, unreadable: this.#unreadable };
  }
}

/** Returns why an entry of this name is passed over; null when it is not. */
function reasonOf(name: string): string | null {
  if (name === MAC_ATTRIBUTES) return MAC_ATTRIBUTES;
  return name.startsWith(".") && name !== "." && name !== ".." ? "hidden" : null;
}

/** Returns, for example, "3 files passed over (.bmp 1, .heic 1, .jxl 1)"; null when there were none. */
export function passedOverText({ files, kinds }: PassedOver): string | null {
  if (files === 0) return null;
  const each = Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`);
  return `${files} ${files === 1 ? "file" : "files"} passed over (${each.join(", ")})`;
}
