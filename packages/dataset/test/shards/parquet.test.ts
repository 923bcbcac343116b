import type { SchemaElement } from "hyparquet";
import { expect, test } from "vitest";
import { columnsOf } from "../../src/row.ts";
import { featureMetadata } from "../../src/shards/features.ts";
import { typeOf } from "../../src/shards/parquet.ts";

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
