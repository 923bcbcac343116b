import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storedJpeg } from "@pickapic/pictures";
import { describe, expect, test } from "vitest";
import { blockOfRows } from "../../src/columns/block.ts";
import { type Files, realFiles } from "../../src/files.ts";
import { openDataset } from "../../src/read/read.ts";
import { SPLITS, type Split } from "../../src/row.ts";
import { SHARD_LIMITS } from "../../src/shards/shards.ts";
import { memorySource, type PreferenceSource, type RankingRecord } from "../../src/source.ts";
import { validateDataset } from "../../src/validate/validate.ts";
import { parseChecksums } from "../../src/write/checksums.ts";
import type { Progress } from "../../src/write/publish.ts";
import { type WriteSettings, writeDataset } from "../../src/write/write.ts";
import { collect, samplePicture, sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

const SETTINGS: WriteSettings = { images: true, seed: 1, name: "Sample", license: "cc-by-4.0" };

async function target(): Promise<string> {
  return join(await temporaryFolder(), "dataset");
}

/** Path -> text of every file of a folder. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, "latin1")])),
  );
}

describe("writing and reading back", () => {
  test("gives every ranking with every value, its pictures as JPEG, in exactly one of train, validation and test", async () => {
    const folder = await target();
    const records = sampleRecords();
    const summary = await writeDataset(sampleSource(records), folder, SETTINGS);
    const dataset = await openDataset(folder);
    const found = new Map<bigint, Split>();
    for (const split of ["train", "validation", "test"] as const) {
      const rows = await collect(dataset.read(split));
      expect(rows).toHaveLength(summary.splits[split].rows);
      for (const { jpg_0, jpg_1, num_example_per_prompt, __index_level_0__, ...row } of rows) {
        expect(row).toEqual(records[Number(__index_level_0__)]);
        expect(jpg_0).toEqual(new Uint8Array(await storedJpeg(await samplePicture(row.image_0_uid))));
        expect(jpg_1).toEqual(new Uint8Array(await storedJpeg(await samplePicture(row.image_1_uid))));
        expect(num_example_per_prompt).toBe(BigInt(rows.filter(({ caption }) => caption === row.caption).length));
        expect(found.has(row.ranking_id)).toBe(false);
        found.set(row.ranking_id, split);
      }
    }
    expect(found.size).toBe(records.length);
    expect(summary).toMatchObject({ folder, rankings: records.length, images: 2 * records.length, simulated: 0 });
    expect(summary.warnings).toEqual([expect.stringMatching(/^validation has 7 rankings and test 11, .* 64 more prompts/)]);
    expect(await validateDataset(folder)).toEqual([]);
  });

  test("without images leaves their columns out and reads no picture", async () => {
    const folder = await target();
    const source = memorySource(sampleRecords(), () => Promise.reject(new Error("must not be read")));
    await writeDataset(source, folder, { ...SETTINGS, images: false });
    const dataset = await openDataset(folder);
    const [row] = await collect(dataset.read("train"));
    expect(dataset.hasImages).toBe(false);
    expect(Object.keys(row ?? {})).not.toContain("jpg_0");
    expect(await validateDataset(folder)).toEqual([]);
  });

  test("is the same byte for byte with the same seed, and another split with another", async () => {
    const [first, second, other] = [await target(), await target(), await target()];
    for (const folder of [first, second]) await writeDataset(sampleSource(), folder, SETTINGS);
    await writeDataset(sampleSource(), other, { ...SETTINGS, seed: 2 });
    expect(await contents(second)).toEqual(await contents(first));
    expect((await contents(other))["data/test-00000-of-00001.parquet"]).not.toBe(
      (await contents(first))["data/test-00000-of-00001.parquet"],
    );
  });

  test("cut into many files and row groups gives the same rows as in one", async () => {
    const [one, many] = [await target(), await target()];
    await writeDataset(sampleSource(), one, SETTINGS);
    const summary = await writeDataset(sampleSource(), many, SETTINGS, {
      files: realFiles,
      limits: { ...SHARD_LIMITS, shardRows: 10, groupRows: 3 },
    });
    expect(summary.splits.train.shards).toBeGreaterThan(2);
    const [a, b] = [await openDataset(one), await openDataset(many)];
    for (const split of SPLITS) expect(await collect(b.read(split))).toEqual(await collect(a.read(split)));
    expect(await validateDataset(many)).toEqual([]);
  });

  test("reads and encodes a picture that several rankings show once", async () => {
    const records = sampleRecords()
      .slice(0, 20)
      .map(
        (record): RankingRecord => ({
          ...record,
          image_0_uid: "kept",
          best_image_uid: record.label_0 === 1 ? "kept" : record.best_image_uid,
        }),
      );
    let reads = 0;
    const source = memorySource(records, (uid) => {
      if (uid === "kept") reads++;
      return samplePicture(uid);
    });
    await writeDataset(source, await target(), SETTINGS);
    expect(reads).toBe(1);
  });

  test("tells its progress to the last row, and how few prompts there were", async () => {
    const progress: Progress[] = [];
    const records = sampleRecords().slice(0, 2);
    const summary = await writeDataset(sampleSource(records), await target(), {
      ...SETTINGS,
      license: undefined,
      onProgress: (p) => progress.push(p),
    });
    expect(progress).toEqual([
      { done: 1, total: 2, unit: "rankings" },
      { done: 2, total: 2, unit: "rankings" },
    ]);
    expect(summary.warnings).toEqual([
      "All rankings are in train; validation and test are empty: that takes 3 different prompts, and there is 1.",
      expect.stringMatching(/^No licence was chosen: .* Name one with --license, such as cc-by-4\.0/),
    ]);
  });

  test("lists the checksum of every other file", async () => {
    const folder = await target();
    await writeDataset(sampleSource(), folder, SETTINGS);
    const files = Object.keys(await contents(folder)).filter((path) => path !== "SHA256SUMS");
    expect([...parseChecksums((await contents(folder)).SHA256SUMS ?? "").keys()].sort()).toEqual(files.sort());
  });
});

describe("a source that changes while it is read", () => {
  /** Gives one list in the first reading and another in the second. */
  function changing(first: readonly RankingRecord[], second: readonly RankingRecord[]): PreferenceSource {
    let reading = 0;
    return {
      async *records() {
        yield* reading++ === 0 ? first : second;
      },
      readImage: (uid) => samplePicture(uid),
    };
  }

  test("has its new rankings left out", async () => {
    const folder = await target();
    const records = sampleRecords();
    const summary = await writeDataset(changing(records.slice(0, -3), records), folder, SETTINGS);
    expect(summary.rankings).toBe(records.length - 3);
    expect(await validateDataset(folder)).toEqual([]);
  });

  test("is an error when a ranking is gone, since counts and splits would be wrong", async () => {
    const folder = await target();
    const records = sampleRecords();
    const writing = writeDataset(changing(records, records.toSpliced(30, 1)), folder, SETTINGS);
    await expect(writing).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_SOURCE_CHANGED",
      message: expect.stringContaining("Ranking 31 was deleted or moved"),
    });
    await expectNothing(folder);
  });
});

