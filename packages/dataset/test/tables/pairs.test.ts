import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { parquetWriteFile } from "hyparquet-writer";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openDataset, type PairsSettings, pairsSource, validateDataset, writeDataset } from "../../src/index.ts";
import { collect, samplePicture, temporaryFolder } from "../sample.ts";

/**
 * A folder with a table, pictures red.png, blue.jpg and sub/copy.png (the bytes of red.png), and what is no picture: folder.png, empty.png,
 * cut.jpg, bomb.png, loop.png.
 */
async function folderWith(csv: string | Uint8Array): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "sub"));
  await mkdir(join(folder, "folder.png"));
  await writeFile(join(folder, "empty.png"), "");
  await writeFile(join(folder, "cut.jpg"), await cutJpeg());
  await writeFile(join(folder, "bomb.png"), await bombPng());
  await symlink("loop.png", join(folder, "loop.png"));
  await writeFile(join(folder, "red.png"), await samplePicture("red"));
  await writeFile(join(folder, "sub", "copy.png"), await samplePicture("red"));
  await writeFile(join(folder, "blue.jpg"), await samplePicture("blue", "jpeg"));
  await writeFile(join(folder, "pairs.csv"), csv);
  return { folder, file: join(folder, "pairs.csv") };
}

/** A JPEG that ends in the middle, as after a broken download. */
async function cutJpeg(): Promise<Uint8Array> {
  const noise = {
    create: { width: 64, height: 64, channels: 3, background: "red", noise: { type: "gaussian", mean: 90, sigma: 60 } },
  } as const;
  const whole = await sharp(noise).jpeg().toBuffer();
  return whole.subarray(0, whole.length / 2);
}

/** A PNG of a hundred bytes that claims 100,000 x 100,000 pixels. */
async function bombPng(): Promise<Uint8Array> {
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const header = png.subarray(12, 29); // "IHDR", width, height, ...; its checksum follows
  header.writeUInt32BE(100_000, 4);
  header.writeUInt32BE(100_000, 8);
  png.writeUInt32BE(crc32(header), 29);
  return png;
}

const recordsOf = async (csv: string | Uint8Array) => collect((await pairsSource((await folderWith(csv)).file)).records());

test("a table with a byte-order mark, CRLF, a quoted newline and an empty line becomes rankings with their lines", async () => {
  const records = await recordsOf(
    '\ufeffPrompt,image_a,image_b,choice\r\n"two\r\nlines, ""quoted""",red.png,blue.jpg,a\r\n\r\nnext,sub/copy.png,blue.jpg,tie\r\n',
  );
  expect(records).toMatchObject([
    { caption: 'two\nlines, "quoted"', label_0: 1, label_1: 0, ranking_id: 2n, user_id: 1n },
    { caption: "next", label_0: 0.5, label_1: 0.5, best_image_uid: "none", ranking_id: 5n, user_id: 2n },
  ]);
  expect(records[1]!.image_0_uid).toBe(records[0]!.image_0_uid);
  expect(records[0]!.best_image_uid).toBe(records[0]!.image_0_uid);
});

test.each([
  [
    "prompt,image_a,image_b,choice",
    ["a", "LEFT", "0", "first", "image_a", "red.png"],
    ["b", "right", "1", "second", "image_b", "blue.jpg"],
  ],
  ["caption;image_1;image_2;winner", ["image_1", "0"], ["image_2", "1.0"]],
  ["text\timage_0\timage_1\tpreferred", ["image_0", "a"], ["image_1", "B"]],
])("choices under the header %j are understood", async (header, firsts, seconds) => {
  const separator = /[,;\t]/.exec(header)![0];
  const line = (choice: string) => ["p", "red.png", "blue.jpg", choice].join(separator);
  const labels = (await recordsOf([header, ...[...firsts, ...seconds, "0.5", "Draw"].map(line)].join("\n"))).map(
    ({ label_0 }) => label_0,
  );
  expect(labels).toEqual([...firsts.map(() => 1), ...seconds.map(() => 0), 0.5, 0.5]);
});

