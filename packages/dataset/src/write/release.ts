/** @file The number of a release: 1 for the first dataset in a folder, and one more whenever its rankings or its settings have changed. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CARD_FILE, CHECKSUM_FILE } from "../shards/layout.ts";
import { parseChecksums } from "./checksums.ts";

/** The release number that the front matter of a card names; undefined where it names none. */
function releaseIn(card: string): number | undefined {
  const [, matter = ""] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card) ?? [];
  const release = /^release:[ \t]*(\d{1,9})[ \t]*$/m.exec(matter)?.[1];
  return release === undefined ? undefined : Number(release);
}

/** The release number of a dataset folder; undefined where there is no card, or none that names one. */
export async function releaseOf(folder: string): Promise<number | undefined> {
  return releaseIn(await readFile(join(folder, CARD_FILE), "utf8").catch(() => ""));
}

/**
 * The number of the release that replaces what is in a folder.
 * @param sums the checksums of the new Parquet files, by path: when those of the folder are equal, it is the same release
 */
export async function nextRelease(folder: string, sums: ReadonlyMap<string, string>): Promise<number> {
  const text = await readFile(join(folder, CHECKSUM_FILE), "utf8").catch(() => undefined);
  if (text === undefined) return 1;
  const before = (await releaseOf(folder)) ?? 1;
  const old = new Map([...parseChecksums(text)].filter(([path]) => path !== CARD_FILE));
  const isSame = old.size === sums.size && [...sums].every(([path, sum]) => old.get(path) === sum);
  return isSame ? before : before + 1;
}
