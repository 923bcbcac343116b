/** @file Lists the releases of the dataset on a server, and removes an old one. */
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Exports } from "../api/exports.ts";
import { ServerError } from "../errors.ts";

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

/** The name of a release's folder while its files are being removed, so that half of a release is never listed. */
const REMOVED = /^removed-\d{1,9}$/;

/**
 * Removes an old release with all its files.
 * @throws ServerError PICKAPIC_RELEASE_UNKNOWN; PICKAPIC_RELEASE_NEWEST, because the number of the next release follows from the newest
 */
export async function removeRelease(folder: string, release: number): Promise<void> {
  const numbers = (await listReleases(folder)).map((each) => each.release);
  if (!numbers.includes(release)) throw new ServerError("PICKAPIC_RELEASE_UNKNOWN", release, numbers.join(", ") || "none");
  if (release === numbers[0]) throw new ServerError("PICKAPIC_RELEASE_NEWEST", release);
  await rename(join(folder, `release-${release}`), join(folder, `removed-${release}`));
  await finishRemovals(folder);
}

/** Removes the files of releases whose removal a stop of the server cut off. */
export async function finishRemovals(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (REMOVED.test(name)) await rm(join(folder, name), { recursive: true, force: true });
}