/** Neither the folder nor anything half-written beside it. */
async function expectNothing(folder: string): Promise<void> {
  expect(await readdir(join(folder, ".."))).toEqual([]);
}

describe("what cannot be published", () => {
  const broken = (change: Partial<RankingRecord>) =>
    sampleRecords().map((record, i) => (i === 5 ? { ...record, ...change } : record));

  test.each([
    ["no rankings at all", [], "PICKAPIC_DATASET_EMPTY", "There are no rankings to publish yet: collect some answers first."],
    [
      "labels that contradict",
      broken({ label_0: 1, label_1: 1 }),
      "PICKAPIC_DATASET_ROW_INVALID",
      "Ranking 6 cannot be published: label_0 and label_1 must be",
    ],
    [
      "labels that sum to 0.7",
      broken({ label_0: 0.4, label_1: 0.3 }),
      "PICKAPIC_DATASET_ROW_INVALID",
      "Ranking 6 cannot be published: label_0 and label_1 must be 1 and 0, 0 and 1, or 0.5 and 0.5, but they are 0.4 and 0.3",
    ],
    [
      "a ranking that came twice",
      broken({ ranking_id: 1n }),
      "PICKAPIC_DATASET_ROW_INVALID",
      "every ranking_id must be unique, but it came twice",
    ],
  ])("%s: one sentence, nothing written", async (_, records, code, message) => {
    const folder = await target();
    await expect(writeDataset(sampleSource(records), folder, SETTINGS)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    await expectNothing(folder);
  });

  test.each([[[1n, 1n, 2n]], [[2n, 1n, 2n]], [[3n, 3n, 1n]]])("columns with the ids %o are refused", async (ids) => {
    const [record] = sampleRecords();
    const source: PreferenceSource = {
      ...sampleSource([]),
      async *blocks() {
        yield blockOfRows(ids.map((ranking_id) => ({ ...record, ranking_id })));
      },
    };
    const folder = await target();
    await expect(writeDataset(source, folder, { ...SETTINGS, images: false })).rejects.toThrow(
      "must be unique, but it came twice",
    );
  });

  test.each([
    [
      "a broken image",
      async () => (await samplePicture("x")).subarray(0, 50),
      "PICKAPIC_DATASET_IMAGE_INVALID",
      ": expected a picture; it is broken",
    ],
    [
      "a missing image",
      () => Promise.reject(new Error("no such file")),
      "PICKAPIC_DATASET_IMAGE_MISSING",
      " cannot be read from the store (no such file)",
    ],
  ])("%s: named with its ranking, nothing written", async (_, read, code, message) => {
    const folder = await target();
    const source = memorySource(sampleRecords(), (uid) => (uid === "image-9-1" ? read() : samplePicture(uid)));
    const writing = writeDataset(source, folder, SETTINGS);
    await expect(writing).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^Image image-9-1 of ranking 9${message.replace(/[()]/g, "\\$&")}`)),
    });
    await expectNothing(folder);
  });
});

describe("the folder", () => {
  test("that holds anything foreign is refused and left alone", async () => {
    const folder = await target();
    await mkdir(folder);
    await writeFile(join(folder, "thesis.txt"), "years of work");
    await expect(writeDataset(sampleSource(), folder, SETTINGS)).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_FOLDER_TAKEN",
      message: `${folder} is not empty and holds thesis.txt, which no dataset has; nothing was written: give a folder that is new, empty, or an earlier dataset.`,
    });
    expect(await contents(folder)).toEqual({ "thesis.txt": "years of work" });
  });

  test.each([
    ["a README without a dataset", "README.md"],
    ["a foreign file in data/", "data/table.csv"],
  ])("with %s is refused too", async (_, path) => {
    const folder = await target();
    if (path.startsWith("data")) await writeDataset(sampleSource(), folder, SETTINGS);
    await mkdir(join(folder, "data"), { recursive: true });
    await writeFile(join(folder, path), "mine");
    await expect(writeDataset(sampleSource(), folder, { ...SETTINGS, replace: true })).rejects.toThrow("nothing was written");
    expect(await readFile(join(folder, path), "utf8")).toBe("mine");
  });

  test("that is a file is refused", async () => {
    const folder = await target();
    await writeFile(folder, "");
    await expect(writeDataset(sampleSource(), folder, SETTINGS)).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_FOLDER_TAKEN",
      message: expect.stringContaining("is a file"),
    });
  });

  test("that holds a dataset already is left alone without `replace`", async () => {
    const folder = await target();
    await writeDataset(sampleSource(), folder, SETTINGS);
    const before = await contents(folder);
    await expect(writeDataset(sampleSource(), folder, { ...SETTINGS, seed: 2 })).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_FOLDER_TAKEN",
      message: `${folder} holds a dataset already; nothing was written: replace it with --force, or give another folder.`,
    });
    expect(await contents(folder)).toEqual(before);
  });

  test("that is empty is filled, and an earlier dataset is replaced; what its many files were is gone", async () => {
    const folder = await target();
    await mkdir(folder);
    await writeDataset(sampleSource(), folder, SETTINGS, {
      files: realFiles,
      limits: { ...SHARD_LIMITS, shardRows: 5, groupRows: 5 },
    });
    await writeDataset(sampleSource(), folder, { ...SETTINGS, replace: true });
    expect(await readdir(join(folder, "data"))).toEqual(SPLITS.map((split) => `${split}-00000-of-00001.parquet`).sort());
    expect(await readdir(join(folder, ".."))).toEqual(["dataset"]);
  });

  test("inside something that is no folder: one sentence", async () => {
    const file = await target();
    await writeFile(file, "");
    await expect(writeDataset(sampleSource(), join(file, "dataset"), SETTINGS)).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_WRITE_FAILED",
      message: expect.stringContaining("a part of the path is a file; choose another folder"),
    });
  });
});

describe("an interruption", () => {
  /** A disk that fails with `code` after so many writes. */
  function failing(after: number, code: string): Files {
    let writes = 0;
    return {
      ...realFiles,
      async create(path) {
        const file = await realFiles.create(path);
        const write = async (bytes: Uint8Array) => {
          if (++writes > after) throw Object.assign(new Error(`${code}: no`), { code });
          return file.write(bytes);
        };
        return { write, close: () => file.close() };
      },
    };
  }

  test.each([
    [0, "ENOSPC", "the disk is full; free some space"],
    [3, "ENOSPC", "the disk is full; free some space"],
    [2, "EROFS", "that disk is read-only"],
    [1, "EACCES", "this user may not write there"],
    [1, "EIO", "the disk said EIO"],
  ])("by the disk after %d writes with %s leaves the earlier dataset and nothing half-written", async (after, code, text) => {
    const folder = await target();
    await writeDataset(sampleSource(), folder, SETTINGS);
    const before = await contents(folder);
    const effects = { files: failing(after, code), limits: { ...SHARD_LIMITS, groupRows: 5 } };
    await expect(writeDataset(sampleSource(), folder, { ...SETTINGS, replace: true, seed: 9 }, effects)).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_WRITE_FAILED",
      message: expect.stringContaining(`The dataset ${folder} could not be written: ${text}`),
    });
    expect(await contents(folder)).toEqual(before);
    expect(await readdir(join(folder, ".."))).toEqual(["dataset"]);
  });

  test("by a signal stops soon and leaves nothing", async () => {
    const folder = await target();
    const controller = new AbortController();
    const onProgress = ({ done }: Progress) => {
      if (done === 10) controller.abort();
    };
    await expect(
      writeDataset(sampleSource(), folder, { ...SETTINGS, onProgress, signal: controller.signal }),
    ).rejects.toMatchObject({ name: "AbortError" });
    await expectNothing(folder);
  });

  test("by kill -9 leaves a folder beside, which the next export sweeps; a dataset that was moved aside comes back", async () => {
    const folder = await target();
    const dead = 2 ** 22 + 12345; // above the largest process id of Linux
    await mkdir(`${folder}.partial-${dead}-00ff/data`, { recursive: true });
    await writeDataset(sampleSource(), `${folder}.replaced-${dead}`, SETTINGS);
    const moved = await contents(`${folder}.replaced-${dead}`);
    const stranger = `${folder}.partial-${process.ppid}-00ff`;
    await mkdir(stranger);
    await expect(writeDataset(sampleSource([]), folder, SETTINGS)).rejects.toThrow("no rankings"); // fails before it writes
    await expect(
      writeDataset(sampleSource(), folder, { ...SETTINGS, replace: true, signal: AbortSignal.abort() }),
    ).rejects.toThrow();
    const effects = { files: failing(0, "ENOSPC"), limits: SHARD_LIMITS };
    await expect(writeDataset(sampleSource(), folder, { ...SETTINGS, replace: true, seed: 3 }, effects)).rejects.toThrow(
      "disk is full",
    );
    expect(await contents(folder)).toEqual(moved);
    expect((await readdir(join(folder, ".."))).sort()).toEqual(["dataset", stranger.slice(folder.length - "dataset".length)]);
  });
});
