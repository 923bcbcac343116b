/** @file Validates a dataset folder: every finding is one clear sentence. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rowOfCells } from "../columns/cells.ts";
import { type Files, realFiles } from "../files.ts";
import { hasColumn } from "../read/plan.ts";
import { checkOneExport, columnProblems, openShards, readRaw, type Shard, splitsMissing } from "../read/read.ts";
import { COLUMNS, type ColumnName, SPLITS, type Split } from "../row.ts";
import { mapAhead } from "../sequences.ts";
import { featureMetadata } from "../shards/features.ts";
import { CARD_FILE, CHECKSUM_FILE, findShards, strayFiles } from "../shards/layout.ts";
import type { RawRow } from "../shards/parquet.ts";
import { parseChecksums } from "../write/checksums.ts";
import { checksumsBeside } from "../write/checksumThread.ts";
import type { Progress } from "../write/publish.ts";
import { JUDGED, type Judged, problemsOf } from "./consistency.ts";
import { type Finding, joinedFindings, Report } from "./findings.ts";
import { ImageCheck } from "./imageCheck.ts";
import { isProvenSound } from "./proof.ts";
import { isJson } from "./rowProof.ts";
import { SplitCheck } from "./splitCheck.ts";

/** How thorough a validation is. Aborting `signal` ends it with the signal's reason. */
export interface ValidateSettings {
  /** Whether to decode the pictures, which is slow; default true. */
  readonly decodeImages?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Validates checksums, files, columns, rows, splits and pictures. An empty list means that nothing is wrong.
 * Throws DatasetError only when there is no dataset at all (NOT_FOUND, NOT_A_DATASET).
 */
export async function validateDataset(
  folder: string,
  settings: ValidateSettings = {},
  files: Files = realFiles,
): Promise<Finding[]> {
  const [report, checksums] = [new Report(), new Report()];
  const found = await findShards(folder).catch((error: unknown) => report.addError(error, ["PICKAPIC_DATASET_SHARD_MISSING"]));
  // Another thread hashes the files while this one reads what is in them.
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(settings.signal ? [settings.signal] : [])]);
  const hashed = checkChecksums(folder, [...(found?.values() ?? [])].flat(), checksums, signal);
  hashed.catch(() => undefined); // It is awaited below; until then its failure must not count as unhandled.
  try {
    if (found) await checkContents(folder, found, report, settings, files);
    await hashed;
    return joinedFindings([checksums, report]);
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

/** Checks everything but checksums. */
async function checkContents(
  folder: string,
  found: ReadonlyMap<Split, readonly string[]>,
  report: Report,
  settings: ValidateSettings,
  files: Files,
): Promise<void> {
  const missing = SPLITS.filter((split) => !found.has(split));
  if (missing.length > 0) report.addError(splitsMissing(folder, missing));
  for (const path of await strayFiles(folder))
    report.add(
      "error",
      "FILE_STRAY",
      `${path} is no file of this dataset, but other programs would read it as rows of its split: remove it.`,
    );
  const shards = await openReadable(folder, found, files, report);
  try {
    checkOneExport([...shards.values()].flat());
  } catch (error) {
    report.addError(error);
  }
  if (isOpen(found, shards) && (await isProvenSound(shards))) await checkPictures(shards, report, settings);
  else await checkRows(shards, report, settings);
}

async function checkChecksums(folder: string, present: readonly string[], report: Report, signal: AbortSignal): Promise<void> {
  const text = await readFile(join(folder, CHECKSUM_FILE), "utf8").catch(() => undefined);
  if (text === undefined)
    return report.add(
      "warning",
      "CHECKSUMS_MISSING",
      `${CHECKSUM_FILE} is missing, so nobody can tell whether the files are whole.`,
    );
  const sums = parseChecksums(text);
  const all = await checksumsBeside(
    [...sums.keys()].map((path) => join(folder, path)),
    { signal },
  );
  for (const [i, [path, expected]] of [...sums].entries()) {
    const found = all[i];
    if (found === undefined)
      report.add("error", "FILE_MISSING", `${path} is listed in ${CHECKSUM_FILE} but cannot be read; copy it again.`);
    else if (found !== expected) {
      report.add(
        "error",
        "CHECKSUM_WRONG",
        `${path} is not the file that was published: its SHA-256 is ${found}, expected ${expected}; copy it again.`,
      );
    }
  }
  for (const path of [CARD_FILE, ...present]) {
    if (!sums.has(path)) report.add("warning", "CHECKSUM_ABSENT", `${path} is not listed in ${CHECKSUM_FILE}.`);
  }
}

/** Opens the shards whose columns can be read, and reports the others. */
async function openReadable(
  folder: string,
  found: ReadonlyMap<Split, readonly string[]>,
  files: Files,
  report: Report,
): Promise<Map<Split, Shard[]>> {
  const result = new Map<Split, Shard[]>();
  for (const [split, paths] of found) {
    const opened: Shard[] = [];
    for (const path of paths) opened.push(...(await openAlone(folder, split, path, files, report)));
    result.set(
      split,
      opened.filter((shard) => hasReadableColumns(shard, split, report)),
    );
  }
  return result;
}

/** Opens one shard, or reports why it cannot be opened. */
async function openAlone(folder: string, split: Split, path: string, files: Files, report: Report): Promise<readonly Shard[]> {
  const opened = await openShards(folder, new Map([[split, [path]]]), files).catch((error: unknown) =>
    report.addError(error, undefined, split),
  );
  return opened?.get(split) ?? [];
}

/** Whether all columns of a shard can be read. Reports those that cannot, and features that do not fit them. */
function hasReadableColumns(shard: Shard, split: Split, report: Report): boolean {
  const problems = columnProblems(shard);
  for (const problem of problems) report.addError(problem, undefined, split);
  checkFeatures(shard, split, report);
  return problems.length === 0;
}

/** Whether every file could be opened, with all its columns. */
const isOpen = (found: ReadonlyMap<Split, readonly string[]>, shards: ReadonlyMap<Split, readonly Shard[]>): boolean =>
  [...found].every(([split, paths]) => shards.get(split)?.length === paths.length);

function checkFeatures({ path, metadata, exportId }: Shard, split: Split, report: Report): void {
  const value = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  const present = COLUMNS.filter(({ name }) => hasColumn(metadata, name));
  if (value === featureMetadata(present, exportId)[0]?.value) return;
  const how = value === undefined ? "has no" : "has other";
  report.add(
    "warning",
    "FEATURES",
    `${path} ${how} Hugging Face feature metadata, so that loaders may infer other types.`,
    split,
  );
}

/** What is left to check when no row and no split breaks a rule: the pictures. */
async function checkPictures(
  shards: ReadonlyMap<Split, readonly Shard[]>,
  report: Report,
  settings: ValidateSettings,
): Promise<void> {
  const images = new ImageCheck(report, settings.decodeImages ?? true);
  const total = rowsIn(shards);
  let done = 0;
  for (const [split, of] of shards) {
    if (!of.some(({ metadata }) => hasColumn(metadata, "jpg_0"))) continue;
    try {
      for await (const _ of mapAhead(readRaw(of, PICTURES), 4, (row) => images.check(split, row))) {
        settings.signal?.throwIfAborted();
        settings.onProgress?.({ done: ++done, total, unit: "rows" });
      }
    } catch (error) {
      report.addError(error, ["PICKAPIC_DATASET_FILE_DAMAGED"], split);
    }
  }
  settings.signal?.throwIfAborted();
  if (done < total) settings.onProgress?.({ done: total, total, unit: "rows" });
}

const PICTURES: readonly ColumnName[] = ["ranking_id", "image_0_uid", "image_1_uid", "jpg_0", "jpg_1"];

const rowsIn = (shards: ReadonlyMap<Split, readonly Shard[]>): number =>
  [...shards.values()].flat().reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);

