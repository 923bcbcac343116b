import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { expect, test } from "vitest";
import { CarriedColumns, cellText, kindOf } from "../../src/scoring/carried.ts";
import { openFile } from "../../src/scoring/destinations.ts";
import { scoreSource } from "../../src/scoring/run.ts";
import { openSource } from "../../src/scoring/source.ts";
import { collect, fakeScorer, fileOf, temporaryFolder } from "./scenery.ts";

/** Scores a table into a file of another kind and gives the path. */
async function through(input: string, ending: string): Promise<string> {
  const source = await openSource([], { input, carry: true });
  const output = join(temporaryFolder(), `out${ending}`);
  const about = { source, scorer: "fake", pixels: "browser" as const, caution: async () => null, baseline: false };
  const destination = await openFile(output, about);
  for await (const images of scoreSource(fakeScorer(), source, null, { bestFirst: false }, () => {}))
    await destination.take(images);
  await destination.finish();
  return output;
}

const csv = async (input: string) => parse(readFileSync(await through(input, ".csv"), "utf8")) as string[][];
const lines = async (input: string) =>
  readFileSync(await through(input, ".jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: one line

async function parquet(input: string) {
  const file = await asyncBufferFromFile(await through(input, ".parquet"));
  const { schema } = await parquetMetadataAsync(file);
  return { types: Object.fromEntries(schema.map(({ name, type }) => [name, type])), rows: await parquetReadObjects({ file }) };
}

const OURS = ["row", "prompt", "image", "rank", "score", "probability", "error"];

test("the other columns of a CSV come out behind ours, once for each image of their row", async () => {
  const input = fileOf("a.csv", ",id,prompt,image_a,image_b,how\n0,007,x,1.png,2.png,\n1,x9,y,3.png,,\"a, b\"\n"); // biome-ignore format: one line
  const [head, ...rows] = await csv(input);
  expect(head).toEqual([...OURS, "column_1", "id", "how"]);
  expect(rows.map((row) => [row[2], ...row.slice(-3)])).toEqual([
    ["1.png", "0", "007", ""],
    ["2.png", "0", "007", ""],
    ["3.png", "1", "x9", "a, b"],
  ]);
  expect((await parquet(input)).rows[2]).toMatchObject({ image: "3.png", column_1: "1", id: "x9", how: "a, b" });
  expect((await lines(input))[2]).toMatchObject({ image: "3.png", column_1: "1", id: "x9", how: "a, b" });
});

test("a column that is called like one of ours gets a name that is free", async () => {
  const input = fileOf("a.csv", "prompt,path,image,score,input_score,percentile\nx,1.png,i,s,t,p\n");
  const source = await openSource([], { input, imageColumn: ["path"], carry: true });
  expect(source.carried.map(({ name }) => name)).toEqual([
    "input_image",
    "input_input_score",
    "input_score",
    "input_percentile",
  ]); // biome-ignore format: a list
  const [[image]] = (await collect(source.rows() as AsyncIterable<{ carried: object }[]>)) as [[{ carried: object }]];
  expect(image.carried).toEqual({ input_image: "i", input_input_score: "s", input_score: "t", input_percentile: "p" });
});

test("values of JSON Lines keep their kind; mixtures and lists are text where a column has one type", async () => {
  const rows = [
    '{"prompt":"x","image":"1.png","n":1,"f":0.5,"yes":true,"mixed":"a","list":[1,{"k":null}],"long":1234567890123456789}',
    '{"prompt":"y","image":"2.png","n":2,"f":3,"yes":false,"mixed":7,"late":null,"__proto__":"p"}',
  ];
  const input = fileOf("a.jsonl", rows.join("\n"));
  const text = readFileSync(await through(input, ".jsonl"), "utf8");
  expect(text).toContain('"n":1,"f":0.5,"yes":true,"mixed":"a","list":[1,{"k":null}],"long":1234567890123456789}');
  expect(text).toContain('"late":null,"__proto__":"p"}');
  expect((await csv(input)).map((row) => row.slice(OURS.length))).toEqual([
    ["n", "f", "yes", "mixed", "list", "long", "late", "__proto__"],
    ["1", "0.5", "true", "a", '[1,{"k":null}]', "1234567890123456789", "", ""],
    ["2", "3", "false", "7", "", "", "", "p"],
  ]);
  const { types, rows: read } = await parquet(input);
  expect(types).toMatchObject({
    n: "INT64",
    f: "DOUBLE",
    yes: "BOOLEAN",
    mixed: "BYTE_ARRAY",
    list: "BYTE_ARRAY",
    long: "INT64",
  });
  expect(read).toMatchObject([
    { n: 1n, f: 0.5, yes: true, mixed: "a", list: '[1,{"k":null}]', long: 1234567890123456789n, late: null },
    { n: 2n, f: 3, yes: false, mixed: "7", list: null, long: null, late: null },
  ]);
});

test("Parquet keeps simple types; times become text with all digits, and bytes are left out and named", async () => {
  const input = join(temporaryFolder(), "in.parquet");
  const optional = { repetition_type: "OPTIONAL" } as const;
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8", ...optional } as const;
  parquetWriteFile({
    filename: input,
    schema: [
      { name: "schema", num_children: 9 },
      { name: "prompt", ...text },
      { name: "image", ...text },
      { name: "seed", type: "INT64", ...optional },
      { name: "small", type: "INT32", ...optional },
      { name: "share", type: "DOUBLE", ...optional },
      { name: "good", type: "BOOLEAN", ...optional },
      { name: "model", ...text },
      { name: "at", type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" }, ...optional },
      { name: "other", num_children: 2, ...optional },
      { name: "bytes", type: "BYTE_ARRAY", ...optional },
      { name: "path", ...text },
    ],
    columnData: [
      { name: "prompt", data: ["x", "y"] },
      { name: "image", data: ["1.png", "2.png"] },
      { name: "seed", data: [2n ** 60n + 1n, null] },
      { name: "small", data: [7, -7] },
      { name: "share", data: [0.25, null] },
      { name: "good", data: [true, false] },
      { name: "model", data: ["m", null] },
      { name: "at", data: [-1n, 1_700_000_000_123_456n] },
      { name: "other", data: [{ bytes: Uint8Array.of(1), path: "o" }, null] },
    ],
  });
  expect((await openSource([], { input, carry: true })).leftOut).toEqual(["other"]);
  const { types, rows } = await parquet(input);
  expect(types).toMatchObject({ seed: "INT64", small: "INT64", share: "DOUBLE", good: "BOOLEAN", model: "BYTE_ARRAY" });
  expect(rows.map((row) => Object.entries(row).slice(OURS.length))).toEqual([
    Object.entries({ seed: 2n ** 60n + 1n, small: 7n, share: 0.25, good: true, model: "m", at: "1969-12-31T23:59:59.999999Z" }),
    Object.entries({ seed: null, small: -7n, share: null, good: false, model: null, at: "2023-11-14T22:13:20.123456Z" }),
  ]);
  expect(readFileSync(await through(input, ".jsonl"), "utf8")).toContain('"seed":1152921504606846977,"small":7,');
});

test("names that are only known from rows have a limit", async () => {
  const names = Array.from({ length: 40_000 }, (_, i) => `"k${i}":1`).join();
  const input = fileOf("a.jsonl", `{"prompt":"x","image":"1.png",${names}}`);
  await expect(openSource([], { input, carry: true })).rejects.toThrow("its rows have more than 32768 different names.");
  expect((await openSource([], { input, carry: false })).carried).toEqual([]);
});

test("kinds join to the narrowest that holds both, and empty cells say nothing", () => {
  const joined = (...values: unknown[]) => {
    const columns = new CarriedColumns([]);
    for (const value of values) columns.add("a", value === null ? null : kindOf(value));
    return columns.columns()[0]!.kind;
  };
  expect([joined(null), joined(null, 1), joined(1, 0.5, null), joined(true, 1), joined(2n ** 64n), joined(1e300)]).toEqual(
    ["text", "integer", "number", "text", "text", "number"], // biome-ignore format: a list
  );
  expect([null, undefined, "a", true, 1n, [1n], { a: 1 }].map(cellText)).toEqual(["", "", "a", "true", "1", "[1]", '{"a":1}']);
});
