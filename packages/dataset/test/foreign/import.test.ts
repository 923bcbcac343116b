import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ImportSettings, importDataset } from "../../src/foreign/import.ts";
import { openDataset } from "../../src/read/read.ts";
import { type PreferenceRow, SPLITS } from "../../src/row.ts";
import { validateDataset } from "../../src/validate/validate.ts";
import { collect, temporaryFolder } from "../sample.ts";

/** Made by pyarrow and datasets: see fixtures/dataset/make_foreign.py. */
const FIXTURES = new URL("../../../../fixtures/dataset/foreign/", import.meta.url).pathname;
const { rows: ROWS } = JSON.parse(await readFile(join(FIXTURES, "expected.json"), "utf8")) as {
  readonly rows: readonly Readonly<Record<string, string | number | boolean>>[];
};

async function imported(name: string, settings: ImportSettings = {}) {
  const folder = join(await temporaryFolder(), "out");
  const summary = await importDataset(join(FIXTURES, name), folder, { license: "cc0-1.0", ...settings });
  const dataset = await openDataset(folder);
  const rows: PreferenceRow[] = [];
  for (const split of ["train", "validation", "test"] as const) rows.push(...(await collect(dataset.read(split))));
  rows.sort((a, b) => Number((a.__index_level_0__ ?? 0n) - (b.__index_level_0__ ?? 0n)));
  expect((await validateDataset(folder)).filter(({ severity }) => severity === "error")).toEqual([]);
  return { folder, summary, dataset, rows };
}

/** A row as the fixture tells it. */
function told(row: PreferenceRow): Record<string, unknown> {
  const show = (value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? createHash("sha256").update(value).digest("hex") : value;
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, show(value)]));
}

const { num_example_per_prompt: _count, ...EXAMPLE } = ROWS[0]!;
const ALL = Object.keys(EXAMPLE);
const but = (...names: string[]) => ALL.filter((name) => !names.includes(name));
const URLS = ["image_0_url", "image_1_url"];
const UIDS = ["image_0_uid", "image_1_uid", "best_image_uid"];

const VARIETIES: [name: string, columns: string[]][] = [
  ["image-struct", ALL],
  ["image-struct-columns", ALL],
  ["list-of-bytes", ALL],
  ["list-of-images", ALL],
  ["large-types", ALL],
  ["dictionaries", ALL],
  ["small-integers", ALL],
  ["float-ids", ALL],
  ["unsigned-64", ALL],
  ["integer-labels", ALL],
  ["text-labels", ALL],
  ["seconds", ALL],
  ["milliseconds-utc", ALL],
  ["microseconds", ALL],
  ["unix-seconds", ALL],
  ["unix-float", ALL],
  ["time-text", ALL],
  ["names-of-people", but("user_id")],
  ["derived-choice", ALL],
  ["derived-labels", ALL],
  ["no-urls", but(...URLS)],
  ["no-uids", but(...UIDS)],
  ["no-ids", but("ranking_id")],
  ["no-people", but("user_id")],
  ["no-models", but("model_0", "model_1", "are_different")],
  ["no-time", but("created_at")],
  ["prompt-column", ALL],
  ["odd-are-different", ALL],
  ["odd-ties", ALL],
  ["train-file", ALL],
  ["hub-conversion", ALL],
  ["lone-file", ALL],
  ["numbered-files", ALL],
  ["three-splits", ALL],
  ["hub-cache", ALL],
  ["save-to-disk", ALL],
  ["save-to-disk-shards", ALL],
  ["save-to-disk-images", ALL],
  ["arrow-file", ALL],
];

test("every variety that the script makes is tried here", async () => {
  const made = (await readdir(FIXTURES)).filter((name) => !name.endsWith(".json"));
  expect([...VARIETIES.map(([name]) => name), "save-to-disk-splits", "invalid-rows"].sort()).toEqual(made.sort());
});

test.each(VARIETIES)("%s: every ranking arrives with every value that it has", async (name, columns) => {
  const { rows } = await imported(name);
  const pick = (row: Readonly<Record<string, unknown>>) => Object.fromEntries(columns.map((column) => [column, row[column]]));
  const expected = ROWS.map((row) => pick({ ...row, created_at: String(row.created_at) }));
  expect(rows.map((row) => pick(told(row)))).toEqual(expected);
});

