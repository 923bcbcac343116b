/** @file Checks that a run is resumed with the settings, the data and the starting model that it began with. */
import { isSameFolder } from "@pickapic/disk";
import { datasetChecksums, differenceOf } from "../data/checksums.ts";
import { PickScoreError } from "../errors.ts";
import type { RunRecord } from "./record.ts";

/** Settings that may change when a run is resumed, because no number of the run depends on them. */
const FREE = new Set(["out", "threads", "spin", "pixelCacheMiB", "saveEvery"]);
/** Settings that name a folder. Two spellings of the same folder count as equal. */
const FOLDERS = new Set(["dataset", "init", "processor"]);

/**
 * Checks that a run can be resumed with the given settings and files. One error lists all differences.
 * @param given the settings that the caller gives now; those that are undefined or "auto" count as equal
 * @param now current checksums of data and starting model, when they are known
 * @throws {PickScoreError} PICKAPIC_RUN_DIFFERS
 */
export async function assertSameRun(
  folder: string,
  record: RunRecord,
  given: Readonly<Record<string, unknown>>,
  now: Pick<RunRecord, "dataset" | "init"> = {},
): Promise<void> {
  const differences = [...(await settingDifferences(record, given)), ...fileDifferences(record, now)];
  if (differences.length === 0) return;
  const list = differences.length === 1 ? ` ${differences[0]}. ` : `\n${differences.map((each) => `  - ${each}\n`).join("")}`;
  throw new PickScoreError("PICKAPIC_RUN_DIFFERS", folder, list);
}

/** A text such as "another seed (1 then, 2 now)" for each setting that would change numbers of the run. */
async function settingDifferences(record: RunRecord, given: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { settings: then } = record;
  const differences: string[] = [];
  for (const [key, now] of Object.entries(given)) {
    // A record of an older version does not have every setting. Those that are missing are not compared.
    if (FREE.has(key) || now === undefined || now === "auto" || !(key in then)) continue;
    if (JSON.stringify(then[key]) === JSON.stringify(now)) continue;
    if (FOLDERS.has(key) && (await isSameFolder(String(then[key]), String(now)))) continue;
    // A dataset that was moved counts as equal when its checksums are equal.
    if (key === "dataset" && (await isSameData(record, String(now)))) continue;
    differences.push(`another ${key} (${JSON.stringify(then[key])} then, ${JSON.stringify(now)} now)`);
  }
  return differences;
}

async function isSameData({ dataset }: RunRecord, folder: string): Promise<boolean> {
  if (!dataset) return false;
  const now = await datasetChecksums(folder).catch(() => null); // A dataset that cannot be read counts as different.
  return now !== null && differenceOf(dataset, now) === null;
}

/** A text such as "other data (SHA256SUMS has changed)" for the dataset and for the starting model, when they differ. */
function fileDifferences(record: RunRecord, now: Pick<RunRecord, "dataset" | "init">): string[] {
  const words = { dataset: "other data", init: "another model" } as const;
  return (["dataset", "init"] as const).flatMap((key) => {
    const different = record[key] && now[key] && differenceOf(record[key], now[key]);
    return different ? [`${words[key]} (${different} has changed)`] : [];
  });
}
