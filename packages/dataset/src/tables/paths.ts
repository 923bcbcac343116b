/** @file How a table names its picture files: as written on this system or another, relative to the table. */

import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a picture lies, or in one sentence without its full stop why it cannot be had, and as which paths it was looked for. */
export type Located = { readonly path: string } | { readonly problem: string; readonly tried: readonly string[] };

/** An address that stands where a path belongs; Windows drives have one letter. */
const ADDRESS = /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i;

/**
 * Finds the file that a cell names. Blanks around it count for nothing; `file://` is a path; where no file is there, the same path is tried with `/`
 * for `\`, and with its letters composed or decomposed (macOS), each beside the table and then in the working folder.
 */
export async function locatePicture(written: string, table: string): Promise<Located> {
  const name = written.trim();
  if (name === "") return { problem: "the path of an image is empty", tried: [] };
  if (ADDRESS.test(name)) return missing(name, "addresses are not fetched: download it and give the path of the file");
  const tried = candidatesOf(name);
  for (const path of tried) {
    for (const place of placesOf(path, table)) {
      const entry = await stat(place).catch((error: NodeJS.ErrnoException) => error.code);
      if (entry === undefined || entry === "ENOENT" || entry === "ENOTDIR" || entry === "ELOOP" || entry === "ENAMETOOLONG")
        continue;
      if (typeof entry === "string") return missing(name, `it cannot be read (${entry})`);
      if (entry.isFile()) return { path: place };
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

/** The path as written, then what else it may mean. */
function candidatesOf(name: string): string[] {
  const path = /^file:/i.test(name) ? fromAddress(name) : name;
  const both = [path, path.replaceAll("\\", "/")];
  return [...new Set([...both, ...both.map((each) => each.normalize("NFC")), ...both.map((each) => each.normalize("NFD"))])];
}

function fromAddress(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    return address.replace(/^file:(\/\/)?/i, ""); // Such as file://pictures/a.png, which means a computer called pictures.
  }
}

function placesOf(path: string, table: string): string[] {
  return isAbsolute(path) ? [path] : [...new Set([resolve(dirname(table), path), resolve(path)])];
}

/**
 * The names under which a row may speak of a file, the most exact first: as written; without `./` and with `/` for `\`; the base name; that without
 * its ending, or "" where that is a number, which would be taken for a place.
 */
export function spellingsOf(path: string): readonly [written: string, plain: string, base: string, stem: string] {
  const file = /^file:/i.test(path) ? fromAddress(path) : path;
  const plain = posix.normalize(file.replaceAll("\\", "/")).normalize("NFC");
  const base = posix.basename(plain);
  const stem = base.replace(/\.[a-z0-9]{2,5}$/i, "");
  return [path, plain, base, /^\d*$/.test(stem) ? "" : stem];
}
