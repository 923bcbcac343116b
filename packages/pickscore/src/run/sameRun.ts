/** @file What a run that goes on must have in common with how it began: settings, data and starting model. */
import { isSameFolder } from "@pickapic/disk";
import { datasetChecksums, differenceOf } from "../data/checksums.ts";
import { PickScoreError } from "../errors.ts";
import type { RunRecord } from "./runFolder.ts";

/** Settings that may change between two parts of a run: they change no number of it. */
const FREE = new Set(["out", "threads", "spin", "pixelCacheMiB", "saveEvery"]);
/** Settings that name a folder: another spelling of it is no other folder. */
const NAMES = new Set(["dataset", "init", "processor"]);

/** @throws {PickScoreError} PICKAPIC_RUN_DIFFERS when a run would go on with another setting. */
export async function assertSameSettings(folder: string, record: RunRecord, now: Record<string, unknown>): Promise<void> {
  const { settings: then } = record;
  for (const key of Object.keys(now)) {
    // A setting that came with a later version is not in the record: it has the value that leaves everything as it was.
    if (FREE.has(key) || !(key in then) || JSON.stringify(then[key]) === JSON.stringify(now[key])) continue;
    if (NAMES.has(key) && (await isSameFolder(String(then[key]), String(now[key])))) continue;
    // A dataset that was moved, or is named from another folder, is what it holds.
    if (key === "dataset" && (await isSameData(record, String(now[key])))) continue;
    const values = `${JSON.stringify(then[key])} then, ${JSON.stringify(now[key])} now`;
    throw new PickScoreError(
      "PICKAPIC_RUN_DIFFERS",
      `${folder}: the run was started with another ${key} (${values}): resume with the same settings.`,
    );
  }
}

async function isSameData({ dataset }: RunRecord, folder: string): Promise<boolean> {
  if (!dataset) return false;
  const now = await datasetChecksums(folder).catch(() => null); // What cannot be read is not the same.
  return now !== null && differenceOf(dataset, now) === null;
}

/** @throws {PickScoreError} PICKAPIC_RUN_DIFFERS when a run would go on with other data or from another model. */
export function assertSameFiles(folder: string, record: RunRecord, now: Pick<RunRecord, "dataset" | "init">): void {
  const words = { dataset: "with other data", init: "from another model" } as const;
  for (const key of ["dataset", "init"] as const) {
    const different = record[key] && now[key] && differenceOf(record[key], now[key]);
    if (!different) continue;
    throw new PickScoreError(
      "PICKAPIC_RUN_DIFFERS",
      `${folder}: the run was started ${words[key]} (${different} has changed): put it back, or start a new run in another folder.`,
    );
  }
}