describe("what a file lacks is derived, and said", () => {
  test("pictures without uids are named by what is in them", async () => {
    const { rows } = await imported("no-uids");
    expect(rows.map(({ image_0_uid }) => image_0_uid)).toEqual(ROWS.map(({ jpg_0 }) => String(jpg_0).slice(0, 32)));
    expect(rows.map((row) => row.best_image_uid)).toEqual(
      rows.map((row) => (row.label_0 === 1 ? row.image_0_uid : row.label_1 === 1 ? row.image_1_uid : "none")),
    );
  });

  test("rankings without ids are numbered, people with names too, and without people each prompt is one", async () => {
    expect((await imported("no-ids")).rows.map(({ ranking_id }) => ranking_id)).toEqual(ROWS.map((_, i) => BigInt(i + 1)));
    expect((await imported("names-of-people")).rows.map(({ user_id }) => user_id)).toEqual(
      ROWS.map((_, i) => BigInt(Math.floor(i / 4) + 1)),
    );
    const { rows, summary } = await imported("no-people");
    expect(rows.map(({ user_id }) => user_id)).toEqual(ROWS.map((_, i) => BigInt(Math.floor(i / 2) + 1)));
    expect(summary.warnings).toContain("No column names the people: each prompt counts as a person of its own.");
  });

  test("models are unknown, and the time is that of the file", async () => {
    const models = await imported("no-models");
    expect(new Set(models.rows.flatMap(({ model_0, model_1, are_different }) => [model_0, model_1, are_different]))).toEqual(
      new Set(["unknown", false]),
    );
    expect(models.summary.warnings).toContain("No columns name the models: all are called unknown.");
    expect((await imported("no-time")).summary.warnings).toContain(
      "No column has times: created_at is when the file was written.",
    );
  });
});

test("the original's odd rows are written anew, with a count", async () => {
  const different = ROWS.filter(({ are_different, ranking_id }) => are_different !== (Number(ranking_id) % 2 === 0)).length;
  expect((await imported("odd-are-different")).summary.warnings).toContain(
    `In ${different} rows are_different said something else than the names of the models: it was written anew.`,
  );
  expect((await imported("odd-ties")).summary.warnings).toContain(
    'In 4 rows the tie was named otherwise than "none" in best_image_uid: it was written anew.',
  );
});

describe("splits", () => {
  test("of save_to_disk are kept where there are five", async () => {
    const { dataset, summary } = await imported("save-to-disk-splits");
    expect(SPLITS.map((split) => dataset.count(split))).toEqual([4, 4, 4, 2, 2]);
    expect(summary.rule).toBe("The splits are those of the dataset that was imported.");
    const unique = await collect(dataset.read("test_unique", { columns: ["ranking_id", "__index_level_0__"] }));
    const base = await collect(dataset.read("test", { columns: ["ranking_id", "__index_level_0__"] }));
    for (const row of unique) expect(base).toContainEqual(row);
  });

  test("may be planned anew: what the unique splits repeat is written once, and counted", async () => {
    const { rows, summary } = await imported("save-to-disk-splits", { splits: "plan" });
    expect(rows).toHaveLength(12);
    expect(summary.warnings).toContain(
      "4 rows repeated a ranking of another row, as the unique splits do: each ranking is written once.",
    );
  });

  test("that are not all five are planned anew, and that is said", async () => {
    const { summary } = await imported("three-splits");
    expect(summary.warnings).toContainEqual(
      expect.stringMatching(/^The splits of .*three-splits \(train, validation, test\) are not all five/),
    );
  });

  test("two rankings with one id and other values are no repetition", async () => {
    const folder = join(await temporaryFolder(), "twice");
    await mkdir(folder);
    for (const [name, from] of [["a.parquet", "no-urls"], ["b.parquet", "odd-ties"]] as const)
      await cp(join(FIXTURES, from, "data/train-00000-of-00001.parquet"), join(folder, name));
    await cp(join(FIXTURES, "no-people", "data/train-00000-of-00001.parquet"), join(folder, "c.parquet"));
    await expect(importDataset(folder, join(folder, "..", "out"))).rejects.toThrow(/12 rows cannot be imported:\n.*every ranking_id must be of one ranking/);
  }); // biome-ignore format: a table
});