const NUMBERS: [images: string, choices: string[], labels: (0 | 0.5 | 1)[] | RegExp, firstNumber?: 0 | 1][] = [
  ["image_1,image_2", ["1"], [1]],
  ["image_1,image_2", ["2.0"], [0]],
  ["image_1,image_2", ["1", "2", "tie"], [1, 0, 0.5]],
  ["image_1,image_2", ["0"], [1]],
  ["image_1,image_2", ["0", "1"], [1, 0]],
  ["image_1,image_2", ["0.5", "1"], [0.5, 0]],
  ["image_1,image_2", ["0", "1", "2"], /may count the images from 0 or from 1/],
  ["image_1,image_2", ["0", "1", "2"], /line 2: .*1, 2, 0\.5 for the first, the second, neither; or the file .*\); got "0"/, 1],
  ["image_1,image_2", ["1"], [0], 0],
  ["image_0,image_1", ["1"], [0]],
  ["image_0,image_1", ["1", "2"], /line 3: .*0, 1, 0\.5 for the first.*got "2"/],
  ["left,right", ["0"], [1]],
  ["left,right", ["1", "0"], [0, 1]],
  ["left,right", ["1", "2"], [1, 0]],
  ["left,right", ["2"], [0]],
  ["left,right", ["1", "a"], /say it with --first-number 0 or --first-number 1\.$/],
  ["left,right", ["1"], [0], 0],
  ["left,right", ["1"], [1], 1],
]; // biome-ignore format: a table
test.each(NUMBERS)("under %s the choices %j are %s", async (images, choices, labels, firstNumber) => {
  const rows = choices.map((choice, i) => `p${i},red.png,blue.jpg,${choice}\n`);
  const { file } = await folderWith(`prompt,${images},choice\n${rows.join("")}`);
  const read = pairsSource(file, firstNumber === undefined ? {} : { firstNumber }).then((source) => collect(source.records()));
  if (labels instanceof RegExp) await expect(read).rejects.toThrow(labels);
  else expect((await read).map(({ label_0 }) => label_0)).toEqual(labels);
});

test.each([
  ["empty lines before the header", "\ufeff\n \nprompt;image_a;image_b;choice\nred, big;red.png;blue.jpg;a\n", 4n],
  ["another separator in the name of a column", "prompt;image_a;image_b;choice;how, why\nred, big;red.png;blue.jpg;a;so\n", 2n],
])("the separator is found in spite of %s", async (_what, csv, line) => {
  expect(await recordsOf(csv)).toMatchObject([{ caption: "red, big", label_0: 1, ranking_id: line }]);
});

