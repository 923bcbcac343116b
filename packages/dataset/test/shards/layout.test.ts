import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findShards, groupShards, shardPath } from "../../src/shards/layout.ts";
import { temporaryFolder } from "../sample.ts";

test("files are called as Hugging Face calls them", () => {
  expect(shardPath("validation_unique", 0, 12)).toBe("data/validation_unique-00000-of-00012.parquet");
});

test("files are put in order by split, the hash of older libraries and foreign files being no matter", () => {
  const names = [
    "train-00001-of-00002-b66ac786bf6fb553.parquet",
    "test_unique-00000-of-00001.parquet",
    "train-00000-of-00002-0123456789abcdef.parquet",
    "test-00000-of-00001.parquet",
    "notes.txt",
    "train.parquet",
  ];
  expect([...groupShards(names)]).toEqual([
    ["train", [names[2], names[0]]],
    ["test", [names[3]]],
    ["test_unique", [names[1]]],
  ]);
});

test("a missing file of a numbered row is named", () => {
  expect(() => groupShards(["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"])).toThrow(
    "Split train has 2 of 3 files; data/train-00001-of-00003.parquet is missing: copy or download it again.",
  );
});

test.each([
  [["train-00000-of-00001.parquet", "train-00000-of-00002.parquet"]],
  [["train-00000-of-00001.parquet", "train-00000-of-00001-00ff.parquet"]],
])("the files of two exports in one folder are not mixed: %o", (names) => {
  expect(() => groupShards(names)).toThrow("Split train mixes the files of two exports");
});

test("files lie in data/ or in the folder itself", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "test-00000-of-00001.parquet"), "");
  expect([...(await findShards(folder))]).toEqual([["test", ["test-00000-of-00001.parquet"]]]);
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "data/train-00000-of-00001.parquet"), "");
  expect([...(await findShards(folder))]).toEqual([["train", ["data/train-00000-of-00001.parquet"]]]);
});

test.each([
  ["no folder at all", "absent", "PICKAPIC_DATASET_NOT_FOUND", "is not there: expected a dataset folder"],
  ["a file", "file", "PICKAPIC_DATASET_NOT_A_DATASET", "is a file, but a dataset is a folder"],
  [
    "a folder with other things",
    ".",
    "PICKAPIC_DATASET_NOT_A_DATASET",
    "is not a dataset: it has no files such as data/train-00000-of-00001.parquet",
  ],
])("%s is told in one sentence", async (_, name, code, text) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "");
  const error = await findShards(join(folder, name)).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: "DatasetError", code, message: expect.stringContaining(text) });
});
