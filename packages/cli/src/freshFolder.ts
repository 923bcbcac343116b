/** @file Checks the folders that a command fills: a folder that is not empty is refused, unless --force says to replace it. */
import { readdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError } from "./errors.ts";

/** What --force does, in the help of a command that fills folders. */
export const FORCE_HELP = "replace what is in the folder already";

/** How many names of files the error lists at most. */
const LISTED = 5;

/**
 * Makes sure that the folders are empty or missing. With `force`, removes them; a file in the place of a folder is never removed.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for the first that is a file or below one; PICKAPIC_CLI_FOLDER_FULL for the first that is not empty
 */
export async function freshFolders(folders: readonly string[], force = false): Promise<void> {
  for (const folder of folders) {
    const file = await fileOnTheWay(folder);
    if (file !== null)
      throw new CliError(
        "PICKAPIC_USAGE_ARGUMENT",
        `${file} is a file, and a folder is expected there: choose another place with --out.`,
      );
  }
  for (const folder of folders) {
    if (force) await rm(folder, { recursive: true, force: true });
    const names = await readdir(folder).catch(nothingThere);
    if (names.length > 0) throw new CliError("PICKAPIC_CLI_FOLDER_FULL", folder, listOf(names));
  }
}

/** The nearest thing that exists on the way to a folder, if that is a file; null where the folder can be made. */
async function fileOnTheWay(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found) return found.isDirectory() ? null : path;
  return dirname(path) === path ? null : fileOnTheWay(dirname(path));
}

/** Lets a path pass that cannot be listed: a missing folder is created later, and one that may not be read fails later with its own message. */
function nothingThere(): string[] {
  return [];
}

function listOf(names: readonly string[]): string {
  const more = names.length - LISTED;
  return [...names.toSorted().slice(0, LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
