/** @file Checks the folders that a command fills: a folder that is not empty is refused, unless --force says to replace it. */
import { readdir, rm } from "node:fs/promises";
import { CliError } from "./errors.ts";

/** What --force does, in the help of a command that fills folders. */
export const FORCE_HELP = "replace what is in the folder already";

/** How many names of files the error lists at most. */
const LISTED = 5;

/**
 * Makes sure that the folders are empty or missing. With `force`, removes them.
 * @throws CliError PICKAPIC_CLI_FOLDER_FULL for the first folder that is not empty
 */
export async function freshFolders(folders: readonly string[], force = false): Promise<void> {
  for (const folder of folders) {
    if (force) await rm(folder, { recursive: true, force: true });
    const names = await readdir(folder).catch(nothingThere);
    if (names.length > 0) throw new CliError("PICKAPIC_CLI_FOLDER_FULL", folder, listOf(names));
  }
}

/** Lets a path pass that cannot be listed: a missing folder is created later, and writing below a file fails later with its own message. */
function nothingThere(): string[] {
  return [];
}

function listOf(names: readonly string[]): string {
  const more = names.length - LISTED;
  return [...names.toSorted().slice(0, LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
