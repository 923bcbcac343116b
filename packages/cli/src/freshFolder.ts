/** @file Folders that a command fills: one that holds something already is left alone unless --force says to replace it. */
import { readdir, rm } from "node:fs/promises";
import { CliError } from "./errors.ts";

/** What --force does, in the help of a command that fills folders. */
export const FORCE_HELP = "replace what is in the folder already";

/** How many names of a full folder the refusal lists. */
const LISTED = 5;

/**
 * Makes sure that none of the folders holds anything. With `force` they are removed.
 * @throws CliError PICKAPIC_CLI_FOLDER_FULL for the first one that holds something
 */
export async function freshFolders(folders: readonly string[], force = false): Promise<void> {
  for (const folder of folders) {
    if (force) await rm(folder, { recursive: true, force: true });
    const names = await readdir(folder).catch(nothingThere);
    if (names.length > 0) throw new CliError("PICKAPIC_CLI_FOLDER_FULL", folder, listOf(names));
  }
}

/** Where there is no folder, the command makes one; where a file stands, writing into it fails with its own message. */
function nothingThere(): string[] {
  return [];
}

function listOf(names: readonly string[]): string {
  const more = names.length - LISTED;
  return [...names.toSorted().slice(0, LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
