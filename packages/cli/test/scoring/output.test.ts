import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { OpenFile } from "@pickapic/disk";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { expect, test } from "vitest";
import { openSink, outputColumns, type Scored } from "../../src/scoring/output.ts";
import { temporaryFolder } from "./scenery.ts";

const good: Scored = {
  row: 1,
  prompt: 'a "red"\ncat, 猫',
  image: "a.png",
  rank: 1,
  score: -0.1,
  probability: 1 / 3,
  error: null,
};
const bad: Scored = { row: 2, prompt: "x", image: "b.png", rank: null, score: null, probability: null, error: "b.png: no." };
const compared: Scored = { ...good, percentile: 12.5, preferred: 0.25 };

const rowOf = (image: string) => ({ scored: { ...good, image }, carried: {} });

async function written(path: string, rows: readonly Scored[], baseline = false): Promise<string> {
  const sink = await openSink(path, outputColumns(baseline, []));
  for (const scored of rows) await sink.write([{ scored, carried: {} }]);
  await sink.close();
  await sink.abandon();
  return path;
}

test("CSV: a head, one line for each image, what is not known is empty; the columns of a baseline only with one", async () => {
  const folder = temporaryFolder();
  const text = readFileSync(await written(join(folder, "a.csv"), [good, bad]), "utf8");
  expect(parse(text)).toEqual([
    ["row", "prompt", "image", "rank", "score", "probability", "error"],
    ["1", good.prompt, "a.png", "1", "-0.1", "0.3333333333333333", ""],
    ["2", "x", "b.png", "", "", "", "b.png: no."],
  ]);
  const [head, first] = parse(readFileSync(await written(join(folder, "b.csv"), [compared], true), "utf8")) as string[][];
  expect(head).toEqual(["row", "prompt", "image", "rank", "score", "probability", "percentile", "preferred", "error"]);
  expect(first!.slice(6, 8)).toEqual(["12.5", "0.25"]);
});

test("JSON Lines: an object on each line", async () => {
  const text = readFileSync(await written(join(temporaryFolder(), "a.jsonl"), [good, bad]), "utf8");
  expect(text.trimEnd().split("\n").map((line) => JSON.parse(line))).toEqual([good, bad]); // biome-ignore format: one line
});

test("Parquet: every column with its type, in row groups of ten thousand", async () => {
  const rows = Array.from(
    { length: 25_000 },
    (_, i): Scored => (i % 7 === 0 ? { ...bad, row: i } : { ...compared, row: i, score: i / 8 }),
  );
  const file = await asyncBufferFromFile(await written(join(temporaryFolder(), "a.parquet"), rows, true));
  const { parquetMetadataAsync } = await import("hyparquet");
  const metadata = await parquetMetadataAsync(file);
  expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([10_000, 10_000, 5_000]);
  expect(metadata.schema.slice(1).map(({ name, type }) => `${name} ${type}`)).toEqual([
    "row INT64",
    "prompt BYTE_ARRAY",
    "image BYTE_ARRAY",
    "rank INT64",
    "score DOUBLE",
    "probability DOUBLE",
    "percentile DOUBLE",
    "preferred DOUBLE",
    "error BYTE_ARRAY",
  ]);
  const read = await parquetReadObjects({ file, compressors });
  const expected = rows.map((row) => ({ percentile: null, preferred: null, ...row, row: BigInt(row.row), rank: row.rank && 1n }));
  expect(read).toEqual(expected);
});

/** Files on a disk that has room for so many bytes. */
function smallDisk(room: number): OpenFile {
  return async (path, flags) => {
    const handle = await open(path, flags);
    let left = room;
    const writeFile = async (data: string | Uint8Array) => {
      left -= Buffer.byteLength(data);
      if (left >= 0) return handle.writeFile(data);
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    return Object.assign(Object.create(handle) as FileHandle, {
      writeFile,
      sync: () => handle.sync(),
      close: () => handle.close(),
    });
  };
}

test.each(["a.csv", "a.jsonl", "a.parquet"])(
  "%s: a disk that fills up leaves no file behind, and an old one as it was",
  async (name) => {
    for (const room of [0, 300_000]) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, name), "old");
      const sink = await openSink(join(folder, name), outputColumns(false, []), smallDisk(room));
      const fill = async () => {
        for (let i = 0; i < 60; i++)
          await sink.write(Array.from({ length: 500 }, (_, k) => rowOf(`${Math.sin(i * 500 + k)}.png`)));
        await sink.close();
      };
      await expect(fill()).rejects.toMatchObject({ code: "ENOSPC" });
      await sink.abandon();
      expect(readdirSync(folder)).toEqual([name]);
      expect(readFileSync(join(folder, name), "utf8")).toBe("old");
    }
  },
);

test("a sink that is given up leaves nothing, and a folder in the place of the file is refused at once", async () => {
  const folder = temporaryFolder();
  const sink = await openSink(join(folder, "a.csv"), outputColumns(false, []));
  await sink.write([rowOf("a.png")]);
  await sink.abandon();
  await sink.abandon();
  expect(readdirSync(folder)).toEqual([]);
  const there = join(temporaryFolder(), "b.csv");
  await written(join(there, "c.csv"), [good]);
  await expect(openSink(there, outputColumns(false, []))).rejects.toMatchObject({ code: "EISDIR", path: there });
  await expect(openSink(join(folder, "a.xlsx"), [])).rejects.toMatchObject({ code: "PICKAPIC_USAGE_ARGUMENT" });
});
