import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allRows, blockOfRows } from "../../src/columns/block.ts";
import { type Files, realFiles } from "../../src/files.ts";
import { COLUMNS, columnsOf, type PreferenceRow } from "../../src/row.ts";
import { readFooter, typeOf } from "../../src/shards/parquet.ts";
import { SHARD_LIMITS, type ShardLimits, SplitWriter } from "../../src/shards/shards.ts";
import { checksumOf } from "../../src/write/checksums.ts";
import { sampleRecords, temporaryFolder } from "../sample.ts";

/** Rows whose two pictures have `bytes` bytes each. */
function rows(count: number, bytes: number): PreferenceRow[] {
  const [record] = sampleRecords();
  return Array.from({ length: count }, (_, i) => {
    const jpg = new Uint8Array(bytes).fill(i);
    return { ...record!, ranking_id: BigInt(i), num_example_per_prompt: 1n, __index_level_0__: null, jpg_0: jpg, jpg_1: jpg };
  });
}

/** Real files that note the size of each write. */
function noting(writes: number[]): Files {
  return {
    ...realFiles,
    async create(path) {
      const file = await realFiles.create(path);
      const write = (bytes: Uint8Array) => {
        writes.push(bytes.length);
        return file.write(bytes);
      };
      return { write, close: () => file.close() };
    },
  };
}

async function write(of: readonly PreferenceRow[], limits: Partial<ShardLimits>, writes: number[] = [], blockRows = 4) {
  const folder = await temporaryFolder();
  const writer = new SplitWriter("train", folder, columnsOf(true), noting(writes), { ...SHARD_LIMITS, ...limits });
  for (let start = 0; start < of.length; start += blockRows)
    await writer.add(allRows(blockOfRows(of.slice(start, start + blockRows))));
  const shards = await writer.finish();
  const footers = await Promise.all(shards.map(async ({ name }) => readFooter(await realFiles.read(join(folder, name)), name)));
  return { folder, shards, groups: footers.map(({ row_groups }) => row_groups.map(({ num_rows }) => Number(num_rows))) };
}

test("a file ends after exactly so many rows, a row group after fewer", async () => {
  const { groups } = await write(rows(11, 10), { shardRows: 5, groupRows: 2 });
  expect(groups).toEqual([[2, 2, 1], [2, 2, 1], [1]]);
});

test("files and row groups end after so many bytes, and no write is much larger than a row group", async () => {
  const writes: number[] = [];
  const { groups, shards } = await write(rows(40, 5000), { shardBytes: 100_000, groupBytes: 30_000 }, writes);
  expect(groups.flat().every((count) => count <= 3)).toBe(true);
  expect(groups.flat().reduce((sum, count) => sum + count, 0)).toBe(40);
  for (const { bytes } of shards) expect(bytes).toBeLessThan(100_000 + 50_000);
  expect(shards.length).toBeGreaterThan(3);
  expect(Math.max(...writes)).toBeLessThan(50_000);
});

test("size and checksum are those of the file on the disk", async () => {
  const { folder, shards } = await write(rows(7, 100), { groupRows: 3 });
  for (const { name, bytes, sha256 } of shards) {
    expect((await stat(join(folder, name))).size).toBe(bytes);
    expect(await checksumOf(join(folder, name))).toBe(sha256);
  }
});

test("a split without rows is one file without row groups", async () => {
  const { groups } = await write([], {});
  expect(groups).toEqual([[]]);
});

test("the schema is one column after the other, all of which may be null, times in nanoseconds without a zone", async () => {
  const { folder, shards } = await write(rows(1, 10), {});
  const { schema, key_value_metadata } = await readFooter(await realFiles.read(join(folder, shards[0]!.name)), "");
  const [root, ...elements] = schema;
  expect(root?.num_children).toBe(COLUMNS.length);
  expect(elements.map(({ name }) => name)).toEqual(COLUMNS.map(({ name }) => name));
  expect(elements.every(({ repetition_type }) => repetition_type === "OPTIONAL")).toBe(true);
  for (const [i, element] of elements.entries()) expect(typeOf(element)).toBe(COLUMNS[i]?.type);
  expect(elements.find(({ name }) => name === "created_at")).toMatchObject({
    type: "INT64",
    logical_type: { type: "TIMESTAMP", unit: "NANOS", isAdjustedToUTC: false },
  });
  expect(key_value_metadata?.map(({ key }) => key)).toContain("huggingface");
});

test("pictures are neither compressed again nor measured, and single ones can be read: their pages are indexed", async () => {
  const { folder, shards } = await write(rows(9, 70_000), {});
  const [group] = (await readFooter(await realFiles.read(join(folder, shards[0]!.name)), "")).row_groups;
  const jpg = group?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === "jpg_0");
  expect(jpg?.meta_data?.codec).toBe("UNCOMPRESSED");
  expect(jpg?.meta_data?.statistics?.min_value).toBeUndefined();
  expect(jpg?.offset_index_offset).toBeDefined();
});

test("the same rows give the same bytes, whatever blocks they come in", async () => {
  const of = rows(23, 3000);
  const sums = await Promise.all(
    [1, 5, 23].map(async (blockRows) => (await write(of, { groupRows: 10, groupBytes: 40_000 }, [], blockRows)).shards),
  );
  expect(sums[1]).toEqual(sums[0]);
  expect(sums[2]).toEqual(sums[0]);
});
