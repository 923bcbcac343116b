import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { unpackTar } from "modern-tar";
import { beforeAll, describe, expect, test } from "vitest";
import type { ReleaseLimits } from "../../src/columns/limits.ts";
import { exportDataset, type TrainerFormat } from "../../src/export/export.ts";
import type { Ties } from "../../src/export/names.ts";
import { realFiles } from "../../src/files.ts";
import { importDataset } from "../../src/foreign/import.ts";
import { openDataset } from "../../src/read/read.ts";
import { labelColumns, type PreferenceRow } from "../../src/row.ts";
import { memorySource } from "../../src/source.ts";
import { licenseIn } from "../../src/write/card.ts";
import { writeDataset } from "../../src/write/write.ts";
import { collect, keptFolder, samplePicture, sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

const SPLITS = ["train", "validation", "test"] as const;
const SETTINGS = { images: true, seed: 1, name: "Sample", license: "cc-by-4.0" };
let dataset = "";
let rows: Record<(typeof SPLITS)[number], PreferenceRow[]>;

beforeAll(async () => {
  dataset = join(await keptFolder(), "dataset");
  await writeDataset(sampleSource(sampleRecords(8)), dataset, SETTINGS);
  const opened = await openDataset(dataset);
  const [train, validation, test] = await Promise.all(SPLITS.map((split) => collect(opened.read(split))));
  rows = { train: train ?? [], validation: validation ?? [], test: test ?? [] };
  expect(SPLITS.every((split) => rows[split].length > 0) && rows.train.some(({ has_label }) => !has_label)).toBe(true);
});

async function exported(format: TrainerFormat, ties?: Ties, from = dataset) {
  const folder = join(await temporaryFolder(), "out");
  return { folder, summary: await exportDataset(from, folder, { format, ties }) };
}

const sha = (bytes: Uint8Array | undefined) =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
const decided = (split: (typeof SPLITS)[number]) => rows[split].filter(({ has_label }) => has_label);
const tied = () => SPLITS.flatMap((split) => rows[split]).filter(({ has_label }) => !has_label);
/** Caption, preferred picture and rejected picture of each row with a winner. */
const pairsIn = (of: readonly PreferenceRow[]) =>
  of.map(({ caption, jpg_0, jpg_1, label_0 }) => [
    caption,
    ...(label_0 === 1 ? [sha(jpg_0), sha(jpg_1)] : [sha(jpg_1), sha(jpg_0)]),
  ]);

/** What train_diffusion_dpo.py trains on: it swaps the pictures where label_0 is 0 and takes the first one as preferred. */
async function trainedOn(folder: string, split: string) {
  const file = await asyncBufferFromFile(join(folder, `data/${split}-00000-of-00001.parquet`));
  const found = (await parquetReadObjects({ file, compressors, utf8: false })) as { caption: string; jpg_0: Uint8Array; jpg_1: Uint8Array; label_0: number }[]; // biome-ignore format: a type
  return found.map(({ caption, jpg_0, jpg_1, label_0 }) => [
    caption,
    ...(label_0 === 0 ? [sha(jpg_1), sha(jpg_0)] : [sha(jpg_0), sha(jpg_1)]),
  ]);
}

describe("diffusers-dpo", () => {
  test("the trainer sees the preferred picture first in every pair of every split, and no tie", async () => {
    const { folder, summary } = await exported("diffusers-dpo");
    for (const split of SPLITS) expect(await trainedOn(folder, split)).toEqual(pairsIn(decided(split)));
    expect(summary).toMatchObject({ ties: "drop", tied: tied().length, warnings: [`${tied().length} ties were left out.`] });
    const file = await asyncBufferFromFile(join(folder, "data/train-00000-of-00001.parquet"));
    expect(Object.keys((await parquetReadObjects({ file, compressors, utf8: false, rowEnd: 1 }))[0] ?? {})).toEqual(["caption", "jpg_0", "jpg_1", "label_0"]); // biome-ignore format: a list
    expect(licenseIn(await readFile(join(folder, "README.md"), "utf8"))).toBe("cc-by-4.0");
  });

  test("a tie that is split is a win of either image; one that is kept is misread, and that is said", async () => {
    const { folder } = await exported("diffusers-dpo", "split");
    const seen = await trainedOn(folder, "train");
    expect(seen).toHaveLength(2 * rows.train.length - decided("train").length);
    const tie = rows.train.find(({ has_label }) => !has_label);
    const [a, b] = [sha(tie?.jpg_0), sha(tie?.jpg_1)];
    expect(seen.filter((pair) => pair.includes(a) && pair.includes(b))).toEqual([[tie?.caption, a, b], [tie?.caption, b, a]]); // biome-ignore format: a table
    expect((await exported("diffusers-dpo", "keep")).summary.warnings[1]).toMatch(/reads them as wins of image 0/);
  });
});

test("kohya: pictures of a pair have one name in w and l, each with a caption of one line, and the TOML names the folder", async () => {
  const { folder } = await exported("kohya");
  for (const split of SPLITS) {
    const names = (await readdir(join(folder, split, "1_pairs/w"))).filter((name) => name.endsWith(".jpg")).sort();
    const read = async (name: string) => {
      const [w, l] = await Promise.all(["w", "l"].map((side) => readFile(join(folder, split, "1_pairs", side, name))));
      return [await readFile(join(folder, split, "1_pairs/w", name.replace("jpg", "caption")), "utf8"), sha(w), sha(l)];
    };
    const expected = pairsIn(decided(split)).map(([caption, ...pictures]) => [`${caption}\n`, ...pictures]);
    expect(await Promise.all(names.map(read))).toEqual(expected);
  }
  expect(await readFile(join(folder, "dataset_config.toml"), "utf8")).toMatch(
    /image_dir = "train\/1_pairs"\n.*\n {2}preference = true/,
  );
});

test("webdataset: the files of a sample share a name, the JSON has every column, and the same rows give the same bytes", async () => {
  const [one, two] = [await exported("webdataset"), await exported("webdataset")];
  for (const split of SPLITS) {
    const tar = await readFile(join(one.folder, `${split}-000000.tar`));
    expect(tar.equals(await readFile(join(two.folder, `${split}-000000.tar`)))).toBe(true);
    const entries = await unpackTar(tar, { strict: true });
    expect(entries.slice(0, 3).map(({ header }) => header.name)).toEqual(["000000001.0.jpg", "000000001.1.jpg", "000000001.json"]);
    expect(entries[0]?.header).toMatchObject({ mtime: new Date(0), uid: 0, mode: 0o644 });
    const samples = rows[split].map((_, i) => entries.slice(3 * i, 3 * i + 3));
    expect(samples.map(([a, b]) => [sha(a?.data), sha(b?.data)])).toEqual(rows[split].map(({ jpg_0, jpg_1 }) => [sha(jpg_0), sha(jpg_1)]));
    const told = samples.map(([, , json]) => JSON.parse(Buffer.from(json?.data ?? []).toString()) as PreferenceRow);
    expect(told.map(({ caption, label_0, best_image_uid, guidance_scale_0 }) => ({ caption, label_0, best_image_uid, guidance_scale_0 }))).toEqual(
      rows[split].map(({ caption, label_0, best_image_uid, guidance_scale_0 }) => ({ caption, label_0, best_image_uid, guidance_scale_0 })),
    );
  }
}); // biome-ignore format: long expectations

test("jsonl: an import of it has every row with every value, to the millisecond, and every picture", async () => {
  const { folder } = await exported("jsonl");
  // A whole number in the first rows would make a column of whole numbers in Python, where 0.5 is 0.
  expect(await readFile(join(folder, "train.jsonl"), "utf8")).not.toMatch(/"label_0":[01],/);
  const back = join(await temporaryFolder(), "back");
  await importDataset(folder, back, { splits: "plan" });
  const opened = await openDataset(back);
  const found = (await Promise.all(SPLITS.map((split) => collect(opened.read(split))))).flat();
  const plain = ({ num_example_per_prompt: _n, __index_level_0__: _i, created_at, jpg_0, jpg_1, ...row }: PreferenceRow) => ({
    ...row,
    created_at: created_at / 1_000_000n,
    pictures: [sha(jpg_0), sha(jpg_1)],
  });
  const sorted = (of: readonly PreferenceRow[]) => of.map(plain).sort((a, b) => Number(a.ranking_id - b.ranking_id));
  expect(sorted(found)).toEqual(sorted(SPLITS.flatMap((split) => rows[split])));
});

describe("the limits of a release hold for a dataset as for an app", () => {
  const limited = async (limits: ReleaseLimits) => {
    const folder = join(await temporaryFolder(), "out");
    const { samples, leftOut, tied } = await exportDataset(dataset, folder, { format: "jsonl", limits });
    const filled = SPLITS.filter((split) => samples[split] > 0);
    const texts = await Promise.all(filled.map((split) => readFile(join(folder, `${split}.jsonl`), "utf8")));
    const ids = texts
      .flatMap((text) => text.trimEnd().split("\n"))
      .map((line) => BigInt((JSON.parse(line) as { ranking_id: number }).ranking_id));
    expect(ids).toHaveLength(Object.values(samples).reduce((sum, count) => sum + count, 0));
    const left = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
    expect(ids.length + left).toBe(all().length);
    return { ids: ids.sort(), leftOut, tied };
  };
  const all = () => SPLITS.flatMap((split) => rows[split]).sort((a, b) => Number(a.created_at - b.created_at));
  const idsOf = (of: readonly PreferenceRow[]) => of.map(({ ranking_id }) => ranking_id).sort();

  test("time and different models: exactly the rankings that are within, the others counted by their own reason", async () => {
    const { created_at: middle } = all()[9] as PreferenceRow;
    expect(await limited({ before: middle })).toMatchObject({
      ids: idsOf(all().slice(0, 9)),
      leftOut: { outsideTime: all().length - 9, sameModel: 0, ofPerson: 0, ofPrompt: 0, ties: 0 },
    });
    const different = all().filter(({ model_0, model_1 }) => model_0 !== model_1);
    expect(await limited({ differentModels: true })).toMatchObject({
      ids: idsOf(different),
      leftOut: { sameModel: all().length - different.length },
      tied: different.filter(({ has_label }) => !has_label).length,
    });
  });

  test("of a person and of a prompt the first rankings are taken, over all splits together", async () => {
    const firsts = (name: "user_id" | "caption", most: number) =>
      [...Map.groupBy(all(), (row) => row[name]).values()].flatMap((of) => of.slice(0, most));
    expect((await limited({ maxPerPerson: 2 })).ids).toEqual(idsOf(firsts("user_id", 2)));
    expect((await limited({ maxPerPrompt: 1 })).ids).toEqual(idsOf(firsts("caption", 1)));
    expect(all().some(({ user_id }) => SPLITS.filter((split) => rows[split].some((row) => row.user_id === user_id)).length > 1)).toBe(true);
    expect(await limited({ maxTies: 0 })).toMatchObject({ tied: 0, leftOut: { ties: tied().length } });
  }); // biome-ignore format: a long expectation

  test("limits that leave nothing are refused, and nothing is written", async () => {
    await expect(limited({ before: 0n })).rejects.toThrow(`${dataset} has no ranking within the limits: all ${all().length} were left out.`);
  }); // biome-ignore format: a sentence
});

describe("what cannot be written is told in one sentence, and nothing is left", () => {
  test("only ties where a format has none, no pictures, a format that has no ties", async () => {
    const records = sampleRecords(3).map((record) => ({ ...record, ...labelColumns("tie", record.image_0_uid, record.image_1_uid) }));
    const only = join(await temporaryFolder(), "ties");
    await writeDataset(memorySource(records, (uid) => samplePicture(uid)), only, SETTINGS);
    const message = (of: Promise<unknown>) => of.then(() => "", (error: Error) => error.message);
    expect(await message(exported("kohya", undefined, only))).toMatch(/has only ties \(\d+\): write them with --ties split/);
    const bare = join(await temporaryFolder(), "bare");
    await writeDataset(sampleSource(sampleRecords(3)), bare, { ...SETTINGS, images: false });
    expect(await message(exported("diffusers-dpo", undefined, bare))).toMatch(/^The dataset .*bare has no images; import or export it with them\.$/);
    expect((await exported("jsonl", undefined, bare)).summary.files).toBe(5);
    expect(await message(exported("kohya", "keep"))).toBe("The format kohya cannot keep ties: give --ties drop or split.");
  }); // biome-ignore format: short promises

  test("a folder with other files, a disk that is full, an earlier export without --force", async () => {
    const folder = join(await temporaryFolder(), "out");
    await mkdir(folder);
    await writeFile(join(folder, "mine.txt"), "mine");
    await expect(exportDataset(dataset, folder, { format: "jsonl", replace: true })).rejects.toThrow(
      /holds mine\.txt, which no export wrote/,
    );
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    const files = { ...realFiles, create: async () => ({ write: () => Promise.reject(full), close: async () => {} }) };
    const other = join(folder, "other");
    await expect(exportDataset(dataset, other, { format: "webdataset" }, files)).rejects.toThrow(/the disk is full/);
    expect(await readdir(folder)).toEqual(["mine.txt"]);
    await exportDataset(dataset, other, { format: "jsonl" });
    await expect(exportDataset(dataset, other, { format: "kohya" })).rejects.toThrow(/replace it with --force/);
    await exportDataset(dataset, other, { format: "kohya", replace: true });
    expect((await readdir(other)).sort()).toEqual([
      "README.md",
      "SHA256SUMS",
      "dataset_config.toml",
      "test",
      "train",
      "validation",
    ]);
  });
});
