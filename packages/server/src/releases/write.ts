/** @file Writes one release of the dataset into the folder of releases, going on after the finished files of an export that was stopped. */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isSameData, type Progress, writeDataset } from "@pickapic/dataset";
import type { NewExport } from "../api/exports.ts";
import { openStore, preferenceSource } from "../store/index.ts";
import { listReleases } from "./list.ts";

/** What is exported, and where from. The database must be running. */
export interface ExportJob extends NewExport {
  readonly dataFolder: string;
  readonly databaseUrl: string;
  readonly filesUrl: string | undefined;
  readonly publicUrl: string | undefined;
  /** The folder of releases. */
  readonly to: string;
}

/** What an export tells while it runs; aborting `signal` stops it and leaves its finished files for the next. */
export interface ExportEffects {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Pick<Progress, "done" | "total">) => void;
}

/** The dataset while it is written. Its finished files stand beside it until it is whole. */
const WORKING = "next";

/**
 * Writes the next release.
 * @returns whether the data is that of the newest release; then there is no new one
 * @throws DatasetError of `writeDataset`, ServerError of `openStore`
 */
export async function writeRelease({ to, images, license, seed, ...from }: ExportJob, effects: ExportEffects): Promise<boolean> {
  const store = await openStore(from.dataFolder, from, from.filesUrl === undefined ? {} : { PICKAPIC_FILES_URL: from.filesUrl });
  try {
    const [newest] = await listReleases(to);
    const release = (newest?.release ?? 0) + 1;
    const working = join(to, WORKING);
    const settings = { images, seed, release, name: "Preferences", replace: true, ...(license && { license }), ...effects };
    await writeDataset(preferenceSource(store), working, settings);
    if (newest && (await isSameData(newest.folder, working))) {
      await rm(working, { recursive: true });
      return true;
    }
    await rename(working, join(to, `release-${release}`));
    return false;
  } finally {
    await store.close();
  }
}
