import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { listElements } from "../../src/tables/jsonList.ts";
import { readTextLines } from "../../src/tables/lines.ts";
import { openTableFile } from "../../src/tables/open.ts";
import { collect, temporaryFolder } from "../sample.ts";

async function read(name: string, content: string | Uint8Array) {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  const rows = await collect((await openTableFile(file)).rows());
  return rows.map(({ where, values }) => ({ where, values }));
}

const ROW = { prompt: "a cat", image: "1.png" };
const JSON_ROW = JSON.stringify(ROW);
test.each<[name: string, content: string, where: string]>([
  ["a.csv", "prompt,image\na cat,1.png\n", "line 2"],
  ["a.txt", "prompt;image\na cat;1.png\n", "line 2"],
  ["a", "prompt\timage\r\na cat\t1.png", "line 2"],
  ["a.jsonl", `${JSON_ROW}\n`, "line 1"],
  ["a.ndjson", `\n${JSON_ROW}`, "line 2"],
  ["a.json", JSON_ROW.replace(/^/, "\n[\n").concat("]"), "row 1"],
  ["a.json", `[${JSON_ROW}]`, "row 1"],
  ["a.json", `{"rows": [${JSON_ROW}]}`, "row 1"],
  ["a.json", '{"prompt": ["a cat"], "image": ["1.png"]}', "row 1"],
  ["a.jsonl", `[\n${JSON_ROW}\n]`, "row 1"],
  ["a.dat", `${JSON_ROW}\n`, "line 1"],
  ["a.dat", `[${JSON_ROW}]`, "row 1"],
])("%s with %j is told by what is in it, also where it is compressed with gzip", async (name, content, where) => {
  expect(await read(name, content)).toEqual([{ where, values: ROW }]);
  expect(await read(`${name}.gz`, gzipSync(content))).toEqual([{ where, values: ROW }]);
});

test("a compressed table is recognised by its bytes, may be UTF-16, and may be read to a part only", async () => {
  const text = Buffer.from(`\ufeffprompt\timage\n${"a cät\t1.png\n".repeat(100_000)}`, "utf16le");
  const file = join(await temporaryFolder(), "a.tsv");
  await writeFile(file, gzipSync(text));
  const table = await openTableFile(file);
  const rows = table.rows();
  expect((await rows.next()).value).toMatchObject({ where: "line 2", values: { prompt: "a cät", image: "1.png" } });
  await rows.return(undefined);
  expect(await collect(table.rows())).toHaveLength(100_000);
});

test("the lines of a text come without its byte-order mark and line ends, from any encoding, compressed or not", async () => {
  const lines = async (name: string, content: string | Uint8Array) => {
    const file = join(await temporaryFolder(), name);
    await writeFile(file, content);
    return readTextLines(file);
  };
  expect(await lines("a.txt", "\ufeffa cät\r\n\r\na dog")).toEqual({ lines: ["a cät", "", "a dog"], notes: [] });
  expect((await lines("a.txt", Buffer.from("\ufeffa cät\na dog\n", "utf16le"))).lines).toEqual(["a cät", "a dog", ""]);
  expect(await lines("a.txt.gz", gzipSync(Buffer.from("a c\xe4t", "latin1")))).toEqual({
    lines: ["a cät"],
    notes: [expect.stringMatching(/a\.txt\.gz was read as Windows-1252/)],
  });
  await expect(readTextLines(await temporaryFolder())).rejects.toThrow(/: it is a folder; expected a \.csv/);
  await expect(lines("a.txt", "PK\x03\x04")).rejects.toThrow(/workbook or archive/);
});

test.each([
  [
    "a list in each line is a prompt and its images",
    "a.jsonl",
    '["a cat","1.png","2.png"]\n',
    [{ prompt: "a cat", images: ["1.png", "2.png"] }],
  ],
  ["JSON lines in a .json, as many programs call them", "a.json", `${JSON_ROW}\n${JSON_ROW}\n`, [ROW, ROW]],
])("%s", async (_, name, content, rows) => {
  expect(await read(name, content)).toEqual(rows.map((values, i) => ({ where: `line ${i + 1}`, values })));
});

