/** @file What a run that goes on must have in common with how it began: settings, data and starting model. */
import { isSameFolder } from "@pickapic/disk";
import { datasetChecksums, differenceOf } from "../data/checksums.ts";
import { PickScoreError } from "../errors.ts";
import type { RunRecord } from "./record.ts";

/** Settings that may change when a run goes on: no number of the run depends on them. */
const FREE = new Set(["out", "threads", "spin", "pixelCacheMiB", "saveEvery"]);
/** Settings that name a folder: another spelling of it is no other folder. */
const FOLDERS = new Set(["dataset", "init", "processor"]);

/**
 * Compares a run with what it is to go on with; all differences are in one error.
 * @param given the settings of now; those that are undefined or "auto" are the run's own
 * @param now checksums of data and starting model as they are now, where they are known
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

/** "another seed (1 then, 2 now)" for each setting that would change numbers of the run. */
async function settingDifferences(record: RunRecord, given: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { settings: then } = record;
  const differences: string[] = [];
  for (const [key, now] of Object.entries(given)) {
    // A setting that came with a later version is not in the record: it has the value that leaves everything as it was.
    if (FREE.has(key) || now === undefined || now === "auto" || !(key in then)) continue;
    if (JSON.stringify(then[key]) === JSON.stringify(now)) continue;
    if (FOLDERS.has(key) && (await isSameFolder(String(then[key]), String(now)))) continue;
    // A dataset that was moved, or is named from another folder, is what it holds.
    if (key === "dataset" && (await isSameData(record, String(now)))) continue;
    differences.push(`another ${key} (${JSON.stringify(then[key])} then, ${JSON.stringify(now)} now)`);
  }
  return differences;
}

async function isSameData({ dataset }: RunRecord, folder: string): Promise<boolean> {
  if (!dataset) return false;
  const now = await datasetChecksums(folder).catch(() => null); // A dataset that cannot be read is not the same.
  return now !== null && differenceOf(dataset, now) === null;
}

/** "other data (…)", "another model (…)". */
function fileDifferences(record: RunRecord, now: Pick<RunRecord, "dataset" | "init">): string[] {
  const words = { dataset: "other data", init: "another model" } as const;
  return (["dataset", "init"] as const).flatMap((key) => {
    const different = record[key] && now[key] && differenceOf(record[key], now[key]);
    return different ? [`${words[key]} (${different} has changed)`] : [];
  });
}