async function checkRows(
  shards: ReadonlyMap<Split, readonly Shard[]>,
  report: Report,
  settings: ValidateSettings,
): Promise<void> {
  const images = new ImageCheck(report, settings.decodeImages ?? true);
  const splits = new SplitCheck(report);
  const total = rowsIn(shards);
  let done = 0;
  for (const [split, of] of shards) {
    try {
      for await (const row of mapAhead(readRaw(of, READ), 4, (row) => images.check(split, row))) {
        settings.signal?.throwIfAborted();
        checkRow(split, rowOfCells(row), report);
        splits.add(split, row);
        settings.onProgress?.({ done: ++done, total, unit: "rows" });
      }
    } catch (error) {
      report.addError(error, ["PICKAPIC_DATASET_FILE_DAMAGED"], split);
    }
  }
  splits.finish(new Set([...shards].filter(([, of]) => of.length > 0).map(([split]) => split)));
}

const READ: readonly ColumnName[] = [...JUDGED, "num_example_per_prompt", "jpg_0", "jpg_1", "slot_0", "kept_image", "simulated"];

function checkRow(split: Split, row: Judged & RawRow, report: Report): void {
  for (const { code, severity, text } of problemsOf(row))
    report.addRow(severity, code, split, `ranking ${row.ranking_id}: ${text}`);
  const value = (name: ColumnName) => row[name] ?? null;
  const wrong = (name: ColumnName, allowed: readonly unknown[]) => {
    if (!allowed.includes(value(name))) {
      report.addRow(
        "error",
        name.toUpperCase(),
        split,
        `ranking ${row.ranking_id}: ${name} must be ${allowed.map(String).join(", ")}, but it is ${String(value(name))}`,
      );
    }
  };
  wrong("slot_0", ["left", "right", null]);
  wrong("kept_image", [0, 1, null]);
  if (value("simulated") !== null && !isJson(String(value("simulated")))) {
    report.addRow("error", "SIMULATED", split, `ranking ${row.ranking_id}: simulated must be JSON or null, but it is not JSON`);
  }
}