describe("rows that contradict themselves", () => {
  test("are refused all at once, with the option that leaves them out", async () => {
    const refused = imported("invalid-rows");
    await expect(refused).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_ROW_INVALID",
      message: expect.stringMatching(
        /invalid-rows: 5 rows cannot be imported:\n {2}train row 1 \(ranking 100\): the caption must be a prompt, but it is blank\.\n(.*\n){4}Nothing was written: repair them, or leave them out with --drop-invalid\.$/,
      ),
    });
  });

  test("are left out with `drop`, counted and named by reason, broken and missing pictures too", async () => {
    const { rows, summary } = await imported("invalid-rows", { invalidRows: "drop" });
    expect(rows.map(({ ranking_id }) => ranking_id)).toEqual([105n, 108n, 109n, 110n, 111n]);
    expect(summary.dropped).toEqual([
      { code: "CAPTION_BLANK", reason: "the caption is blank", count: 1, rows: ["train row 1 (ranking 100)"] },
      { code: "LABELS", reason: "the labels are no preference", count: 1, rows: ["train row 2 (ranking 101)"] },
      { code: "BEST_IMAGE", reason: "best_image_uid contradicts the labels", count: 1, rows: ["train row 3 (ranking 102)"] },
      { code: "HAS_LABEL", reason: "has_label contradicts the labels", count: 1, rows: ["train row 4 (ranking 103)"] },
      { code: "CELL_EMPTY", reason: "a cell is empty", count: 1, rows: ["train row 5 (ranking 104)"] },
      { code: "IMAGE_BROKEN", reason: "a picture cannot be decoded", count: 1, rows: ["train row 7 (ranking 106)"] },
      { code: "IMAGE_MISSING", reason: "a picture is missing", count: 1, rows: ["train row 8 (ranking 107)"] },
    ]); // biome-ignore format: a table
    expect(summary.warnings).toContainEqual(
      expect.stringMatching(/^7 rows were left out: the caption is blank in 1 \(train row 1 \(ranking 100\)\); /),
    );
  });

  test("without pictures only what else is wrong counts", async () => {
    const { rows, dataset } = await imported("invalid-rows", { invalidRows: "drop", images: false });
    expect(rows.map(({ ranking_id }) => ranking_id)).toEqual([105n, 106n, 107n, 108n, 109n, 110n, 111n]);
    expect(dataset.hasImages).toBe(false);
  });
});

describe("what is no dataset is told in one sentence", () => {
  async function failure(fill: (folder: string) => Promise<unknown>): Promise<unknown> {
    const folder = join(await temporaryFolder(), "from");
    await mkdir(folder);
    await fill(folder);
    return importDataset(folder, join(folder, "..", "out")).catch((error: unknown) => error);
  }

  test.each<[what: string, fill: (folder: string) => Promise<unknown>, code: string, text: RegExp]>([
    ["an empty folder", async () => {}, "NOT_A_DATASET", /it has no Parquet, Arrow, JSON or CSV files.*`pickapic dataset from-csv`/],
    ["a folder with a table that has no pairs", (folder) => writeFile(join(folder, "pairs.csv"), "a,b\n1,2\n"), "TABLE_INVALID", /image_a, image_b, choice/],
    ["a pointer of Git LFS", (folder) => writeFile(join(folder, "train.parquet"), "version https://git-lfs.github.com/spec/v1\n"), "FILE_DAMAGED", /train\.parquet: it is a pointer of Git LFS/],
    ["a file cut short", async (folder) => writeFile(join(folder, "train.arrow"), (await readFile(join(FIXTURES, "save-to-disk/data-00000-of-00001.arrow"))).subarray(0, 900)), "FILE_DAMAGED", /cannot be read as Arrow/],
    ["a missing shard", async (folder) => { await cp(join(FIXTURES, "save-to-disk-shards"), folder, { recursive: true }); await rm(join(folder, "data-00001-of-00003.arrow")); }, "SHARD_MISSING", /data-00001-of-00003\.arrow is missing, which state\.json names/],
    ["a missing shard without a list", async (folder) => { await cp(join(FIXTURES, "save-to-disk-shards"), folder, { recursive: true }); await rm(join(folder, "data-00001-of-00003.arrow")); await rm(join(folder, "state.json")); }, "SHARD_MISSING", /number 1 is missing/],
    ["rankings without a winner", async (folder) => cp(join(FIXTURES, "../lacks-winner.parquet"), join(folder, "train.parquet")), "COLUMN_MISSING", /who won/],
  ])("%s", async (_what, fill, code, text) => {
    expect(await failure(fill)).toMatchObject({ code: `PICKAPIC_DATASET_${code}`, message: expect.stringMatching(text) });
  }); // biome-ignore format: a table

  test("a file may stand for its folder, and a link for a file", async () => {
    const folder = await temporaryFolder();
    await symlink(join(FIXTURES, "train-file/train.parquet"), join(folder, "link.parquet"));
    for (const from of [join(FIXTURES, "lone-file/my rankings (final).parquet"), join(folder, "link.parquet"), folder])
      expect((await importDataset(from, join(folder, "out"), { replace: true })).rankings).toBe(12);
  });
});
