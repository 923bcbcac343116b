import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { checkOutput, type Format, openFile, openPrint } from "../../src/scoring/destinations.ts";
import type { Scored } from "../../src/scoring/output.ts";
import { temporaryFolder } from "./scenery.ts";

const scoredOf = (image: string, score: number | null): Scored => ({
  row: 1,
  prompt: "a cat",
  image,
  rank: score === null ? null : 1,
  score,
  probability: score === null ? null : 0.5,
  error: score === null ? `${image}: no.` : null,
});
const images = (...all: Scored[]) => all.map((scored) => ({ scored, carried: {}, image: new Uint8Array() }));

async function printed(format: Format, prompt: string | null, slices: ReturnType<typeof images>[], baseline = false) {
  let text = "";
  const stdout = { write: () => true, isTTY: false };
  const caution = async () => null;
  const about = {
    source: { prompt, carried: [], passedOver: { files: 1, kinds: { hidden: 1 } }, unreadable: [] },
    scorer: "fake",
    pixels: "browser" as const,
    caution,
    baseline,
  };
  const destination = await openPrint(format, about, stdout, (piece) => {
    text += piece;
  });
  for (const slice of slices) await destination.take(slice);
  await destination.finish();
  return text;
}

test("JSON is one line, however many pieces it is written in, and none", async () => {
  const slices = [images(scoredOf("1.png", 1), scoredOf("none", null)), images(scoredOf("2.png", 2))];
  const set = await printed("json", "a cat", slices);
  expect(set.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(set)).toEqual({
    prompt: "a cat",
    scorer: "fake",
    pixels: "browser",
    images: [
      { image: "1.png", rank: 1, score: 1, probability: 0.5 },
      { image: "2.png", rank: 1, score: 2, probability: 0.5 },
    ],
    unreadable: [{ image: "none", message: "none: no." }],
    passedOver: { files: 1, kinds: { hidden: 1 } },
  });
  expect(JSON.parse(await printed("json", null, slices))).toEqual({
    scorer: "fake",
    pixels: "browser",
    rows: slices.flat().map(({ scored }) => scored),
  });
  expect(JSON.parse(await printed("json", "a cat", []))).toEqual({
    prompt: "a cat",
    scorer: "fake",
    pixels: "browser",
    images: [],
    unreadable: [],
    passedOver: { files: 1, kinds: { hidden: 1 } },
  });
  expect(JSON.parse(await printed("json", null, []))).toEqual({ scorer: "fake", pixels: "browser", rows: [] });
  const only = [images(scoredOf("none", null))];
  expect(JSON.parse(await printed("json", "a cat", only))).toMatchObject({ images: [], unreadable: [{ image: "none" }] });
});

test("CSV has one head", async () => {
  const slices = [images(scoredOf("1.png", 1)), images(scoredOf("none", null))];
  const rows = parse(await printed("csv", null, slices), { columns: true }) as Record<string, string>[];
  expect(rows.map(({ image, error }) => [image, error])).toEqual([["1.png", ""], ["none", "none: no."]]); // biome-ignore format: one line
});

test("a table of the terminal has a head every thousand rows, and failures in the rows of a table only", async () => {
  const many = Array.from({ length: 2500 }, (_, i) => scoredOf(`${i}.png`, i));
  const lines = (await printed("table", "a cat", [images(...many.slice(0, 1700)), images(...many.slice(1700))])).split("\n");
  expect(lines.filter((line) => line.startsWith("image"))).toHaveLength(3);
  expect(lines.filter((line) => /^\d+\.png/.test(line))).toHaveLength(2500);
  const slices = [images(scoredOf("none", null))];
  expect(await printed("table", null, slices)).toContain("none: no.");
  expect(await printed("table", "a cat", slices)).not.toContain("none: no.");
});

test("a file has the kind that its name says, and a contact sheet is a file like the others", async () => {
  const folder = temporaryFolder();
  const settings = {
    source: { prompt: null, carried: [], passedOver: { files: 1, kinds: { hidden: 1 } }, unreadable: [] },
    scorer: "fake",
    pixels: "browser" as const,
    caution: async () => null,
    baseline: false,
  };
  for (const name of ["a.csv", "a.jsonl", "a.parquet", "a.HTML"]) {
    const destination = await openFile(join(folder, name), settings);
    await destination.take(images(scoredOf("1.png", 1)));
    expect(existsSync(join(folder, name))).toBe(false);
    await destination.finish();
    await destination.abandon();
  }
  const start = (name: string) => readFileSync(join(folder, name), "latin1").slice(0, 4);
  expect(["a.csv", "a.jsonl", "a.parquet", "a.HTML"].map(start)).toEqual(["row,", '{"ro', "PAR1", "<!do"]);
  const given = await openFile(join(folder, "b.html"), settings);
  await given.take(images(scoredOf("1.png", 1)));
  await given.abandon();
  expect(readdirSync(folder).sort()).toEqual(["a.HTML", "a.csv", "a.jsonl", "a.parquet"]);
});

test("a name that says nothing, or something else than the format, is refused", () => {
  expect(() => checkOutput("a.xlsx", undefined)).toThrow(
    "--output: expected a name that ends in .csv, .jsonl, .parquet, .html; got a.xlsx.",
  );
  expect(() => checkOutput("a.csv", "html")).toThrow("--format html: the name a.csv says something else");
  expect(() => checkOutput("a.parquet", "table")).toThrow("says something else");
  for (const [name, format] of [["a.CSV", "csv"], ["a.jsonl", "json"], ["a.parquet", undefined]] as const) // biome-ignore format: one line
    expect(checkOutput(name, format)).toBeUndefined();
});
