/** @file Finds the image files that files, folders and patterns on the command line mean. */
import { glob, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { listPictures, type PassedOver, type PictureListing, passedOverText, sortPictures } from "@pickapic/pictures/folder";
import { CliError } from "./errors.ts";

/**
 * Returns the image files that the words mean, each once. A word is a file, a folder, which means all pictures below it in the order of their names, or a
 * pattern such as `photos/*.jpg` or `photos/**`. Files that are no pictures are counted, and paths that cannot be read are listed.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_CLI_NO_IMAGES
 */
export async function findImages(words: readonly string[]): Promise<PictureListing> {
  const files = new Map<string, string>();
  const listings: PictureListing[] = [];
  for (const word of words) {
    const listing = await expand(word);
    listings.push(listing);
    for (const file of listing.files) files.set(resolve(file), files.get(resolve(file)) ?? file);
  }
  const passedOver = sumOf(listings.map((listing) => listing.passedOver));
  const unreadable = listings.flatMap((listing) => listing.unreadable);
  if (files.size > 0) return { files: [...files.values()], passedOver, unreadable };
  const why = [passedOverText(passedOver), ...unreadable.map((each) => `${each} cannot be read`)].filter((each) => each !== null);
  throw new CliError(
    "PICKAPIC_CLI_NO_IMAGES",
    `No image was found in ${words.join(", ")}${why.length > 0 ? ` (${why.join("; ")})` : ""}: name image files, or a folder or pattern with PNG, JPEG, WebP, GIF, AVIF or TIFF files.`,
  );
}

async function expand(word: string): Promise<PictureListing> {
  const entry = await stat(word).catch(() => undefined);
  if (entry?.isDirectory()) return listPictures(word);
  if (entry) return { files: [word], passedOver: { files: 0, kinds: {} }, unreadable: [] };
  if (/[*?[{]/.test(word)) return sortPictures(glob(word));
  throw new CliError("PICKAPIC_CLI_FILE_MISSING", word);
}

function sumOf(all: readonly PassedOver[]): PassedOver {
  const kinds: Record<string, number> = {};
  for (const each of all) for (const [kind, count] of Object.entries(each.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  return { files: all.reduce((sum, { files }) => sum + files, 0), kinds };
}
