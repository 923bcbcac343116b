import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { expect, test } from "vitest";
import { allRows, type Block, blockOfRows, type ColumnData } from "../../src/columns/block.ts";
import { prefixedTexts } from "../../src/columns/derivedTexts.ts";
import { GrowingDictionary, type TextDictionary } from "../../src/columns/dictionary.ts";
import { askDatasets } from "../../src/duckdb.ts";
import { realFiles } from "../../src/files.ts";
import { COLUMNS, type Column, type ColumnName, columnsOf } from "../../src/row.ts";
import { CALLERS_DIGESTER } from "../../src/shards/digest.ts";
import { parsers, readFooter } from "../../src/shards/parquet.ts";
import { ParquetFile } from "../../src/shards/parquetFile.ts";
import { sampleRecords, temporaryFolder } from "../sample.ts";

/** So many rows that every column has several pages. */
const ROWS = 44_000;
const every = <T>(of: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => of(row));
const presence = (isPresent: (row: number) => boolean) => Uint8Array.from(every((row) => Number(isPresent(row))));
const integers = (of: (row: number) => bigint, isPresent = (_row: number): boolean => true): ColumnData => ({
  kind: "integers",
  values: BigInt64Array.from(every(of)),
  present: presence(isPresent),
});
const texts = (of: (row: number) => string | null, as = (dictionary: TextDictionary) => dictionary): ColumnData => {
  const dictionary = new GrowingDictionary();
  const codes = Int32Array.from(every(of), (text) => (text === null ? -1 : dictionary.codeOfText(text)));
  return { kind: "texts", codes, dictionary: as(dictionary) };
};
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];
const name36 = (row: number) => `${"0".repeat(28)}${(row * 2_654_435_761).toString(16).padStart(12, "0").slice(-8)}`;

/** Values that are hard for an encoding: nulls in turns, at the end, and in long runs, extremes of int64, jumps of 60 bits, many and few different ones. */
const HARD: Partial<Record<ColumnName, ColumnData>> = {
  ranking_id: integers((row) => BigInt(row) - 5n),
  created_at: integers((row) => 1_767_225_600_000_000_000n + BigInt(row) * 7_250_000_123n),
  user_id: integers((row) => (row % 2 === 0 ? LEAST : MOST - BigInt(row))),
  seed_0: integers((row) => BigInt(row * 2_654_435_761) % 4_294_967_296n),
  seed_1: integers(
    (row) => BigInt(row) ** 3n * (row % 3 === 0 ? -1n : 1n),
    (row) => row % 7 !== 3,
  ),
  num_example_per_prompt: integers(
    (row) => BigInt(row % 5),
    (row) => row < 100,
  ),
  __index_level_0__: integers(
    () => 0n,
    () => false,
  ),
  guidance_scale_0: { kind: "numbers", values: Float64Array.from(every((row) => row / 7)) },
  guidance_scale_1: {
    kind: "numbers",
    values: Float64Array.from(every((row) => (row % 9) - 4.5)),
    present: presence((row) => row > 30_000),
  },
  steps_0: { kind: "numbers", values: Int32Array.from(every((row) => (row % 2 === 0 ? 2 ** 31 - 1 - row : -(2 ** 31) + row))) },
  steps_1: { kind: "numbers", values: Int32Array.from(every((row) => 20 + (row % 3))) },
  answer_ms: {
    kind: "numbers",
    values: Int32Array.from(every((row) => (row * 37) % 17_001)),
    present: presence((row) => row % 5 !== 0),
  },
  are_different: {
    kind: "numbers",
    values: Uint8Array.from(every((row) => Number(row % 3 === 0))),
    present: presence((row) => row % 4 !== 0),
  },
  has_label: { kind: "numbers", values: Int32Array.from(every(() => 1)) },
  caption: texts((row) => (row % 11 === 0 ? null : `prompt ${row % 9001} 🍎`)),
  model_0: texts(() => "one"),
  model_1: texts((row) => (row < 21_000 ? "first" : "second")),
  simulated: texts((row) => (row === ROWS - 1 ? "the last" : null)),
  image_0_uid: texts((row) => name36(row)),
  image_1_uid: texts((row) => (row % 1000 === 0 ? null : name36(row + 1))),
  image_0_url: texts(
    (row) => (row % 500 === 7 ? null : name36(row)),
    (uids) => prefixedTexts("https://example.org/é/", uids),
  ),
  image_1_url: texts((row) => (row % 3 === 0 ? null : row % 3 === 1 ? "" : `é${row}`)),
};
const hard: Block = {
  length: ROWS,
  columns: new Map(COLUMNS.flatMap(({ name }) => (HARD[name] ? [[name, HARD[name]] as const] : []))),
};

