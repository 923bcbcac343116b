import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { realFiles } from "../../src/files.ts";
import { PageMemory } from "../../src/pages/memory.ts";
import { planRead } from "../../src/read/plan.ts";
import { COLUMNS, type ColumnName } from "../../src/row.ts";
import { type RawRow, readFooter, readRows } from "../../src/shards/parquet.ts";
import { GroupColumns } from "../../src/validate/groupColumns.ts";

const FIXTURES = fileURLToPath(new URL("../../../../fixtures/dataset/", import.meta.url));
const FILES = readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".parquet"));

/** The texts of a column, each put together from the memory. */
function textsOf(columns: GroupColumns, name: ColumnName): (string | null)[] {
  const { memory } = columns;
  const view = new DataView(memory.memory.buffer);
  const addresses = columns.texts(name, () => undefined);
  return Array.from(addresses, (at) => (at < 0 ? null : Buffer.from(memory.bytes(at + 4, view.getUint32(at, true))).toString()));
}

/** Compares a column with what hyparquet reads; returns whether it could be decoded here. */
function isSame(columns: GroupColumns, name: ColumnName, rows: readonly RawRow[]): boolean {
  const expected = rows.map((row) => row[name] ?? null);
  const kind = typeof expected.find((value) => value !== null);
  try {
    if (kind === "string") expect(textsOf(columns, name)).toEqual(expected);
    else if (kind === "number" || kind === "boolean")
      expect([...columns.numbers(name)]).toEqual(expected.map((value) => (value === null ? Number.NaN : Number(value))));
    else if (kind === "bigint" && !expected.includes(null)) {
      const { buffer, byteOffset, length } = columns.everyInteger(name);
      expect([...new BigInt64Array(buffer, byteOffset, length / 2)]).toEqual(expected);
    } else return false;
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

test("the columns of every file that pyarrow wrote have the values that hyparquet reads, or are not read here", async () => {
  expect(FILES.length).toBeGreaterThan(30);
  let [same, other] = [0, 0];
  for (const file of FILES) {
    const path = join(FIXTURES, file);
    const opened = await realFiles.read(path);
    const metadata = await readFooter(opened, path);
    const names = COLUMNS.filter(({ type }) => type !== "binary" && type !== "timestamp[ns]").map(({ name }) => name);
    const plan = planRead([metadata], names);
    let group = 0;
    for (const read of plan) {
      const rows = await readRows({ ...read, file: opened, metadata }, path);
      const memory = new PageMemory();
      const found = metadata.row_groups[group++];
      if (!found) throw new Error("more ranges than row groups");
      for (const name of read.columns) {
        memory.clear();
        const columns = await GroupColumns.read(opened, metadata, found, [name], memory).catch((error: unknown) => {
          if (error instanceof RangeError) return undefined;
          throw error;
        });
        if (columns && isSame(columns, name, rows)) same++;
        else other++;
      }
    }
    expect(relative(FIXTURES, path)).toBe(file);
  }
  // What is not read: integers with nulls, and columns of other types than ours.
  expect(same).toBeGreaterThan(4 * other);
});
