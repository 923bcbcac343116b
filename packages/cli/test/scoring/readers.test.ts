import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { expect, test } from "vitest";
import { openReader, slicesOf } from "../../src/scoring/readers.ts";
import { collect, fileOf, temporaryFolder } from "./scenery.ts";

test("rows are read as they are asked for: the end of a broken file is met only there", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `prompt ${i},${i}.png`);
  const { rows } = await openReader(fileOf("a.csv", `prompt,image\n${lines.join("\n")}\n"never closed`));
  let seen = 0;
  for await (const { row, where, values } of rows((names) => names)) {
    expect([row, where, values.image]).toEqual([seen + 1, `line ${seen + 2}`, `${seen}.png`]);
    if (++seen === 100) break;
  }
  await expect(collect(rows((names) => names))).rejects.toThrow(
    "row 20001 is not CSV: a quote is opened there and never closed.",
  );
});

test("a file that may not be read says so", async () => {
  const { rows } = await openReader("/proc/self/mem.csv");
  await expect(collect(rows((names) => names))).rejects.toMatchObject({ code: "ENOENT" });
});

test("only the columns that are wanted are read from Parquet, and the count is known beforehand", async () => {
  const file = join(temporaryFolder(), "a.parquet");
  const data = ["x", "y", "z"];
  parquetWriteFile({ filename: file, columnData: ["a", "b", "c"].map((name) => ({ name, data, type: "STRING" as const })) });
  const { count, rows } = await openReader(file);
  const read = await collect(rows((names) => names.filter((name) => name !== "b")));
  expect(count).toBe(3);
  expect(read.map(({ row, values }) => [row, values])).toEqual(data.map((x, i) => [i + 1, { a: x, c: x }]));
});

test("a large row group is read a few rows at a time where it has an index of its pages, else in ten thousands", async () => {
  const file = join(temporaryFolder(), "a.parquet");
  const big = Array.from({ length: 40 }, () => new Uint8Array(2_000_000).fill(7));
  const columnData = (length: number) => [
    { name: "jpg", data: big.slice(0, length), type: "BYTE_ARRAY" as const, codec: "UNCOMPRESSED" as const, encoding: "PLAIN" as const },
    { name: "n", data: Array.from({ length }, (_, i) => i), type: "INT32" as const },
  ]; // biome-ignore format: one line for each column
  parquetWriteFile({ filename: file, columnData: columnData(40), rowGroupSize: 40 });
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file));
  const indexed = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.map((column) => ({ ...column, offset_index_offset: 1n })),
  }));
  const plain = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.map((column) => ({ ...column, offset_index_offset: undefined })),
  }));
  expect(slicesOf({ ...metadata, row_groups: indexed }, ["jpg"])).toEqual([[0, 32], [32, 40]]); // biome-ignore format: one line
  expect(slicesOf({ ...metadata, row_groups: plain }, ["jpg"])).toEqual([[0, 40]]);
  expect(slicesOf({ ...metadata, row_groups: indexed }, ["n"])).toEqual([[0, 40]]);
  const many = plain.map((group) => ({ ...group, num_rows: 25_000n }));
  expect(slicesOf({ ...metadata, row_groups: [...many, ...plain] }, ["n"])).toEqual([
    [0, 10_000],
    [10_000, 20_000],
    [20_000, 25_000],
    [25_000, 25_040],
  ]);
});
