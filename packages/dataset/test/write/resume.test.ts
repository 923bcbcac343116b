import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blockOfRows } from "../../src/columns/block.ts";
import { diffDatasets } from "../../src/diff/diff.ts";
import { realFiles } from "../../src/files.ts";
import { importDataset } from "../../src/foreign/import.ts";
import { openDataset } from "../../src/read/read.ts";
import { SHARD_LIMITS } from "../../src/shards/shards.ts";
import { memorySource, type PreferenceSource, type RankingRecord } from "../../src/source.ts";
import { validateDataset } from "../../src/validate/validate.ts";
import { type WriteSettings, writeDataset } from "../../src/write/write.ts";
import { samplePicture, sampleRecords, temporaryFolder } from "../sample.ts";

const SETTINGS: WriteSettings = { images: true, seed: 1, name: "Sample", license: "cc-by-4.0" };
/** Small files, so that an export that is stopped has finished some. */
const EFFECTS = { files: realFiles, limits: { ...SHARD_LIMITS, shardRows: 10, groupRows: 5 } };

const target = async () => join(await temporaryFolder(), "dataset");

/** A source that counts the pictures that are read. */
function counted(records: readonly RankingRecord[]): { source: PreferenceSource; reads: () => number } {
  let reads = 0;
  const source = memorySource(records, (uid) => {
    reads++;
    return samplePicture(uid);
  });
  return { source, reads: () => reads };
}

/** The same rankings as some blocks, each with dictionaries of its own. */
const asBlocks = (records: readonly RankingRecord[], count = 1): PreferenceSource => ({
  ...memorySource(records, samplePicture),
  async *blocks() {
    const length = Math.ceil(records.length / count);
    for (let i = 0; i < records.length; i += length) yield blockOfRows(records.slice(i, i + length));
  },
});

/** Path -> bytes of every file of a folder. */
async function contents(folder: string): Promise<Record<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path !== "data").sort();
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), "latin1")])));
}

/** Starts an export and stops it after 60 rankings. */
async function stopped(source: PreferenceSource, folder: string, settings = SETTINGS, more = {}): Promise<void> {
  const control = new AbortController();
  const onProgress = ({ done }: { done: number }) => void (done >= 60 && control.abort(new Error("stopped")));
  const writing = writeDataset(source, folder, { ...settings, signal: control.signal, onProgress }, { ...EFFECTS, ...more });
  await expect(writing).rejects.toThrow("stopped");
}

const flipped = (records: readonly RankingRecord[]): RankingRecord[] =>
  records.map((record, i) =>
    i === 2 ? { ...record, label_0: 0.5, label_1: 0.5, has_label: false, best_image_uid: "none" } : record,
  );

test("an export that was stopped goes on after its finished files, with the bytes of one that was not, also where a thread encodes", async () => {
  const [folder, fresh] = [await target(), await target()];
  const all = counted(sampleRecords());
  await writeDataset(all.source, fresh, SETTINGS, EFFECTS);
  await stopped(counted(sampleRecords()).source, folder, SETTINGS, { threadFrom: 0 });
  const left = await readdir(`${folder}.unfinished`);
  expect(left.filter((name) => name.endsWith(".parquet")).length).toBeGreaterThan(1);
  const again = counted(sampleRecords());
  await writeDataset(again.source, folder, SETTINGS, EFFECTS);
  expect(await contents(folder)).toEqual(await contents(fresh));
  expect(again.reads()).toBeLessThan(all.reads());
  expect(await readdir(join(folder, ".."))).toEqual(["dataset"]);
});

test.each([
  ["another answer", flipped(sampleRecords()), SETTINGS],
  ["another seed", sampleRecords(), { ...SETTINGS, seed: 2 }],
])("finished files are not used again for %s", async (_, records, settings) => {
  const [folder, fresh] = [await target(), await target()];
  await writeDataset(counted(records).source, fresh, settings, EFFECTS);
  await stopped(counted(sampleRecords()).source, folder);
  const again = counted(records);
  await writeDataset(again.source, folder, settings, EFFECTS);
  expect(await contents(folder)).toEqual(await contents(fresh));
});

