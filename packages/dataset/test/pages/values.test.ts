import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { realFiles } from "../../src/files.ts";
import type { Chunk } from "../../src/pages/chunk.ts";
import { PageMemory } from "../../src/pages/memory.ts";
import { isFullOfTexts, readTexts } from "../../src/pages/values.ts";
import { planRead } from "../../src/read/plan.ts";
import { COLUMNS, type ColumnName } from "../../src/row.ts";
import { pushLengths } from "../../src/shards/encodings.ts";
import { PageBytes } from "../../src/shards/pageBytes.ts";
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

/** A chunk of texts of one page. */
function chunkOf(memory: PageMemory, encoding: string, bytes: Uint8Array, rows: number): Chunk {
  const at = memory.take(bytes.length);
  memory.bytes(at, bytes.length).set(bytes);
  const page = { encoding, rows, count: rows, present: undefined, at, end: at + bytes.length };
  return { type: "BYTE_ARRAY", rows, dictionary: undefined, pages: [page] };
}

test("texts that share a beginning are whole when their lengths are possible and their bytes fill the page", () => {
  const isWhole = (shared: number[], own: number[], text: string) => {
    const target = new PageBytes();
    for (const lengths of [shared, own]) pushLengths(target, Int32Array.from(lengths), 0, lengths.length);
    target.pushBytes(Buffer.from(text));
    const memory = new PageMemory();
    return isFullOfTexts(chunkOf(memory, "DELTA_BYTE_ARRAY", target.filled(), shared.length), memory);
  };
  expect(isWhole([0, 3, 4], [4, 1, 2], "abcdefg")).toBe(true);
  for (const [shared, own, text] of [
    [[0, 3, 4], [4, 1, 2], "abcdef"],
    [[0, 3, 4], [4, 1, 2], "abcdefgh"],
    [[0, 3, 5], [4, 1, 2], "abcdefg"],
    [[1, 3, 4], [4, 1, 2], "abcdefg"],
    [[0, -1, 4], [4, 5, 2], "abcdefghijk"],
    [[0, 3, 2], [4, -1, 4], "abcdefg"],
  ] as const)
    expect(() => isWhole([...shared], [...own], text)).toThrow(RangeError);
});

test("texts that are compared are refused when one is no UTF-8, also where its bytes and the next length would be", () => {
  const memory = new PageMemory();
  const read = (...texts: Uint8Array[]) => {
    const pieces = texts.flatMap((text) => [Buffer.from(Uint32Array.of(text.length).buffer), text]);
    return readTexts(chunkOf(memory, "PLAIN", Buffer.concat(pieces), texts.length), memory, () => undefined).length;
  };
  const long = Buffer.alloc(0x80, "x");
  expect(read(Buffer.from("äpfel"), long)).toBe(2);
  expect(() => read(Uint8Array.of(0x61, 0xc3), long)).toThrow(RangeError);
  expect(() => read(Uint8Array.of(0x80))).toThrow(RangeError);
});
