import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { realFiles } from "../src/files.ts";
import { type ImportSettings, importDataset } from "../src/foreign/import.ts";
import { openDataset } from "../src/read/read.ts";
import { COLUMNS, type PreferenceRow, SPLITS } from "../src/row.ts";
import { SHARD_LIMITS } from "../src/shards/shards.ts";
import { validateDataset } from "../src/validate/validate.ts";
import { publish } from "../src/write/publish.ts";
import { writeDataset } from "../src/write/write.ts";
import { collect, samplePicture, sampleRecords, sampleSource, temporaryFolder } from "./sample.ts";

/** Made by pyarrow in the schema of yuvalkirstain/pickapic_v1: see fixtures/dataset/make.py. */
const FIXTURES = new URL("../../../fixtures/dataset/", import.meta.url).pathname;
const expected = JSON.parse(await readFile(join(FIXTURES, "expected.json"), "utf8")) as {
  readonly rows: Readonly<Record<(typeof SPLITS)[number], readonly Record<string, unknown>[]>>;
};

const FURTHER = COLUMNS.filter(({ kind }) => kind === "further").map(({ name }) => name);

/** A row as the fixture tells it: whole numbers as strings, pictures as their SHA-256, without the further columns. */
function told(row: PreferenceRow): Record<string, unknown> {
  const entries = Object.entries(row).filter(([name]) => !FURTHER.includes(name as keyof PreferenceRow));
  const show = (value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? createHash("sha256").update(value).digest("hex") : value;
  };
  return Object.fromEntries(entries.map(([name, value]) => [name, show(value)]));
}

async function target(): Promise<string> {
  return join(await temporaryFolder(), "dataset");
}

describe("the original's files, as pyarrow writes them", () => {
  test("arrive with every value of every row to the nanosecond, every picture byte for byte, in the splits they had", async () => {
    const folder = await target();
    const summary = await importDataset(join(FIXTURES, "original"), folder, { license: "mit" });
    const dataset = await openDataset(folder);
    for (const split of SPLITS) {
      const rows = await collect(dataset.read(split));
      expect(rows.map(told)).toEqual(expected.rows[split]);
      expect(rows.every((row) => FURTHER.every((name) => row[name] === null))).toBe(true);
    }
    expect(summary).toMatchObject({ warnings: [], rule: "The splits are those of the dataset that was imported." });
    expect(await validateDataset(folder)).toEqual([]);
  });

  test("may get splits of our own", async () => {
    const folder = await target();
    const summary = await importDataset(join(FIXTURES, "original"), folder, { splits: "plan", seed: 4 });
    const rankings = SPLITS.slice(0, 3).flatMap((split) => expected.rows[split]);
    expect(summary.rankings).toBe(rankings.length);
    expect(summary.splits.validation_unique.rows).toBe(3);
    expect(summary.rule).toContain("6 of 30 prompts are held out");
    expect(await validateDataset(folder)).toEqual([]);
  });

  test("may leave their pictures behind", async () => {
    const folder = await target();
    await importDataset(join(FIXTURES, "original"), folder, { images: false });
    expect((await openDataset(folder)).hasImages).toBe(false);
  });
});

test("a folder with train only, Zstandard, microseconds and no pictures is split anew", async () => {
  const folder = await target();
  const summary = await importDataset(join(FIXTURES, "original-unsplit"), folder);
  const rankings = SPLITS.slice(0, 3).flatMap((split) => expected.rows[split]);
  expect(summary.rankings).toBe(rankings.length);
  const dataset = await openDataset(folder);
  for (const split of ["train", "validation", "test"] as const) {
    for (const { created_at, ranking_id } of await collect(dataset.read(split, { columns: ["created_at", "ranking_id"] }))) {
      const original = rankings.find((row) => row.ranking_id === String(ranking_id));
      expect(created_at / 1000n).toBe(BigInt(original?.created_at as string) / 1000n);
    }
  }
  expect(await validateDataset(folder)).toEqual([]);
});

test("a dataset of ours comes through unchanged, the further columns included", async () => {
  const [ours, copy] = [await target(), await target()];
  await writeDataset(sampleSource(), ours, { images: true, seed: 1, name: "Sample" });
  await importDataset(ours, copy);
  for (const name of await readdir(join(ours, "data"))) {
    expect(await readFile(join(copy, "data", name))).toEqual(await readFile(join(ours, "data", name)));
  }
});