async function written(groups: readonly Block[], columns: readonly Column[]): Promise<string> {
  const path = join(await temporaryFolder(), "train-00000-of-00001.parquet");
  const parquet = new ParquetFile(await realFiles.create(path), columns, CALLERS_DIGESTER.start(), undefined);
  for (const block of groups) await parquet.writeGroup([allRows(block)]);
  await parquet.finish();
  return path;
}

/** The value of each row as a reader gives it. */
const expected = (name: ColumnName, type: Column["type"]): unknown[] => {
  const data = HARD[name];
  return every((row) => {
    if (!data || data.kind === "pictures") return null;
    if (data.kind === "texts") return (data.codes[row] ?? -1) < 0 ? null : data.dictionary.text(data.codes[row] ?? 0);
    if (data.present?.[row] === 0) return null;
    return type === "bool" ? data.values[row] === 1 : data.values[row];
  });
};

test("two readers find the values that were written, in several pages, with nulls, extremes and many different ones", async () => {
  const path = await written([hard], columnsOf(false));
  const file = await realFiles.read(path);
  const metadata = await readFooter(file, path);
  const found = await parquetReadObjects({ file, metadata, compressors, parsers, utf8: false, useOffsetIndex: true });
  for (const { name, type } of columnsOf(false)) {
    const [values, wanted] = [found.map((row) => row[name]), expected(name, type)];
    const at = values.findIndex((value, row) => value !== wanted[row]);
    expect({ name, row: at, value: values[at] }).toEqual({ name, row: -1, value: undefined });
  }
  await askDatasets({ everything: new Map([["train", [path]]]) }, async (ask) => {
    for (const { name, type } of columnsOf(false).filter((column) => column.name !== "created_at")) {
      const rows = await ask(`select "${name}" from everything`);
      const wanted = expected(name, type);
      const at = rows.findIndex(([value], row) => value !== wanted[row]);
      expect({ name, row: at, value: rows[at]?.[0] }).toEqual({ name, row: -1, value: undefined });
    }
  });
});

test("the footer tells the bounds of numbers and how many are null, and where single rows are", async () => {
  const path = await written([hard], columnsOf(false));
  const [group] = (await readFooter(await realFiles.read(path), path)).row_groups;
  const of = (name: ColumnName) => group?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
  const bounds = (name: ColumnName) => of(name)?.meta_data?.statistics;
  expect(bounds("user_id")).toMatchObject({ min_value: LEAST, max_value: MOST - 1n, null_count: 0n });
  expect(bounds("created_at")?.min_value).toBe(1_767_225_600_000_000_000n);
  expect(bounds("guidance_scale_1")).toMatchObject({ min_value: -4.5, max_value: 3.5, null_count: 30_001n });
  expect(bounds("steps_0")).toMatchObject({ min_value: -(2 ** 31) + 1, max_value: 2 ** 31 - 1 });
  expect(bounds("simulated")).toMatchObject({ null_count: BigInt(ROWS - 1) });
  for (const { name } of columnsOf(false))
    expect({ name, index: of(name)?.offset_index_offset }).not.toEqual({ name, index: undefined });
});

test("rows with pictures come back from the middle of several row groups, byte by byte", async () => {
  const rows = sampleRecords().map((record, i) => ({
    ...record,
    jpg_0: new Uint8Array(i * 4001).fill(i),
    ...(i % 3 === 0 ? {} : { jpg_1: Uint8Array.of(i) }),
  }));
  const path = await written([blockOfRows(rows.slice(0, 9)), blockOfRows(rows.slice(9))], COLUMNS);
  const file = await realFiles.read(path);
  const options = { file, compressors, parsers, utf8: false, useOffsetIndex: true, columns: ["jpg_0", "jpg_1", "caption"] };
  const found = await parquetReadObjects({ ...options, rowStart: 7, rowEnd: 12 });
  const wanted = rows.slice(7, 12).map(({ jpg_0, jpg_1 = null, caption }) => ({ jpg_0, jpg_1, caption }));
  expect(found.map(({ caption }) => caption)).toEqual(wanted.map(({ caption }) => caption));
  for (const [i, { jpg_0, jpg_1 }] of wanted.entries()) {
    expect(Buffer.compare(Buffer.from(found[i]?.jpg_0), jpg_0)).toBe(0);
    expect(found[i]?.jpg_1 && [...found[i].jpg_1]).toEqual(jpg_1 && [...jpg_1]);
  }
});