const HEAD = "prompt,image_a,image_b,choice\n";
test.each([
  [
    "prompt,image_a,choice\np,red.png,a\n",
    "TABLE_INVALID",
    /pairs\.csv line 1: expected the columns .*; image_b is missing among prompt, image_a, choice\.$/,
  ],
  ["caption,left,right\np,red.png,blue.jpg\n", "TABLE_INVALID", /line 1: .*; choice is missing among/],
  ["a picture\np\n", "TABLE_INVALID", /line 1: .*; prompt and image_a and image_b and choice are missing among a picture/],
  ["prompt,image_a,image_b,choice,choice\n,,,,\np,red.png,blue.jpg,a,a\n", "TABLE_INVALID", /the column choice is there twice/],
  [
    `${HEAD}"x\ny",red.png,blue.jpg,a\np,red.png,gone.png,b\n`,
    "IMAGE_MISSING",
    /pairs\.csv line 4: expected an image at gone\.png; there is no such file/,
  ],
  [`${HEAD}p,red.png,sub,b\n`, "IMAGE_MISSING", /line 2: expected an image at sub; that is a folder/],
  [`${HEAD}p,red.png,folder.png,b\n`, "IMAGE_MISSING", /line 2: expected an image at folder\.png; that is a folder/],
  [`${HEAD}p,red.png,loop.png,b\n`, "IMAGE_MISSING", /line 2: expected an image at loop\.png; there is no such file/],
  [`${HEAD}p,red.png,https://x.org/a.png,b\n`, "IMAGE_MISSING", /line 2: .*addresses are not fetched: download it/],
  [`${HEAD}p,red.png,,b\n`, "IMAGE_MISSING", /line 2: the path of an image is empty/],
  [`${HEAD}p,empty.png,blue.jpg,b\n`, "IMAGE_INVALID", /line 2: empty\.png: expected a picture; it is empty/],
  [`${HEAD}p,red.png,blue.jpg,b\nq,cut.jpg,blue.jpg,b\n`, "IMAGE_INVALID", /line 3: cut\.jpg: expected a picture; it is broken/],
  [`${HEAD}p,red.png,bomb.png,b\n`, "IMAGE_INVALID", /line 2: bomb\.png: expected at most .* pixels/],
  [`${HEAD}p,red.png,sub/copy.png,b\n`, "TABLE_INVALID", /line 2: .*red\.png and sub\/copy\.png are the same picture/],
  [
    `${HEAD}red, big,red.png,blue.jpg,b\n`,
    "TABLE_INVALID",
    /line 2: expected 4 cells.*got 5: put a text with a separator in it into double quotes/,
  ],
  [
    "user,prompt,image_a,image_b,choice\nann,p,red.png,blue.jpg,a\nbob,p,red.png,blue.jpg,a\nann,p,blue.jpg,sub/copy.png,a\n",
    "TABLE_INVALID",
    /line 4: the same person has answered this prompt and pair of images in line 2 already/,
  ],
  [`${HEAD}p,red.png,pairs.csv,b\n`, "IMAGE_INVALID", /line 2: pairs\.csv: expected a picture; it is no/],
  [`${HEAD}p,red.png,blue.jpg,a\np,red.png,blue.jpg,3\n`, "TABLE_INVALID", /line 3: expected the choice a, b or tie .*got "3"/],
  [`${HEAD}p,red.png,blue.jpg\n`, "TABLE_INVALID", /line 2: expected the choice .*got ""/],
  [`${HEAD},red.png,blue.jpg,a\n`, "TABLE_INVALID", /line 2: the prompt is empty/],
  [
    `${HEAD}"p,red.png,blue.jpg,a\n`,
    "TABLE_INVALID",
    /pairs\.csv line 2: this is no CSV: a quote is opened there and never closed/,
  ],
  [
    `${HEAD}a "red" fox,red.png,blue.jpg,a\n`,
    "TABLE_INVALID",
    /pairs\.csv line 2: this is no CSV: a quote stands in the middle of a cell;.*each of its own quotes twice\.$/,
  ],
  ["\n\nprompt,image_a,choice\np,red.png,a\n", "TABLE_INVALID", /pairs\.csv line 3: .*; image_b is missing/],
  [HEAD, "EMPTY", /at least one pair/],
  ["", "EMPTY", /it is empty \(0 bytes\); expected a head and at least one row/],
  ["\ufeff\r\n\r\n", "EMPTY", /expected a header/],
  [new Uint8Array([0x70, 0x00, 0x00, 0x0a]), "TABLE_INVALID", /its bytes are no text/],
])("%j is refused in one sentence", async (csv, code, message) => {
  const { folder, file } = await folderWith(csv);
  const before = await readdir(folder);
  await expect(pairsSource(file)).rejects.toMatchObject({
    code: `PICKAPIC_DATASET_${code}`,
    message: expect.stringMatching(message),
  });
  expect(await readdir(folder)).toEqual(before);
});

test("what is written is a valid dataset with held-out prompts", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `prompt ${i % 10},red.png,blue.jpg,${i % 3 ? "a" : "b"}`);
  const { folder, file } = await folderWith(HEAD + rows.join("\n"));
  await writeDataset(await pairsSource(file), join(folder, "out"), { images: true, seed: 0, name: "mine", license: "cc0-1.0" });
  expect((await validateDataset(join(folder, "out"))).filter(({ severity }) => severity === "error")).toEqual([]);
  const dataset = await openDataset(join(folder, "out"));
  expect([dataset.count("train"), dataset.count("validation"), dataset.count("test")]).toEqual([16, 2, 2]);
});

test("all that is wrong is told at once, in the order of the lines", async () => {
  const rows = ["p,gone.png,blue.jpg,a", ",red.png,nowhere.jpg,perhaps", "q,red.png,blue.jpg,b", "a, b,red.png,blue.jpg,a"];
  await expect(recordsOf(HEAD + rows.join("\n"))).rejects.toMatchObject({
    code: "PICKAPIC_DATASET_IMAGE_MISSING",
    message: expect.stringMatching(
      /pairs\.csv has 5 faults:\n {2}line 2: expected an image at gone\.png; [^\n]+\n {2}line 3: the prompt is empty\.\n {2}line 3: expected the choice [^\n]+"perhaps"\.\n {2}line 3: expected an image at nowhere\.jpg; [^\n]+\n {2}line 5: expected 4 cells[^\n]+\nLeave out the rows whose picture is missing with --skip-missing\.$/,
    ),
  });
});

