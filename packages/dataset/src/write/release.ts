/** @file The number of a release: 1 for the first dataset in a folder, and one more whenever its rankings or its settings have changed. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CARD_FILE, CHECKSUM_FILE } from "../shards/layout.ts";
import { parseChecksums } from "./checksums.ts";
import { frontMatterOf } from "./frontMatter.ts";

/** The release number that the front matter of a card names; undefined where it names none. */
function releaseIn(card: string): number | undefined {
  const release = /^release:[ \t]*(\d{1,9})[ \t]*$/m.exec(frontMatterOf(card))?.[1];
  return release === undefined ? undefined : Number(release);
}

/** The release number of a dataset folder; undefined where there is no card, or none that names one. */
export async function releaseOf(folder: string): Promise<number | undefined> {
  return releaseIn(await readFile(join(folder, CARD_FILE), "utf8").catch(() => ""));
}

/** Whether two dataset folders have the same Parquet files, whatever their cards say. */
export async function isSameData(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(dataSums));
  return a !== undefined && b !== undefined && areSame(a, b);
}

/** The checksums of the Parquet files of a dataset folder, by path; undefined where it has no list of them. */
async function dataSums(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await readFile(join(folder, CHECKSUM_FILE), "utf8").catch(() => undefined);
  return text === undefined ? undefined : new Map([...parseChecksums(text)].filter(([path]) => path !== CARD_FILE));
}

const areSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...b].every(([path, sum]) => a.get(path) === sum);

/**
 * The number of the release that replaces what is in a folder.
 * @param sums the checksums of the new Parquet files, by path: when those of the folder are equal, it is the same release
 */
export async function nextRelease(folder: string, sums: ReadonlyMap<string, string>): Promise<number> {
  const old = await dataSums(folder);
  if (old === undefined) return 1;
  const before = (await releaseOf(folder)) ?? 1;
  return areSame(old, sums) ? before : before + 1;
}
