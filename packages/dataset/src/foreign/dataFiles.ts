/** @file Finds the data files of a folder, and the split of each, in any usual layout. */

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { placeholderOf, signatureOf, startOfFile } from "@pickapic/disk";
import { DatasetError } from "../errors.ts";
import { SPLITS, type Split } from "../row.ts";
import { findShards } from "../shards/layout.ts";
import { unpackedName } from "../tables/bytes.ts";
import { refuseOther } from "../tables/open.ts";
import { openArrowFile } from "./arrowFile.ts";
import type { ForeignFile } from "./file.ts";
import { openParquetFile } from "./parquetFile.ts";
import { openTextFile } from "./tableFile.ts";

/**
 * Opens the files of a dataset by split. `path` is a folder in the layout of Hugging Face, one that `save_to_disk` wrote, one
 * with Parquet or Arrow files of any name, one with tables of text (CSV, JSON, JSON Lines) and none of those, or one such file. If
 * no file name tells a split, all rows are train; if some do, files without one are ignored.
 * @throws {DatasetError} NOT_FOUND, NOT_A_DATASET, SHARD_MISSING, FILE_DAMAGED, TABLE_INVALID
 */
export async function openForeignFiles(path: string): Promise<Map<Split, ForeignFile[]>> {
  const found = await findForeign(path);
  const opened = new Map<Split, ForeignFile[]>();
  for (const [split, paths] of found) opened.set(split, await Promise.all(paths.map(openForeign)));
  return opened;
}

async function openForeign(path: string): Promise<ForeignFile> {
  const { mtimeMs } = await stat(path);
  const writtenAt = BigInt(Math.floor(mtimeMs)) * 1_000_000n;
  const start = await startOfFile(path);
  const placeholder = placeholderOf(start);
  if (placeholder) throw new DatasetError("PICKAPIC_DATASET_FILE_DAMAGED", path, placeholder);
  if (isText(path, start)) return openTextFile(path, writtenAt);
  return isArrow(path, start) ? openArrowFile(path, writtenAt) : openParquetFile(path, writtenAt);
}

/** Whether the bytes begin like an Arrow file (magic word) or an Arrow stream (mark of the first message). */
function isArrow(path: string, start: Uint8Array): boolean {
  const kind = signatureOf(start);
  const isStream = start.length >= 4 && start.subarray(0, 4).every((byte) => byte === 0xff);
  return kind !== "parquet" && (kind === "arrow" || isStream || path.endsWith(".arrow"));
}

/** Whether a file is read as a table of text: by its name, or as one that is compressed with gzip. */
function isText(path: string, start: Uint8Array): boolean {
  const kind = signatureOf(start);
  return kind === "gzip" || (TEXT.test(path) && kind !== "parquet");
}

/** The names of tables of text. */
const TEXT = /\.(json|jsonl|ndjson|csv|tsv|tab|txt)(\.gz)?$/i;
/** Tables that programs write beside the data. */
const BESIDE = /^(dataset_infos?|state|package(-lock)?|config|metadata_info)\.json$/i;

async function findForeign(path: string): Promise<Map<Split, string[]>> {
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isFile()) return lone(path);
  const usual = await findShards(path).catch((error: unknown) => {
    if (entry && error instanceof DatasetError && error.code === "PICKAPIC_DATASET_NOT_A_DATASET") return undefined;
    throw error;
  });
  if (usual) return new Map([...usual].map(([split, names]) => [split, names.map((name) => join(path, name))]));
  const files = await dataFilesBelow(path, /\.(parquet|arrow)$/i);
  const found = files.length > 0 ? files : await dataFilesBelow(path, TEXT);
  if (found.length === 0) throw notADataset(path, "it has no Parquet, Arrow, JSON or CSV files");
  return bySplit(path, found);
}

async function lone(path: string): Promise<Map<Split, string[]>> {
  const start = await startOfFile(path);
  if (signatureOf(start) === "parquet" || isArrow(path, start) || isText(path, start)) return new Map([["train", [path]]]);
  refuseOther(path, start);
  throw notADataset(
    path,
    "it is a file that is neither Parquet, Arrow, JSON (.json, .jsonl) nor CSV (.csv, .tsv), as it is or compressed (.gz)",
  );
}