test("a finished file that was damaged meanwhile is written again, also without images", async () => {
  const settings = { ...SETTINGS, images: false };
  const effects = { files: realFiles, limits: EFFECTS.limits };
  const [folder, fresh] = [await target(), await target()];
  await writeDataset(asBlocks(sampleRecords()), fresh, settings, effects);
  await stopped(counted(sampleRecords()).source, folder, settings);
  await truncate(join(`${folder}.unfinished`, "train.0.parquet"), 40);
  await writeDataset(counted(sampleRecords()).source, folder, settings, effects);
  expect(Object.keys(await contents(folder))).toEqual(Object.keys(await contents(fresh)));
  expect(await validateDataset(folder)).toEqual([]);
});

test("what failed leaves nothing behind, and so does what was written whole", async () => {
  const folder = await target();
  const source = memorySource(sampleRecords(), (uid) =>
    uid === "image-40-1" ? Promise.reject(new Error("gone")) : samplePicture(uid),
  );
  await expect(writeDataset(source, folder, SETTINGS, EFFECTS)).rejects.toThrow("gone");
  expect(await readdir(join(folder, ".."))).toEqual([]);
});

test("releases are numbered: the same data is the same release, other data the next one, and a diff names both", async () => {
  const [folder, copy] = [await target(), await target()];
  const write = (to: string, records: RankingRecord[], more = {}) =>
    writeDataset(asBlocks(records), to, { ...SETTINGS, images: false, replace: true, ...more });
  expect((await write(folder, sampleRecords())).release).toBe(1);
  expect((await write(folder, sampleRecords())).release).toBe(1);
  expect((await write(folder, flipped(sampleRecords()))).release).toBe(2);
  expect(await readFile(join(folder, "README.md"), "utf8")).toContain("\nrelease: 2\n");
  await write(copy, sampleRecords(), { release: 7 });
  expect((await diffDatasets(folder, copy, 5)).releases).toEqual({ before: 2, after: 7 });
});

test("files of two exports in one folder are refused by name, whatever their numbers", async () => {
  const [folder, other] = [await target(), await target()];
  await writeDataset(asBlocks(sampleRecords()), folder, { ...SETTINGS, images: false });
  await writeDataset(asBlocks(flipped(sampleRecords())), other, { ...SETTINGS, images: false });
  const test = "data/test-00000-of-00001.parquet";
  await copyFile(join(other, test), join(folder, test));
  const expected = expect.stringMatching(
    /train-00000-of-00001\.parquet and .*test-00000-of-00001\.parquet are of two different exports/,
  );
  await expect(openDataset(folder)).rejects.toMatchObject({ code: "PICKAPIC_DATASET_SHARD_MISSING", message: expected });
  expect((await validateDataset(folder)).map(({ message }) => message)).toContainEqual(expected);
  await expect(importDataset(folder, await target())).rejects.toMatchObject({ message: expected });
});

test("finished files of a program that still runs are left alone", async () => {
  const folder = await target();
  await mkdir(`${folder}.unfinished`);
  await writeFile(join(`${folder}.unfinished`, "finished.jsonl"), "of another\n");
  const lock = { pid: process.ppid, since: "now", begun: null, token: "a" };
  await writeFile(join(`${folder}.unfinished`, "lock"), JSON.stringify(lock));
  await writeDataset(counted(sampleRecords()).source, folder, SETTINGS, EFFECTS);
  expect(await readdir(`${folder}.unfinished`)).toContain("lock");
  expect(await validateDataset(folder)).toEqual([]);
});

test("prompts that come in several blocks, some of them in two, give the files of one block", async () => {
  const [whole, parts] = [await target(), await target()];
  const settings = { ...SETTINGS, images: false };
  await writeDataset(asBlocks(sampleRecords()), whole, settings);
  await writeDataset(asBlocks(sampleRecords(), 7), parts, settings);
  expect(await readFile(join(parts, "README.md"), "utf8")).toBe(await readFile(join(whole, "README.md"), "utf8"));
  const captions = async (folder: string) => {
    const found: unknown[] = [];
    for await (const row of (await openDataset(folder)).read("train")) found.push(row);
    return found;
  };
  expect(await captions(parts)).toEqual(await captions(whole));
});