test.each([
  [
    '{"prompt":"p","image_0":"gone.png","image_1":"blue.jpg","label_0":1,"label_1":0}\n{"prompt"\n',
    / has 2 faults:\n {2}line 1: expected an image at gone\.png; .*\n {2}line 2: this is not JSON; /,
  ],
  ['{"prompt"\n7\n', / has 2 faults:\n {2}line 1: this is not JSON; .*\n {2}line 2: this is JSON of another kind; /],
])("lines that are not JSON are told with all other faults: %j", async (text, expected) => {
  const { folder } = await folderWith("");
  await writeFile(join(folder, "pairs.jsonl"), text);
  await expect(pairsSource(join(folder, "pairs.jsonl"))).rejects.toThrow(expected);
});

test("of more than twenty faults the others are counted", async () => {
  const error: Error = await recordsOf(HEAD + "p,gone.png,blue.jpg,a\n".repeat(24)).catch((thrown) => thrown);
  const lines = error.message.split("\n");
  expect(lines[0]).toMatch(/ has 24 faults:$/);
  expect(lines.slice(20)).toEqual([
    expect.stringMatching(/^ {2}line 21: /),
    "  ... and 4 more.",
    expect.stringMatching(/^Leave out/),
  ]);
});

test("broken pictures are told with all their lines, whichever is decoded first", async () => {
  const good = Array.from({ length: 20 }, (_, i) => `p${i},red.png,blue.jpg,a\n`).join("");
  await expect(recordsOf(`${HEAD}${good}x,cut.jpg,blue.jpg,a\ny,empty.png,blue.jpg,a\n${good}`)).rejects.toThrow(
    / has 2 faults:\n {2}line 22: cut\.jpg: .*\n {2}line 23: empty\.png: /,
  );
});

test("rows whose picture is missing may be left out, and are counted", async () => {
  const rows = ["p,gone.png,blue.jpg,a", "q,red.png,blue.jpg,b", "r,red.png,,a"];
  const { file } = await folderWith(HEAD + rows.join("\n"));
  const source = await pairsSource(file, { skipMissing: true });
  expect(await collect(source.records())).toMatchObject([{ caption: "q", ranking_id: 3n }]);
  expect(source.skipped).toBe(2);
  expect(source.warnings).toEqual([
    expect.stringMatching(/^2 rows were left out, .* line 2: expected an image at gone\.png; .*\)\.$/),
  ]);
});

test("a row that is wrong otherwise is not left out", async () => {
  const { file } = await folderWith(`${HEAD}p,gone.png,blue.jpg,perhaps\nq,red.png,blue.jpg,b\n`);
  await expect(pairsSource(file, { skipMissing: true })).rejects.toThrow(/line 2: expected the choice/);
});

test("where every row lacks a picture nothing is left", async () => {
  const { file } = await folderWith(`${HEAD}p,gone.png,blue.jpg,a\n`);
  await expect(pairsSource(file, { skipMissing: true })).rejects.toMatchObject({ code: "PICKAPIC_DATASET_EMPTY" });
});

/** The labels of image 0 of each row of a table. */
const labelsOf = async (table: string | Uint8Array, name = "pairs.csv", settings: PairsSettings = {}) => {
  const { folder } = await folderWith("");
  await writeFile(join(folder, name), table);
  const source = await pairsSource(join(folder, name), settings);
  return (await collect(source.records())).map(({ label_0 }) => label_0);
};