const REFUSED: [name: string, content: string | Uint8Array, sentence: RegExp][] = [
  ["a.csv", "", /a\.csv: it is empty \(0 bytes\)/],
  ["a.csv", "PK\x03\x04....", /workbook or archive \(ZIP\): save the sheet as CSV/],
  ["a.csv", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0), /old Excel workbook/],
  [
    "a.csv",
    Uint8Array.of(0x1f, 0x8b, 8),
    /a\.csv: it is compressed with gzip, but cut short or damaged \(unexpected end of file\): copy or download it again\.$/,
  ],
  [
    "a.csv.gz",
    gzipSync("prompt,image\na cat,1.png\n".repeat(2000)).subarray(0, 60),
    /it is compressed with gzip, but cut short or damaged/,
  ],
  ["a.csv.gz", gzipSync(""), /a\.csv\.gz: nothing is in it \(0 bytes\); expected a head/],
  [
    "a.tar.gz",
    gzipSync(Buffer.concat([Buffer.alloc(257, "a"), Buffer.from("ustar"), Buffer.alloc(1000)])),
    /an archive \(tar\) is in it: unpack it first/,
  ],
  ["a.parquet.gz", gzipSync("PAR1 hello PAR1"), /compressed with gzip, and Parquet is in it: unpack it first/],
  ["a.csv.gz", gzipSync(gzipSync("prompt,image\n")), /compressed with gzip twice: unpack it first/],
  ["a.csv", "<!DOCTYPE html><html>", /page of the web \(HTML\) and not the file itself/],
  ["a.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", /pointer of Git LFS/],
  ["a.parquet", "PAR1 hello PAR1", /damaged or not Parquet/],
  ["a.csv", "prompt,image,image\na,1.png,2.png\n", /line 1: the column image is there twice/],
  ["a.jsonl", `{"prompt":"${"x".repeat(2 ** 21)}`, /line 1: it has more than 1048576 characters/],
  ["a.json", `[${JSON_ROW},`, /a\.json row 2: the file ends in the middle of its list, as one that was cut off does\.$/],
  ["a.json", `[${JSON_ROW}] [`, /a\.json row 2: there is text behind the end of the list/],
  ["a.json", `[{"prompt":"${"x".repeat(2 ** 21)}"}]`, /a\.json row 1: it has more than 1048576 characters/],
  ["a.json", "7", /expected a list of rows/],
  ["a.csv", `prompt,image\n"${"x\n".repeat(2 ** 20)}`, /line 2: this is no CSV: it has more than 1048576 characters/],
];
// The titles do without the contents, of which two have millions of characters.
test.each(REFUSED.map(([name, content, sentence]) => ({ name, content, sentence })))(
  "$name is refused: $sentence",
  async ({ name, content, sentence }) => {
    await expect(read(name, content)).rejects.toMatchObject({ name: "DatasetError", message: expect.stringMatching(sentence) });
  },
);

test.each([
  ["a.jsonl", `{"prompt":\n7\n${JSON_ROW}`, ["this is not JSON", "this is JSON of another kind", null]],
  ["a.json", `[${JSON_ROW},"b",{"prompt" 1},]`, [null, "this is JSON of another kind", "this is not JSON", "this is not JSON"]],
  ["a.json", `{"rows":[${JSON_ROW},null]}`, [null, "this is JSON of another kind"]],
])("a broken row of %s, %j, is a problem of that row and not of the file", async (name, content, expected) => {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  const problems: (string | null)[] = [];
  for await (const { problem } of (await openTableFile(file)).rows()) problems.push(problem?.split(";")[0] ?? null);
  expect(problems).toEqual(expected);
});

test("a folder and nothing at all are refused", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "b.csv"));
  await expect(openTableFile(join(folder, "b.csv"))).rejects.toThrow("it is a folder; expected a .csv");
  await expect(openTableFile(join(folder, "gone.csv"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_FOUND" });
});

test("rows are read as they are asked for: the end of a broken file is met only there", async () => {
  const file = join(await temporaryFolder(), "a.csv");
  const lines = Array.from({ length: 20_000 }, (_, i) => `prompt ${i},${i}.png`);
  await writeFile(file, `prompt,image\n${lines.join("\n")}\n"never closed`);
  const reader = await openTableFile(file);
  let seen = 0;
  for await (const { row, where, values } of reader.rows()) {
    expect([row, where, values.image]).toEqual([seen + 1, `line ${seen + 2}`, `${seen}.png`]);
    if (++seen === 100) break;
  }
  await expect(collect(reader.rows())).rejects.toThrow("line 20002: this is no CSV: a quote is opened there and never closed");
});

test("a JSON list is read as its rows are asked for: the broken end of the file is met only there", async () => {
  const file = join(await temporaryFolder(), "a.json");
  // Commas, brackets and quotes in texts and in lists of lists do not end a row.
  const row = (i: number) => ({ prompt: `"a], {${i}\\"`, choice_dist: [[i, 2], { a: "]" }], image: `${i}é.png` });
  const rows = Array.from({ length: 20_000 }, (_, i) => JSON.stringify(row(i)));
  await writeFile(file, `[${rows.join(", ")}, {"prompt": `);
  const reader = await openTableFile(file);
  let seen = 0;
  for await (const { where, values } of reader.rows()) {
    expect([where, values]).toEqual([`row ${seen + 1}`, row(seen)]);
    if (++seen === 100) break;
  }
  await expect(collect(reader.rows())).rejects.toThrow("row 20001: the file ends in the middle of its list");
});

test("the same rows come from a JSON list, wherever the reading of the file cuts it", async () => {
  const text = '  [ {"a": "\\"]\\\\", "b": [1, {"c": "}"}]} ,[], "x" , null ] \n';
  const expected: unknown[] = JSON.parse(text);
  for (let size = 1; size < text.length; size++) {
    async function* pieces() {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
    }
    const elements = await collect(listElements(pieces(), (why) => new Error(why)));
    expect(elements.map((each) => JSON.parse(each) as unknown)).toEqual(expected);
  }
});

test("cells that are missing at the end of a row are empty, and one too many is a problem of its row", async () => {
  const file = join(await temporaryFolder(), "a.csv");
  await writeFile(file, "prompt,image\na\nb,1.png,,\nc,1.png,2.png\n");
  const rows = await collect((await openTableFile(file)).rows());
  expect(rows.map(({ values, problem }) => [values, problem])).toEqual([
    [{ prompt: "a", image: "" }, null],
    [{ prompt: "b", image: "1.png" }, null],
    [{ prompt: "c", image: "1.png" }, expect.stringMatching(/^expected 2 cells, as in the head; got 3/)],
  ]);
});
