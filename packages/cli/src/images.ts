/** @file From files, folders and patterns on the command line to image files. */
import { glob, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { CliError } from "./errors.ts";

/** What sharp decodes. Anything else in a folder is passed over. */
const IMAGE = new Set([".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff"]);

/**
 * The image files that the words mean, without repeats: a file as it is, a folder with all below it in the order of
 * their names, a pattern such as `photos/*.jpg`.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_CLI_NO_IMAGES
 */
export async function findImages(words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(words.map(expand));
  const files = [...new Set(found.flat())];
  if (files.length > 0) return files;
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

async function below(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter(isImage)
    .sort()
    .map((name) => join(folder, name));
}

async function matching(pattern: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of glob(pattern)) if (isImage(name)) names.push(name);
  return names.sort();
}

function isImage(name: string): boolean {
  return IMAGE.has(extname(name).toLowerCase());
}