test.each<[what: string, table: string, labels: number[]]>([
  ["label_0 and label_1, as in the original", "caption,image_0,image_1,label_0,label_1\np,red.png,blue.jpg,1,0\nq,red.png,blue.jpg,0.0,1.0\nr,red.png,blue.jpg,.5,0.5\n", [1, 0, 0.5]],
  ["label_a and label_b", "prompt,image_a,image_b,label_a,label_b\np,red.png,blue.jpg,0,1\n", [0]],
  ["labels counted from 1", "prompt,image1,image2,label_1,label_2\np,red.png,blue.jpg,0,1\n", [0]],
  ["chosen and rejected as the images", "prompt,chosen,rejected\np,red.png,blue.jpg\n", [1]],
  ["chosen as the choice", "prompt,image_a,image_b,chosen\np,red.png,blue.jpg,b\n", [0]],
  ["models", "prompt,model_a,model_b,image_a,image_b,winner\np,xl,turbo,red.png,blue.jpg,model_a\nq,xl,turbo,red.png,blue.jpg,turbo\nr,xl,turbo,red.png,blue.jpg,tie (bothbad)\n", [1, 0, 0.5]],
  ["uids", "caption,image_0,image_1,image_0_uid,image_1_uid,best_image_uid\np,red.png,blue.jpg,u7,u8,u8\nq,red.png,blue.jpg,u7,u8,none\n", [0, 0.5]],
  ["base names, and paths in another spelling", "prompt,image_a,image_b,choice\np,sub/copy.png,blue.jpg,copy.png\nq,sub/copy.png,blue.jpg,./sub\\copy.png\nr,sub/copy.png,blue.jpg,blue\n", [1, 1, 0]],
  ["ties with a remark", "prompt,image_a,image_b,choice\np,red.png,blue.jpg,Tie (both good)\nq,red.png,blue.jpg,both bad\nr,red.png,blue.jpg,Neither is better\n", [0.5, 0.5, 0.5]],
  ["names in any case and spelling", "Prompt , Image A,image-B, Preferred Image\np,red.png,blue.jpg,Image B\n", [0]],
  ["pipes", "prompt|image_a|image_b|choice\np|red.png|blue.jpg|left\n", [1]],
  ["a line sep= behind a byte-order mark", "\ufeffsep=;\r\nprompt;image_a;image_b;choice\r\np, q;red.png;blue.jpg;b\r\n", [0]],
])("a table with %s is read", async (_what, table, labels) => {
  expect(await labelsOf(table)).toEqual(labels);
}); // biome-ignore format: a table

test.each<[what: string, name: string, table: string, labels: number[]]>([
  ["JSON Lines", "pairs.jsonl", '{"prompt":"p","image_0":"red.png","image_1":"blue.jpg","label_0":1,"label_1":0}\n\n{"prompt":"q","image_0":"red.png","image_1":"blue.jpg","label_0":0.5,"label_1":0.5}\n', [1, 0.5]],
  ["JSON Lines with a list of images", "pairs.jsonl", '{"prompt":"p","images":["red.png","blue.jpg"],"choice":1}\n', [0]],
  ["JSON", "pairs.json", '[{"prompt":"p","image_a":"red.png","image_b":"blue.jpg","choice":"a"}]', [1]],
  ["JSON of columns, as pandas writes it", "pairs.json", '{"prompt":{"0":"p"},"image_a":{"0":"red.png"},"image_b":{"0":"blue.jpg"},"choice":{"0":"b"}}', [0]],
])("a table in %s is read", async (_what, name, table, labels) => {
  expect(await labelsOf(table, name)).toEqual(labels);
}); // biome-ignore format: a table

test("labels that are no preference are told with their line", async () => {
  await expect(labelsOf("prompt,image_0,image_1,label_0,label_1\np,red.png,blue.jpg,1,1\n")).rejects.toThrow(
    "line 2: expected the labels 1 and 0, 0 and 1, or 0.5 and 0.5; got 1 and 1.",
  );
});