describe("what cannot be imported is told in one sentence, and nothing is written", () => {
  async function failure(from: string, settings?: ImportSettings): Promise<unknown> {
    const folder = await target();
    const error = await importDataset(from, folder, settings).catch((e: unknown) => e);
    expect(await readdir(join(folder, ".."))).toEqual([]);
    return error;
  }

  test.each([
    ["original-unsplit", { images: true }, "NO_IMAGES", "has no images to import"],
    [
      "original-unsplit",
      { splits: "keep" },
      "SPLIT_MISSING",
      "has only the splits train, so they cannot be kept; plan them anew (--plan-splits).",
    ],
    ["absent", {}, "NOT_FOUND", "is not there: expected a dataset folder"],
    ["make.py", {}, "NOT_A_DATASET", "it is a file that is neither Parquet, Arrow, JSON"],
  ] as const)("%s with %o", async (fixture, settings, code, text) => {
    expect(await failure(join(FIXTURES, fixture), settings)).toMatchObject({
      code: `PICKAPIC_DATASET_${code}`,
      message: expect.stringContaining(text),
    });
  });

  /** A dataset with one row changed, past the checks of `writeDataset`. */
  async function withRow(change: Partial<PreferenceRow>, at = 3): Promise<string> {
    const folder = await target();
    const rows = sampleRecords().map(
      (record, i): PreferenceRow => ({
        ...record,
        num_example_per_prompt: 1n,
        __index_level_0__: null,
        ...(i === at ? change : {}),
      }),
    );
    async function* placed() {
      for (const row of rows) {
        const jpg = await samplePicture(row.image_0_uid, "jpeg");
        yield { split: "train" as const, row: { jpg_0: jpg, jpg_1: jpg, ...row } };
      }
    }
    const publication = {
      folder,
      replace: false,
      images: true,
      name: "x",
      license: undefined,
      seed: 0,
      rule: "",
      warnings: [],
      total: 0,
    };
    await publish(publication, placed(), { files: realFiles, limits: SHARD_LIMITS });
    return folder;
  }

  test("a row that contradicts itself, unless it may be dropped", async () => {
    const from = await withRow({ label_1: 7 });
    expect(await failure(from, { splits: "plan" })).toMatchObject({
      code: "PICKAPIC_DATASET_ROW_INVALID",
      message: expect.stringMatching(
        /1 row cannot be imported\. train row 4 \(ranking 4\): label_0 and label_1 must be .+ and 7\. Nothing was written: repair it, or leave it out with --drop-invalid\.$/,
      ),
    });
    const summary = await importDataset(from, await target(), { splits: "plan", invalidRows: "drop" });
    expect(summary.rankings).toBe(sampleRecords().length - 1);
    expect(summary.warnings).toContain("1 row was left out: the labels are no preference in 1 (train row 4 (ranking 4)).");
  });

  test("a broken picture", async () => {
    const from = await withRow({ jpg_1: new Uint8Array([1, 2, 3]) });
    expect(await failure(from, { splits: "plan" })).toMatchObject({
      code: "PICKAPIC_DATASET_IMAGE_INVALID",
      message: expect.stringContaining("image image-4-1 of ranking 4: expected a picture; "),
    });
  });

  test("kept splits that share a prompt", async () => {
    const folder = await target();
    await cp(join(FIXTURES, "original"), folder, { recursive: true });
    const data = join(folder, "data");
    const [test1 = "", unique = ""] = (await readdir(data)).filter((name) => name.startsWith("test"));
    await rm(join(data, test1));
    await cp(join(data, (await readdir(data)).find((name) => name.startsWith("validation-")) ?? ""), join(data, test1));
    expect(unique).toContain("test_unique");
    const error = await importDataset(folder, await target()).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "PICKAPIC_DATASET_ROW_INVALID",
      message: expect.stringMatching(/the prompt "prompt \d.+" is in validation and in test\. .*--plan-splits\.$/),
    });
  });
});

test("kept splits of which a unique one does not repeat rankings of its base are imported, and that is said", async () => {
  const written = async (uniqueIds: readonly number[]) => {
    const folder = await target();
    await mkdir(folder, { recursive: true });
    const rows = (split: string, ids: readonly number[]) =>
      ids.map((id) => ({
        ranking_id: id,
        caption: `${split} ${id % 2}`,
        image_0_uid: `${id}a`,
        image_1_uid: `${id}b`,
        label_0: 1,
        label_1: 0,
      }));
    const files = { train: rows("train", [1, 2]), validation: rows("validation", [3, 4]), test: rows("test", [5, 6]) };
    const unique = { validation_unique: rows("validation", [3, 4]), test_unique: rows("test", uniqueIds) };
    for (const [name, of] of Object.entries({ ...files, ...unique }))
      await writeFile(join(folder, `${name}.jsonl`), of.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const to = await target();
    const { warnings } = await importDataset(folder, to, { format: "pickapic", images: false });
    return { warnings: warnings.filter((each) => each.includes("_unique")), isValid: (await validateDataset(to)).length === 0 };
  };
  expect(await written([5, 6])).toEqual({ warnings: [], isValid: true });
  expect(await written([7])).toEqual({
    warnings: [
      "test_unique does not repeat one ranking of each prompt of test: 1 of its 1 rankings are not in test, and it has no ranking of 1 prompt of test. `pickapic dataset validate` will say so; plan the splits anew with --plan-splits.",
    ],
    isValid: false,
  });
});
