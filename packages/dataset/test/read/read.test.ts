import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { type Files, realFiles } from "../../src/files.ts";
import { matches } from "../../src/read/filter.ts";
import { openDataset } from "../../src/read/read.ts";
import { nanosecondsOf } from "../../src/row.ts";
import { SHARD_LIMITS } from "../../src/shards/shards.ts";
import { memorySource } from "../../src/source.ts";
import { writeDataset } from "../../src/write/write.ts";
import { collect, keptFolder, sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

const FIXTURES = new URL("../../../../fixtures/dataset/", import.meta.url).pathname;
const START = nanosecondsOf(new Date("2026-03-01T12:00:00Z"));
const MINUTE = 60_000_000_000n;

let folder: string;
let bare: string;
beforeAll(async () => {
  folder = join(await keptFolder(), "dataset");
  bare = join(await keptFolder(), "dataset");
  const limits = { ...SHARD_LIMITS, shardRows: 60, groupRows: 10 };
  const settings = { seed: 1, name: "Sample" };
  // Pictures of about 10 kB: smaller gaps between columns are read through.
  const noise = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "red", noise: { type: "gaussian", mean: 128, sigma: 60 } },
  })
    .png()
    .toBuffer();
  await writeDataset(
    memorySource(sampleRecords(20), async () => noise),
    folder,
    { ...settings, images: true },
    { files: realFiles, limits },
  );
  await writeDataset(sampleSource(sampleRecords(20)), bare, { ...settings, images: false }, { files: realFiles, limits });
});

/** Real files that count the bytes and pieces that are read. */
function counting() {
  const counts = { bytes: 0, reads: 0 };
  const files: Files = {
    ...realFiles,
    async read(path) {
      const file = await realFiles.read(path);
      return {
        ...file,
        async slice(start, end) {
          const bytes = await file.slice(start, end);
          counts.bytes += bytes.byteLength;
          counts.reads++;
          return bytes;
        },
      };
    },
  };
  return { files, counts };
}

describe("reading", () => {
  test("selected columns gives these only and leaves the pictures on the disk", async () => {
    const { files, counts } = counting();
    const dataset = await openDataset(folder, files);
    counts.bytes = 0;
    const all = await collect(dataset.read("train"));
    const everything = counts.bytes;
    counts.bytes = 0;
    const some = await collect(dataset.read("train", { columns: ["caption", "label_0"] }));
    expect(some).toEqual(all.map(({ caption, label_0 }) => ({ caption, label_0 })));
    expect(counts.bytes).toBeLessThan(everything / 20);
  });

  test("one row group at a time: the first row costs one group, not the file", async () => {
    const { files, counts } = counting();
    const dataset = await openDataset(folder, files);
    counts.reads = 0;
    for await (const _ of dataset.read("train", { columns: ["caption"] })) break;
    const first = counts.reads;
    await collect(dataset.read("train", { columns: ["caption"] }));
    expect(first).toBe(1);
    expect(counts.reads).toBe(first + Math.ceil(dataset.count("train") / 10));
  });

  test("with a filter gives the rows that pass, and skips row groups outside the dates", async () => {
    const { files, counts } = counting();
    const dataset = await openDataset(folder, files);
    const all = await collect(dataset.read("train"));
    const filters = [
      { from: START + 30n * MINUTE, before: START + 36n * MINUTE },
      { models: ["toy-xl"], ties: "without" as const },
      { users: [3n, 4n] },
      { ties: "only" as const },
      { models: ["unknown"] },
    ];
    for (const filter of filters)
      expect(await collect(dataset.read("train", { filter }))).toEqual(all.filter((row) => matches(row, filter)));
    counts.reads = 0;
    const [filter] = filters;
    const rows = await collect(dataset.read("train", { columns: ["caption"], filter }));
    expect(rows.length).toBeGreaterThan(0);
    expect(Object.keys(rows[0] ?? {})).toEqual(["caption"]);
    expect(counts.reads).toBeLessThanOrEqual(4);
  });

  test("single rows at random places gives them in the order asked for, repeats included, and reads only their pages", async () => {
    const { files, counts } = counting();
    const dataset = await openDataset(folder, files);
    const all = await collect(dataset.read("train"));
    const positions = [41, 3, 3, 0, all.length - 1, 12];
    expect(await dataset.take("train", positions)).toEqual(positions.map((position) => all[position]));
    expect(await dataset.take("train", [5], { columns: ["ranking_id"] })).toEqual([{ ranking_id: all[5]?.ranking_id }]);
    counts.bytes = 0;
    await dataset.take("train", [5]);
    const one = counts.bytes;
    counts.bytes = 0;
    await collect(dataset.read("train"));
    expect(one).toBeLessThan(counts.bytes / 8);
    await expect(dataset.take("train", [all.length])).rejects.toThrow(`got ${all.length}`);
  });

  test("pictures from the variant without is one clear sentence", async () => {
    const dataset = await openDataset(bare);
    expect(() => dataset.read("train", { columns: ["caption", "jpg_0"] })).toThrow(
      "was written without images, so jpg_0 and jpg_1 cannot be read; export it again with images.",
    );
    await expect(async () => dataset.take("train", [0], { columns: ["jpg_1"] })).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_NO_IMAGES",
    });
  });
});

