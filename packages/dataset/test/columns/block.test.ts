import { expect, test } from "vitest";
import { allRows, type Block, blockOfRows, type ColumnData, isNullAt, valueAt, valuesOf } from "../../src/columns/block.ts";
import { everyValue, reordered } from "../../src/columns/growing.ts";
import { limitBlock } from "../../src/columns/limits.ts";
import { COLUMNS, type PreferenceRow } from "../../src/row.ts";
import { CALLERS_DIGESTER } from "../../src/shards/digest.ts";
import { ParquetFile } from "../../src/shards/parquetFile.ts";
import { brokenRow } from "../../src/validate/columnRules.ts";
import { Tally } from "../../src/write/tally.ts";
import { sampleRecords } from "../sample.ts";

const RECORDS = sampleRecords();
const OF = Int32Array.from({ length: 3 * RECORDS.length }, (_, i) => (7 * i) % RECORDS.length);
/** Each ranking in three rows, once as rows of a block of their own, and once as a block that has each value once. */
const repeated = blockOfRows(Array.from(OF, (i): Partial<PreferenceRow> => RECORDS[i] ?? {}));
const once = blockOfRows(RECORDS);
const shared: Block = {
  length: OF.length,
  columns: new Map([...once.columns].map(([name, data]): [typeof name, ColumnData] => [name, { ...data, of: OF }])),
};
const ROWS = Int32Array.from({ length: 20 }, (_, i) => (11 * i) % OF.length);

test.each(COLUMNS.map(({ name, type }) => ({ name, type })))(
  "$name has the same values when each is stored once for all of its rows",
  ({ name, type }) => {
    const [plain, data] = [repeated.columns.get(name)!, shared.columns.get(name)!];
    const all = (column: ColumnData | undefined, rows: Int32Array) =>
      Array.from(rows, (row) => [valueAt(column, row, type === "bool"), isNullAt(column, row)]);
    expect(all(data, ROWS)).toEqual(all(plain, ROWS));
    expect(
      all(
        reordered(data, ROWS),
        ROWS.map((_, i) => i),
      ),
    ).toEqual(all(plain, ROWS));
    if (plain.kind === "integers" || plain.kind === "numbers") {
      const { rows } = allRows(shared);
      expect(data.kind === plain.kind && everyValue(data, rows)).toEqual(plain.values);
    }
    expect([...valuesOf(data, ROWS)]).toEqual(Array.from(ROWS, (row) => OF[row]));
  },
);

/** The checksum of a file of some rows. */
async function fileOf(block: Block, rows: Int32Array): Promise<string> {
  const nowhere = { write: async () => undefined, close: async () => undefined };
  const parquet = new ParquetFile(nowhere, COLUMNS, CALLERS_DIGESTER.start(), undefined);
  await parquet.writeGroup([{ block, rows }]);
  return (await parquet.finish()).sha256;
}

test("what is written, counted, limited and checked is the same when values are stored once", async () => {
  const rows = ROWS.toSorted();
  expect(await fileOf(shared, rows)).toBe(await fileOf(repeated, rows));
  const factsOf = (block: Block) => {
    const tally = new Tally();
    tally.add("train", { block, rows });
    return tally.facts();
  };
  expect(factsOf(shared)).toEqual(factsOf(repeated));
  expect(factsOf(shared).people).toBe(new Set(Array.from(rows, (row) => RECORDS[OF[row] ?? 0]?.user_id)).size);
  const limits = { maxPerPerson: 2, maxPerPrompt: 3, differentModels: true, from: RECORDS[1]?.created_at };
  expect(limitBlock(shared, limits).leftOut).toEqual(limitBlock(repeated, limits).leftOut);
  expect(brokenRow(shared)).toBe(brokenRow(repeated));
  const [first = RECORDS[0]!] = RECORDS;
  for (const broken of [
    { label_0: 0.7 },
    { caption: " " },
    { best_image_uid: "x" },
    { has_label: false, label_0: 1 },
    { model_0: null },
  ]) {
    const values = blockOfRows([first, { ...first, ...broken } as PreferenceRow]);
    const of = Int32Array.of(0, 0, 0, 1, 0);
    const columns = new Map([...values.columns].map(([name, data]): [typeof name, ColumnData] => [name, { ...data, of }]));
    expect(brokenRow({ length: of.length, columns })).toBe(3);
  }
});
