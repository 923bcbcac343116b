/** @file Finds the picture files that a table names: as written on this system or another, relative to the table. */

import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The file of a picture; or why there is none, in a sentence without its full stop, with the paths that were tried. */
export type Located = { readonly path: string } | { readonly problem: string; readonly tried: readonly string[] };

/** A web address in place of a path. (Drives of Windows have one letter.) */
const ADDRESS = /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i;

/**
 * Finds the file that a cell names. Blanks around the name are ignored, and `file://` means a path. If there is no such file, `/`
 * is tried for `\`, and composed and decomposed letters (macOS), each first beside the table and then in the working folder.
 */
export async function locatePicture(written: string, table: string): Promise<Located> {
  const name = written.trim();
  if (name === "") return { problem: "the path of an image is empty", tried: [] };
  if (ADDRESS.test(name)) return missing(name, "addresses are not fetched: download it and give the path of the file");
  const tried = candidatesOf(name);
  for (const path of tried) {
    for (const absolute of absolutePathsOf(path, table)) {
      const entry = await stat(absolute).catch((error: NodeJS.ErrnoException) => error.code);
      if (entry === undefined || entry === "ENOENT" || entry === "ENOTDIR" || entry === "ELOOP" || entry === "ENAMETOOLONG")
        continue;
      if (typeof entry === "string") return missing(name, `it cannot be read (${entry})`);
      if (entry.isFile()) return { path: absolute };
      return missing(name, entry.isDirectory() ? "that is a folder" : "that is no file");
    }
  }
  const spelled = new Set([name, ...tried].map((path) => path.normalize("NFC")));
  const [, ...others] = spelled;
  const also = others.length > 0 ? `, nor at ${others.join(" or ")}` : "";
  return missing(name, `there is no such file beside ${basename(table)}${also}`, [...spelled]);
}

const missing = (name: string, what: string, tried: readonly string[] = []): Located => ({
  problem: `expected an image at ${name}; ${what}`,
  tried,
});

/** Returns the path as written, then its other readings. */
function candidatesOf(name: string): string[] {
  const path = /^file:/i.test(name) ? fromAddress(name) : name;
  const both = [path, path.replaceAll("\\", "/")];
  return [...new Set([...both, ...both.map((each) => each.normalize("NFC")), ...both.map((each) => each.normalize("NFD"))])];
}

function fromAddress(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    return address.replace(/^file:(\/\/)?/i, ""); // For example file://pictures/a.png: strictly, a host called pictures.
  }
}

/** The absolute paths that a path may mean: below the folder of the table, then below the working folder. */
function absolutePathsOf(path: string, table: string): string[] {
  return isAbsolute(path) ? [path] : [...new Set([resolve(dirname(table), path), resolve(path)])];
}

/**
 * Returns the names by which a row may mention a file, most exact first: as written; without `./` and with `/` for `\`; the base
 * name; that without its ending ("" if that is a number, which would count as a position).
 */
export function spellingsOf(path: string): readonly [written: string, plain: string, base: string, stem: string] {
  const file = /^file:/i.test(path) ? fromAddress(path) : path;
  const plain = posix.normalize(file.replaceAll("\\", "/")).normalize("NFC");
  const base = posix.basename(plain);
  const stem = base.replace(/\.[a-z0-9]{2,5}$/i, "");
  return [path, plain, base, /^\d*$/.test(stem) ? "" : stem];
}
