/** @file The format of a data folder (version.json). A folder with a newer format is refused before anything in it is changed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { ServerError } from "../errors.ts";

/** The format that this version writes. It is raised by one with each change that older versions cannot read. */
const FOLDER_FORMAT = 1;

/**
 * Checks that this version can read a data folder. A folder without version.json passes.
 * @throws ServerError PICKAPIC_FOLDER_NEWER if the format is newer, or version.json cannot be read
 */
export async function checkVersion(folder: string): Promise<void> {
  const text = await readFile(join(folder, "version.json"), "utf8").catch(() => null);
  if (text === null) return;
  const format = formatOf(text);
  if (format === null || format > FOLDER_FORMAT) {
    throw new ServerError("PICKAPIC_FOLDER_NEWER", folder, format === null ? "unreadable" : String(format), FOLDER_FORMAT);
  }
}

/** Writes version.json, unless it says the present format already. */
export async function writeVersion(folder: string): Promise<void> {
  const path = join(folder, "version.json");
  const text = `${JSON.stringify({ format: FOLDER_FORMAT })}\n`;
  if ((await readFile(path, "utf8").catch(() => "")) !== text) await writeWholeFile(path, text);
}

function formatOf(text: string): number | null {
  try {
    const format: unknown = (JSON.parse(text) as { format?: unknown } | null)?.format;
    return typeof format === "number" ? format : null;
  } catch {
    return null;
  }
}