function notADataset(path: string, why: string): DatasetError {
  return new DatasetError(
    "PICKAPIC_DATASET_NOT_A_DATASET",
    path,
    `${why}. Give a folder with such files, or one of them; a table whose name has another ending is read by \`pickapic dataset from-csv\``,
  );
}

/** Lists the data files of a kind below a folder, sorted by name; for a folder of `save_to_disk` those that it lists. */
async function dataFilesBelow(folder: string, kind: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  const listed = names.includes("state.json") ? await listedFiles(join(folder, "state.json")) : undefined;
  const missing = listed?.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new DatasetError(
      "PICKAPIC_DATASET_SHARD_MISSING",
      `${join(folder, missing)} is missing, which state.json names`,
      "copy or download it again",
    );
  const isOwn = (name: string) => kind.test(name) && !name.startsWith(".") && !BESIDE.test(name) && !isPackedTwin(name, names);
  const own = listed ?? names.filter(isOwn).sort(byNumber);
  const folders = entries
    .filter((entry) => entry.isDirectory() && !/^[._]/.test(entry.name))
    .sort((a, b) => byNumber(a.name, b.name));
  const below = await Promise.all(folders.map(({ name }) => dataFilesBelow(join(folder, name), kind)));
  return [...own.map((name) => join(folder, name)), ...below.flat()];
}

/** Whether a name is that of a compressed file whose content is also in the folder, as after `gzip --keep`. Reading both would count its rows twice. */
const isPackedTwin = (name: string, names: readonly string[]): boolean =>
  name !== unpackedName(name) && names.includes(unpackedName(name));

/** Sorts part-2 before part-10. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** Returns the files that state.json of `save_to_disk` lists; undefined for another kind of state.json. */
async function listedFiles(path: string): Promise<string[] | undefined> {
  try {
    const { _data_files: files } = JSON.parse(await readFile(path, "utf8")) as { _data_files?: readonly { filename: string }[] };
    return files?.map(({ filename }) => filename);
  } catch {
    return undefined;
  }
}

/** Words that name a split. The first one found in the file name, or else in the folders above it, counts. */
const SPLIT_WORDS: readonly (readonly [RegExp, Split])[] = [
  [/validation_unique/i, "validation_unique"],
  [/test_unique/i, "test_unique"],
  [/(?<![a-z])(validation|valid|val|dev)(?![a-z])/i, "validation"],
  [/(?<![a-z])(test|testing)(?![a-z])/i, "test"],
  [/(?<![a-z])(train|training)(?![a-z])/i, "train"],
];

function splitIn(path: string): Split | undefined {
  for (const part of path.split(sep).reverse()) {
    const found = SPLIT_WORDS.find(([words]) => words.test(part));
    if (found) return found[1];
  }
  return undefined;
}

function bySplit(folder: string, files: readonly string[]): Map<Split, string[]> {
  const told = files.map((file) => ({ file, split: splitIn(relative(folder, file)) }));
  const none = told.every(({ split }) => split === undefined);
  const result = new Map<Split, string[]>();
  for (const split of SPLITS) {
    const of = told.filter((each) => (none ? "train" : each.split) === split).map(({ file }) => file);
    if (of.length > 0) result.set(split, of);
  }
  for (const of of result.values()) checkNumbered(of);
  return result;
}

/** Throws when one of the files numbered "-00000-of-00003" is missing. */
function checkNumbered(files: readonly string[]): void {
  const numbered = files.flatMap((file) => {
    const [, index, count] = /-(\d{5})-of-(\d{5})/.exec(basename(file)) ?? [];
    return index === undefined ? [] : [{ file, index: Number(index), count: Number(count) }];
  });
  const count = numbered[0]?.count ?? 0;
  const missing = Array.from({ length: count }, (_, i) => i).find((i) => !numbered.some(({ index }) => index === i));
  if (missing === undefined) return;
  throw new DatasetError(
    "PICKAPIC_DATASET_SHARD_MISSING",
    `Of ${count} files such as ${numbered[0]?.file} number ${missing} is missing`,
    "copy or download it again",
  );
}
