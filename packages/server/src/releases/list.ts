/** @file The releases of the dataset on a server. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Exports } from "../api/exports.ts";

const RELEASE = /^release-(\d{1,9})$/;

/** The whole releases in a folder, newest first; none when there is no folder. */
export async function listReleases(folder: string): Promise<Exports["releases"]> {
  const names = await readdir(folder).catch(() => []);
  const numbers = names.flatMap((name) => RELEASE.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => b - a);
  return Promise.all(
    numbers.map(async (release) => {
      const path = join(folder, `release-${release}`);
      return { release, folder: path, writtenAt: (await stat(path)).mtime.toISOString() };
    }),
  );
}
