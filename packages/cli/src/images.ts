/** @file From files, folders and patterns on the command line to image files. */
import { glob, readdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { CliError } from "./errors.ts";

/** What sharp decodes. Anything else in a folder is passed over. */
const IMAGE = new Set([".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"]);

/**
 * The image files that the words mean, without repeats: a file as it is, a folder with all below it in the order of
 * their names, a pattern such as `photos/*.jpg` or `photos/**` with what it matches.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_CLI_NO_IMAGES
 */
export async function findImages(words: readonly string[]): Promise<string[]> {
  const files = new Map<string, string>();
  for (const word of words) for (const file of await expand(word)) files.set(resolve(file), files.get(resolve(file)) ?? file);
  if (files.size > 0) return [...files.values()];
  throw new CliError(
    "PICKAPIC_CLI_NO_IMAGES",
    `No image was found in ${words.join(", ")}: name image files, or a folder or pattern with ${[...IMAGE].join(" ")} files.`,
  );
}

async function expand(word: string): Promise<string[]> {
  const entry = await stat(word).catch(() => undefined);
  if (entry?.isDirectory()) return below(word);
  if (entry) return [word];
  if (/[*?[{]/.test(word)) return matching(word);
  throw new CliError("PICKAPIC_CLI_FILE_MISSING", `There is no file or folder ${word}: check the path.`);
}

/** A folder may be called x.png: it is looked into, not taken for an image. A pipe may be, too: to read it would wait for ever. */
async function below(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => isImage(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** As a shell does it: a folder that matches stands for the images in it. */
async function matching(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const path of glob(pattern)) {
    const entry = await stat(path).catch(() => undefined);
    if (entry?.isDirectory()) files.push(...(await below(path)));
    else if (isImage(path) && !entry?.isFIFO()) files.push(path);
  }
  return files.sort();
}

function isImage(name: string): boolean {
  return IMAGE.has(extname(name).toLowerCase());
}
