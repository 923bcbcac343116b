/** @file What a run that goes on must have in common with how it began: settings, data and starting model. */
import { isSameFolder } from "@pickapic/disk";
import { datasetChecksums, differenceOf } from "../data/checksums.ts";
import { PickScoreError } from "../errors.ts";
import type { RunRecord } from "./runFolder.ts";

/** Settings that may change between two parts of a run: they change no number of it. */
const FREE = new Set(["out", "threads", "spin", "pixelCacheMiB", "saveEvery"]);
/** Settings that name a folder: another spelling of it is no other folder. */
const NAMES = new Set(["dataset", "init", "processor"]);

/**
 * Compares a run with what it is to go on with; all differences are in one error.
 * @param given the settings that were given now; those that were not, and those that are "auto", are the run's own
 * @param files checksums of data and starting model as they are now, where they are known
 * @throws {PickScoreError} PICKAPIC_RUN_DIFFERS
 */
export async function assertSameRun(
  folder: string,
  record: RunRecord,
  given: Readonly<Record<string, unknown>>,
  files: Pick<RunRecord, "dataset" | "init"> = {},
): Promise<void> {
  const differences = [...(await settingDifferences(record, given)), ...fileDifferences(record, files)];
  if (differences.length === 0) return;
  const [first, ...more] = differences;
  throw new PickScoreError(
    "PICKAPIC_RUN_DIFFERS",
    more.length === 0
      ? `${folder}: the run was started with ${first}: resume it as it was begun, or start a new run in another folder.`
      : `${folder}: the run was started with\n${differences.map((each) => `  - ${each}`).join("\n")}\nResume it as it was begun (--resume ${folder} needs no other option), or start a new run in another folder.`,
  );
}

/** "another seed (1 then, 2 now)" for each setting of a run that would change its numbers. */
async function settingDifferences(record: RunRecord, given: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { settings: then } = record;
  const differences: string[] = [];
  for (const [key, now] of Object.entries(given)) {
    // A setting that came with a later version is not in the record: it has the value that leaves everything as it was.
    if (FREE.has(key) || now === undefined || now === "auto" || !(key in then)) continue;
    if (JSON.stringify(then[key]) === JSON.stringify(now)) continue;
    if (NAMES.has(key) && (await isSameFolder(String(then[key]), String(now)))) continue;
    // A dataset that was moved, or is named from another folder, is what it holds.
    if (key === "dataset" && (await isSameData(record, String(now)))) continue;
    differences.push(`another ${key} (${JSON.stringify(then[key])} then, ${JSON.stringify(now)} now)`);
  }
  return differences;
}

async function isSameData({ dataset }: RunRecord, folder: string): Promise<boolean> {
  if (!dataset) return false;
  const now = await datasetChecksums(folder).catch(() => null); // What cannot be read is not the same.
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
