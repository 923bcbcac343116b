import { appendFile, copyFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { blockOfRows } from "../../src/columns/block.ts";
import { diffDatasets } from "../../src/diff/diff.ts";
import { exportDataset } from "../../src/export/export.ts";
import { realFiles } from "../../src/files.ts";
import { importDataset } from "../../src/foreign/import.ts";
import { checkIds } from "../../src/read/ids.ts";
import { openDataset } from "../../src/read/read.ts";
import { COLUMNS, SPLITS, type Split } from "../../src/row.ts";
import { SHARD_LIMITS, SplitWriter } from "../../src/shards/shards.ts";
import { statistics } from "../../src/statistics.ts";
import { Report } from "../../src/validate/findings.ts";
import { SplitCheck } from "../../src/validate/splitCheck.ts";
import { validateDataset } from "../../src/validate/validate.ts";
import type { PlacedRow } from "../../src/write/publish.ts";
import { publishable } from "../../src/write/published.ts";
import { collect, placedRows, publishRows, samplePicture, temporaryFolder } from "../sample.ts";

let good: PlacedRow[];
beforeAll(async () => {
  good = await placedRows(true);
});

const inSplit = (split: Split) => good.findIndex((placed) => placed.split === split);
/** The rows with the first one of a split changed. */
const changed = (split: Split, change: (row: PlacedRow["row"]) => Partial<PlacedRow["row"]>): PlacedRow[] =>
  good.map((placed, i) => (i === inSplit(split) ? { split, row: { ...placed.row, ...change(placed.row) } } : placed));
const duplicate = (from: Split, to: Split): PlacedRow[] => [...good, { split: to, row: good[inSplit(from)]!.row }];

test("a good dataset has no findings, with and without images", async () => {
  expect(await validateDataset(await publishRows(good))).toEqual([]);
  expect(await validateDataset(await publishRows(good, false))).toEqual([]);
});

test("what counts, exports, compares, publishes or imports rankings refuses an id that two of them have, and what reads refuses labels that are no preference", async () => {
  const [first, second] = good.filter(({ split }) => split === "train");
  const twice = await publishRows(
    good.map((placed) => (placed === second ? { ...placed, row: { ...placed.row, ranking_id: first!.row.ranking_id } } : placed)),
    false,
  );
  const sound = await publishRows(good, false);
  const other = join(twice, "..", "other");
  const id = `${first!.row.ranking_id}`;
  const refused = { code: "PICKAPIC_DATASET_ROW_INVALID", message: expect.stringContaining(id) };
  const counted = {
    ...refused,
    message: expect.stringMatching(`${twice}: every ranking must have an id of its own, but a ranking has .*\\(${id}\\)`),
  };
  await expect(checkIds(await openDataset(twice))).rejects.toMatchObject(counted);
  await expect(statistics(await openDataset(twice))).rejects.toMatchObject(counted);
  await expect(exportDataset(twice, other, { format: "jsonl", images: false })).rejects.toMatchObject(counted);
  await expect(diffDatasets(sound, twice, 5)).rejects.toMatchObject(counted);
  await expect(publishable(twice)).rejects.toMatchObject(refused);
  await expect(importDataset(twice, other)).rejects.toMatchObject(refused);
  const { dropped } = await importDataset(twice, other, { invalidRows: "drop" });
  expect(dropped).toMatchObject([{ code: "RANKING_REPEATED", count: 1 }]);
  await checkIds(await openDataset(other));
  for (const labels of [
    { label_0: 0.4, label_1: 0.3 },
    { label_0: 0.5, label_1: 0.2 },
  ]) {
    const wrong = await openDataset(
      await publishRows(
        changed("train", () => labels),
        false,
      ),
    );
    await expect(collect(wrong.read("train", { columns: ["label_0"] }))).rejects.toMatchObject({
      message: expect.stringMatching(`must be 1 and 0, .* they are ${labels.label_0} and ${labels.label_1}; `),
    });
    await expect(wrong.take("train", [0], { columns: ["ranking_id", "label_1"] })).rejects.toMatchObject(refused);
  }
});

describe("rows that break a rule are found, with the ranking and the rule in one sentence", () => {
  test.each<[string, string, () => PlacedRow[], RegExp]>([
    [
      "labels",
      "LABELS",
      () => changed("train", () => ({ label_0: 0.3 })),
      /^Split train: ranking \d+: label_0 and label_1 must be .+, but they are 0.3 and [\d.]+\.$/,
    ],
    [
      "best image",
      "BEST_IMAGE",
      () => changed("test", () => ({ best_image_uid: "other" })),
      /best_image_uid must be the uid .+ but it is "other"/,
    ],
    [
      "an empty cell",
      "CELL_EMPTY",
      () => changed("train", () => ({ model_0: null as unknown as string })),
      /but model_0 is empty/,
    ],
    [
      "a count",
      "EXAMPLE_COUNT",
      () => changed("train", () => ({ num_example_per_prompt: 99n })),
      /num_example_per_prompt must be the \d rankings of its caption in the split, but it is 99/,
    ],
    [
      "a slot",
      "SLOT_0",
      () => changed("train", () => ({ slot_0: "top" as "left" })),
      /slot_0 must be left, right, null, but it is top/,
    ],
    [
      "a kept image",
      "KEPT_IMAGE",
      () => changed("train", () => ({ kept_image: 2 as 1 })),
      /kept_image must be 0, 1, null, but it is 2/,
    ],
    ["simulated", "SIMULATED", () => changed("train", () => ({ simulated: "{" })), /simulated must be JSON or null/],
    [
      "a prompt in two splits",
      "PROMPT_IN_TWO_SPLITS",
      () => duplicate("train", "test"),
      /Split test: ranking \d+: its prompt ".+" is in train too/,
    ],
    ["a ranking twice", "RANKING_REPEATED", () => duplicate("train", "train"), /ranking \d+ is there twice/],
    [
      "a prompt twice in a unique split",
      "UNIQUE_REPEATED",
      () => duplicate("validation_unique", "validation_unique"),
      /must have exactly one ranking here, but has more/,
    ],
    [
      "a unique ranking from elsewhere",
      "UNIQUE_STRAY",
      () => duplicate("test_unique", "validation_unique"),
      /Split validation_unique: ranking \d+ must be in validation too, but is not/,
    ],
    [
      "a prompt without its unique ranking",
      "UNIQUE_ABSENT",
      () => good.filter((_, i) => i !== inSplit("test_unique")),
      /Split test_unique: the prompt ".+" of test must have one ranking here, but has none/,
    ],
    [
      "a broken picture",
      "IMAGE_BROKEN",
      () => changed("train", ({ jpg_0 }) => ({ jpg_0: jpg_0!.subarray(0, 150) })),
      /image image-\d+-0 cannot be decoded: /,
    ],
    ["an empty picture", "IMAGE_EMPTY", () => changed("train", () => ({ jpg_1: undefined })), /image image-\d+-1 has no bytes/],
  ])("%s", async (_, code, rows, message) => {
    // Encoding and decoding pictures takes most of the time, and matters to rules about pictures only.
    const findings = await validateDataset(await publishRows(rows(), code.startsWith("IMAGE_")));
    expect(findings.filter(({ severity }) => severity === "error").map((finding) => finding.code)).toContain(code);
    expect(findings.find((finding) => finding.code === code)?.message).toMatch(message);
    for (const finding of findings) expect(finding.message).toMatch(/^[A-Z].+\.$/);
  });

  test("one uid with two contents", async () => {
    const other = await samplePicture("something else", "jpeg");
    const findings = await validateDataset(await publishRows(changed("validation_unique", () => ({ jpg_0: other }))));
    expect(findings.map(({ code }) => code)).toEqual(["IMAGE_DIFFERS"]);
    expect(findings[0]?.message).toMatch(/must be the same in every row, but its bytes differ from an earlier row/);
  });

  test("many times over are one finding with a count", async () => {
    const train = good.filter(({ split }) => split === "train").length;
    const rows = good.map((placed) =>
      placed.split === "train" ? { ...placed, row: { ...placed.row, has_label: !placed.row.has_label } } : placed,
    );
    const findings = await validateDataset(await publishRows(rows, false));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain(`(and ${train - 1} more rows like it).`);
  });

  test("but a broken picture is not looked for when decoding is switched off", async () => {
    const folder = await publishRows(changed("train", ({ jpg_0 }) => ({ jpg_0: jpg_0!.subarray(0, 150) })));
    expect(await validateDataset(folder, { decodeImages: false })).toEqual([]);
  });
});

describe("files that are not what was published are found", () => {
  const shard = "data/train-00000-of-00001.parquet";

  test.each<[string, (folder: string) => Promise<unknown>, [string, string][]]>([
    [
      "a changed card",
      (folder) => appendFile(join(folder, "README.md"), "x"),
      [["CHECKSUM_WRONG", "README.md is not the file that was published: its SHA-256 is"]],
    ],
    ["no checksums", (folder) => rm(join(folder, "SHA256SUMS")), [["CHECKSUMS_MISSING", "SHA256SUMS is missing"]]],
    [
      "no card",
      (folder) => rm(join(folder, "README.md")),
      [["FILE_MISSING", "README.md is listed in SHA256SUMS but cannot be read"]],
    ],
    [
      "checksums of something else",
      (folder) => writeFile(join(folder, "SHA256SUMS"), ""),
      Array.from({ length: 6 }, () => ["CHECKSUM_ABSENT", "is not listed in SHA256SUMS"]),
    ],
    [
      "a shard that was copied to another name",
      (folder) => copyFile(join(folder, shard), join(folder, "data/train-more.parquet")),
      [["FILE_STRAY", "data/train-more.parquet is no file of this dataset, but other programs would read it as rows"]],
    ],
    ["a note beside the shards, which nobody reads as rows", (folder) => writeFile(join(folder, "data/notes.txt"), ""), []],
    [
      "a split cut short",
      (folder) => truncate(join(folder, shard), 3000),
      [
        ["CHECKSUM_WRONG", `${shard} is not the file`],
        ["PICKAPIC_DATASET_FILE_DAMAGED", "is damaged or cut short"],
      ],
    ],
    [
      "a missing split",
      (folder) => rm(join(folder, shard)),
      [
        ["FILE_MISSING", `${shard} is listed`],
        ["PICKAPIC_DATASET_SPLIT_MISSING", "lacks the split train"],
      ],
    ],
  ])("%s", async (_, damage, expected) => {
    const folder = await publishRows(good, false);
    await damage(folder);
    const findings = await validateDataset(folder);
    expect(findings.map(({ code }) => code)).toEqual(expected.map(([code]) => code));
    for (const [i, [, text]] of expected.entries()) expect(findings[i]?.message).toContain(text);
  });

  test("pyarrow's file with a missing column, and one without feature metadata", async () => {
    const fixtures = new URL("../../../../fixtures/dataset/", import.meta.url).pathname;
    const lacking = await validateDataset(join(fixtures, "lacks-column"));
    expect(lacking.map(({ code }) => code)).toContain("PICKAPIC_DATASET_COLUMN_MISSING");
    const original = await validateDataset(join(fixtures, "original"));
    expect(original.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(original.map(({ code }) => code)).toContain("FEATURES");
  });
});

test("no dataset at all is an error, not a finding", async () => {
  const folder = await temporaryFolder();
  await expect(validateDataset(join(folder, "absent"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_FOUND" });
  await expect(validateDataset(folder)).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_A_DATASET" });
  expect(await readdir(folder)).toEqual([]);
});

describe("a person with two prompts in the unique splits", () => {
  /** `count` prompts in validation and its unique split, of different people but for the last, who is the first. */
  const findingsOf = (count: number) => {
    const report = new Report();
    const check = new SplitCheck(report);
    for (let i = 0; i < count; i++) {
      const row = { ranking_id: BigInt(i), caption: `prompt ${i}`, user_id: BigInt(i % (count - 1)), num_example_per_prompt: 1n };
      for (const split of ["validation", "validation_unique"] as const) check.add(split, row);
    }
    check.finish(new Set(["validation", "validation_unique"] as const));
    return report.findings();
  };

  test("is a warning, since each prompt should be of another person", () => {
    expect(findingsOf(61)).toEqual([
      {
        severity: "warning",
        code: "UNIQUE_USER_REPEATED",
        split: "validation_unique",
        message: expect.stringMatching(/^Split validation_unique: ranking 60: person 0 is there for another prompt too/),
      },
    ]);
  });

  test("is in order up to 60 prompts, where a small dataset may have too few people", () => {
    expect(findingsOf(60)).toEqual([]);
  });
});

test("a dataset without the index column, as it was written before, is read and has no finding about its features", async () => {
  const folder = await publishRows(good);
  const columns = COLUMNS.filter(({ kind }) => kind !== "index");
  for (const split of SPLITS) {
    const writer = new SplitWriter(split, join(folder, "data"), columns, realFiles, SHARD_LIMITS);
    const of = good.filter((placed) => placed.split === split).map(({ row }) => row);
    await writer.add({ block: blockOfRows(of), rows: Int32Array.from(of, (_, i) => i) });
    for (const { name } of await writer.finish())
      await rename(join(folder, "data", name), join(folder, "data", `${split}-00000-of-00001.parquet`));
  }
  expect((await validateDataset(folder)).map(({ code }) => code)).toEqual(SPLITS.map(() => "CHECKSUM_WRONG"));
  expect((await collect((await openDataset(folder)).read("train")))[0]).toMatchObject({ __index_level_0__: null });
});
