import type { SchemaElement } from "hyparquet";
import { expect, test } from "vitest";
import { COLUMNS, columnsOf } from "../../src/row.ts";
import { columnSource, featureMetadata, parquetSchemaOf, typeOf } from "../../src/shards/parquet.ts";

test("the schema is one column after the other, all of which may be null, times in nanoseconds without a zone", () => {
  const [root, ...elements] = parquetSchemaOf(COLUMNS);
  expect(root?.num_children).toBe(COLUMNS.length);
  expect(elements.map(({ name }) => name)).toEqual(COLUMNS.map(({ name }) => name));
  expect(elements.every(({ repetition_type }) => repetition_type === "OPTIONAL")).toBe(true);
  expect(elements.find(({ name }) => name === "created_at")).toMatchObject({
    type: "INT64",
    logical_type: { type: "TIMESTAMP", unit: "NANOS", isAdjustedToUTC: false },
  });
});

test("each column is read back as the type that it was declared", () => {
  for (const [i, element] of parquetSchemaOf(COLUMNS).slice(1).entries()) expect(typeOf(element)).toBe(COLUMNS[i]?.type);
});

test.each<[Omit<SchemaElement, "name">, string]>([
  [{ type: "BYTE_ARRAY", logical_type: { type: "STRING" } }, "string"],
  [{ type: "BYTE_ARRAY", converted_type: "UTF8" }, "string"],
  [{ type: "BYTE_ARRAY", converted_type: "JSON" }, "JSON"],
  [{ type: "INT64", converted_type: "TIMESTAMP_MICROS" }, "timestamp[ns]"],
  [{ type: "INT96" }, "timestamp[ns]"],
  [{ type: "INT32", logical_type: { type: "INTEGER", bitWidth: 32, isSigned: true }, converted_type: "INT_32" }, "int32"],
  [{ type: "INT32", converted_type: "UINT_32" }, "UINT_32"],
  [{ type: "INT32", converted_type: "DATE" }, "DATE"],
  [{ type: "INT64", converted_type: "DECIMAL" }, "DECIMAL"],
  [{ type: "FLOAT" }, "FLOAT"],
  [{ num_children: 2 }, "a nested column"],
])("%o is %s", (element, expected) => {
  expect(typeOf({ name: "x", ...element })).toBe(expected);
});

test("the feature metadata names every column with its type, as Python's datasets writes it", () => {
  const [entry] = featureMetadata(columnsOf(false));
  const { info } = JSON.parse(entry?.value ?? "");
  expect(entry?.key).toBe("huggingface");
  expect(Object.keys(info.features)).toEqual(columnsOf(false).map(({ name }) => name));
  expect(info.features.created_at).toEqual({ dtype: "timestamp[ns]", _type: "Value" });
});

test("pictures are neither compressed again nor measured, and what a row lacks is null", () => {
  const jpg = COLUMNS.find(({ name }) => name === "jpg_0")!;
  expect(columnSource(jpg, [{ jpg_0: new Uint8Array(2) }, {}])).toEqual({
    name: "jpg_0",
    data: [new Uint8Array(2), null],
    encoding: "PLAIN",
    codec: "UNCOMPRESSED",
    statistics: false,
  });
});