describe("a folder that is damaged", () => {
  async function damaged(damage: (copy: string) => Promise<void>): Promise<unknown> {
    const copy = await temporaryFolder();
    await cp(bare, copy, { recursive: true });
    await damage(copy);
    return openDataset(copy).catch((error: unknown) => error);
  }
  const shard = "data/train-00001-of-00002.parquet";

  test("lacks a split: it is named", async () => {
    const error = await damaged((copy) => rm(join(copy, "data/test_unique-00000-of-00001.parquet")));
    expect(error).toMatchObject({
      code: "PICKAPIC_DATASET_SPLIT_MISSING",
      message: expect.stringMatching(/lacks the split test_unique \(expected data\/test_unique-00000-of-00001.parquet\)/),
    });
  });

  test("lacks one file of a split: it is named", async () => {
    const error = await damaged((copy) => rm(join(copy, shard)));
    expect(error).toMatchObject({ code: "PICKAPIC_DATASET_SHARD_MISSING", message: expect.stringContaining(shard) });
  });

  test.each([0, 3, 11, 100, 2000])("has a file cut to %d bytes: it is named, with what to do", async (size) => {
    const error = await damaged((copy) => truncate(join(copy, shard), size));
    expect(error).toMatchObject({
      code: "PICKAPIC_DATASET_FILE_DAMAGED",
      message: expect.stringMatching(
        /train-00001-of-00002.parquet: it is damaged or cut short and cannot be read as Parquet \(.+\); copy or download it again\.$/,
      ),
    });
  });

  test("has a file that is something else", async () => {
    const error = await damaged((copy) => writeFile(join(copy, shard), "a,b\n1,2\n".repeat(100)));
    expect(error).toMatchObject({ code: "PICKAPIC_DATASET_FILE_DAMAGED" });
  });

  test("has garbage in the middle of a file: reading says which", async () => {
    const copy = await temporaryFolder();
    await cp(bare, copy, { recursive: true });
    const bytes = await readFile(join(copy, shard));
    bytes.fill(0xff, 4, 2500);
    await writeFile(join(copy, shard), bytes);
    const dataset = await openDataset(copy);
    await expect(collect(dataset.read("train"))).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_FILE_DAMAGED",
      message: expect.stringContaining("train-00001-of-00002"),
    });
  });
});

describe("a Parquet file of pyarrow", () => {
  async function openWith(fixture: string): Promise<unknown> {
    const copy = await temporaryFolder();
    await cp(bare, copy, { recursive: true });
    await Promise.all(["00000", "00001"].map((n) => rm(join(copy, `data/train-${n}-of-00002.parquet`))));
    await cp(join(FIXTURES, fixture, "data"), join(copy, "data"), { recursive: true });
    return openDataset(copy).catch((error: unknown) => error);
  }

  test.each([
    [
      "that lacks a column: it is named",
      "lacks-column",
      "PICKAPIC_DATASET_COLUMN_MISSING",
      /train-00000-of-00001.parquet lacks the column label_1 \(float64\): every file of a dataset of ours must have it; `pickapic dataset import` makes one/,
    ],
    [
      "with a column of another type: both types are named",
      "wrong-type",
      "PICKAPIC_DATASET_COLUMN_TYPE",
      /column label_0 must be float64, but it is string: `pickapic dataset import` makes a dataset of ours of it\.$/,
    ],
  ])("%s", async (_, fixture, code, sentence) => {
    expect(await openWith(fixture)).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });
});