test.each<[encoding: string, bytes: (text: string) => Uint8Array, note: RegExp | null]>([
  ["UTF-16 with a byte-order mark", (text) => Buffer.from(`\ufeff${text}`, "utf16le"), null],
  ["UTF-16 with the high byte first", (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(), null],
  ["UTF-16 without a mark", (text) => Buffer.from(text, "utf16le"), /was read as UTF-16LE/],
  ["Latin-1", (text) => Buffer.from(text, "latin1"), /read as Windows-1252 .*, since line 2 is not UTF-8/],
])("%s is read, and what was guessed is said", async (_encoding, bytes, note) => {
  const { file } = await folderWith(bytes("prompt;image_a;image_b;choice\nein Käfer;red.png;blue.jpg;a\n"));
  const source = await pairsSource(file);
  expect(await collect(source.records())).toMatchObject([{ caption: "ein Käfer", label_0: 1 }]);
  expect(source.warnings).toEqual(note === null ? [] : [expect.stringMatching(note)]);
});

/** Two pictures as bytes, in the columns of a Parquet table. */
async function parquetTable(
  columns: (red: Uint8Array, blue: Uint8Array) => Parameters<typeof parquetWriteFile>[0]["columnData"],
) {
  const { folder } = await folderWith("");
  const filename = join(folder, "pairs.parquet");
  parquetWriteFile({ filename, columnData: columns(await samplePicture("red"), await samplePicture("blue", "jpeg")) });
  return { folder, filename };
}

test("pictures in a Parquet table come into the dataset, each uid as one picture", async () => {
  const { folder, filename } = await parquetTable((red, blue) => [
    { name: "caption", data: ["p", "q", "r"], type: "STRING" },
    { name: "jpg_0", data: [red, blue, red], type: "BYTE_ARRAY" },
    { name: "jpg_1", data: [blue, red, blue], type: "BYTE_ARRAY" },
    { name: "label_0", data: [1, 0.5, 0], type: "DOUBLE" },
    { name: "label_1", data: [0, 0.5, 1], type: "DOUBLE" },
  ]);
  const source = await pairsSource(filename);
  const records = await collect(source.records());
  expect(records.map(({ label_0 }) => label_0)).toEqual([1, 0.5, 0]);
  expect(new Set(records.flatMap(({ image_0_uid, image_1_uid }) => [image_0_uid, image_1_uid])).size).toBe(2);
  expect(Buffer.from(await source.readImage(records[1]!.image_0_uid))).toEqual(Buffer.from(await samplePicture("blue", "jpeg")));
  const summary = await writeDataset(source, join(folder, "out"), { images: true, seed: 0, name: "mine" });
  expect(summary).toMatchObject({ rankings: 3, images: 2 });
});

test("a Parquet table may name files as well", async () => {
  const { filename } = await parquetTable(() => [
    { name: "prompt", data: ["p"], type: "STRING" },
    { name: "image_a", data: ["red.png"], type: "STRING" },
    { name: "image_b", data: ["sub\\..\\blue.jpg"], type: "STRING" },
    { name: "choice", data: [0], type: "INT32" },
  ]);
  expect(await collect((await pairsSource(filename, { firstNumber: 0 })).records())).toMatchObject([
    { caption: "p", label_0: 1 },
  ]);
});

test("a pair that comes again without a person is kept and told, and a separator may be in a quoted prompt", async () => {
  const { file } = await folderWith(
    'prompt;image_a;image_b;choice\n"red; or, blue";red.png;blue.jpg;a\nq;red.png;blue.jpg;a\n" red; or, blue ";blue.jpg;sub/copy.png;b\n',
  );
  const source = await pairsSource(file);
  expect((await collect(source.records())).map(({ caption, label_0 }) => [caption, label_0])).toEqual([
    ["red; or, blue", 1],
    ["q", 1],
    ["red; or, blue", 0],
  ]);
  expect(source.warnings).toEqual([expect.stringMatching(/^1 row repeats .* line 4, as in line 2\)/)]);
});

test("progress counts the pairs whose pictures were decoded", async () => {
  const { file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\nq,red.png,blue.jpg,tie\n`);
  const seen: unknown[] = [];
  await pairsSource(file, { onProgress: (progress) => seen.push(progress) });
  expect(seen).toEqual([
    { done: 1, total: 2, unit: "pairs" },
    { done: 2, total: 2, unit: "pairs" },
  ]);
});

test("a stop ends the check", async () => {
  const { file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\n`);
  await expect(pairsSource(file, { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
});

test("a picture that vanishes between check and writing leaves no dataset", async () => {
  const { folder, file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\nq,red.png,blue.jpg,b\n`);
  const source = await pairsSource(file);
  await rm(join(folder, "blue.jpg"));
  const before = await readdir(folder);
  await expect(writeDataset(source, join(folder, "out"), { images: true, seed: 0, name: "mine" })).rejects.toMatchObject({
    code: "PICKAPIC_DATASET_IMAGE_MISSING",
  });
  expect(await readdir(folder)).toEqual(before);
});
