import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { expect, test } from "vitest";
import { openParquetTable, slicesOf } from "../../src/tables/parquetTable.ts";
import { collect, temporaryFolder } from "../sample.ts";

test("only the columns that are wanted are read from Parquet, and the count is known beforehand", async () => {
  const file = join(await temporaryFolder(), "a.parquet");
  const data = ["x", "y", "z"];
  parquetWriteFile({ filename: file, columnData: ["a", "b", "c"].map((name) => ({ name, data, type: "STRING" as const })) });
  const { count, rows } = await openParquetTable(file);
  const read = await collect(rows((names) => names.filter((name) => name !== "b")));
  expect(count).toBe(3);
  expect(read.map(({ row, values }) => [row, values])).toEqual(data.map((x, i) => [i + 1, { a: x, c: x }]));
});

test("a large row group is read a few rows at a time where it has an index of its pages, else in ten thousands", async () => {
  const file = join(await temporaryFolder(), "a.parquet");
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

test("single cells are read again, in any order", async () => {
  const file = join(await temporaryFolder(), "a.parquet");
  const data = Array.from({ length: 25 }, (_, i) => Uint8Array.of(i, 1));
  parquetWriteFile({ filename: file, columnData: [{ name: "jpg", data, type: "BYTE_ARRAY" }], rowGroupSize: 10 });
  const { cell } = await openParquetTable(file);
  for (const row of [1, 25, 11, 10, 2]) expect(await cell!(row, "jpg")).toEqual(data[row - 1]);
  expect(await cell!(26, "jpg")).toBeUndefined();
});
