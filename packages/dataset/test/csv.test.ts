import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { csvSource, openDataset, separatorOf, validateDataset, writeDataset } from "../src/index.ts";
import { collect, samplePicture, temporaryFolder } from "./sample.ts";

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

const recordsOf = async (csv: string | Uint8Array) => collect((await csvSource((await folderWith(csv)).file)).records());

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
  ["image_1,image_2", ["0", "1", "2"], /line 2: .*1, 2, 0\.5 for the first, the second, neither\); got "0"/, 1],
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
  const read = csvSource(file, firstNumber === undefined ? {} : { firstNumber }).then((source) => collect(source.records()));
  if (labels instanceof RegExp) await expect(read).rejects.toThrow(labels);
  else expect((await read).map(({ label_0 }) => label_0)).toEqual(labels);
});

test("in a .tsv a tab separates, though names hold more commas", () => {
  expect(separatorOf("a, b, c\td\n", "x.tsv")).toBe("\t");
  expect(separatorOf("a,b,c\n", "x.tsv")).toBe(",");
  expect(separatorOf("a, b, c\td\n", "x.csv")).toBe(",");
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
    "CSV_INVALID",
    /pairs\.csv line 1: expected the columns .*; image_b is missing among prompt, image_a, choice\.$/,
  ],
  ["caption,left,right\np,red.png,blue.jpg\n", "CSV_INVALID", /line 1: .*; choice is missing among/],
  ["a picture\np\n", "CSV_INVALID", /line 1: .*; prompt and image_a and image_b and choice are missing among a picture/],
  [
    "prompt|image_a|image_b|choice\np|red.png|blue.jpg|a\n",
    "CSV_INVALID",
    /separated by comma, semicolon or tab; .* are missing/,
  ],
  ["prompt,image_a,image_b,choice,choice\n,,,,\np,red.png,blue.jpg,a,a\n", "CSV_INVALID", /the column choice is there twice/],
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
  [`${HEAD}p,red.png,bomb.png,b\n`, "IMAGE_INVALID", /line 2: bomb\.png: expected at most \d+ pixels/],
  [`${HEAD}p,red.png,sub/copy.png,b\n`, "CSV_INVALID", /line 2: .*red\.png and sub\/copy\.png are the same picture/],
  [`${HEAD}red, big,red.png,blue.jpg,b\n`, "CSV_INVALID", /line 2: expected 4 cells.*got 5: put a prompt .* into double quotes/],
  [
    "user,prompt,image_a,image_b,choice\nann,p,red.png,blue.jpg,a\nbob,p,red.png,blue.jpg,a\nann,p,blue.jpg,sub/copy.png,a\n",
    "CSV_INVALID",
    /line 4: the same person has answered this prompt and pair of images in line 2 already/,
  ],
  [`${HEAD}p,red.png,pairs.csv,b\n`, "IMAGE_INVALID", /line 2: pairs\.csv: expected a picture; it is no picture of a known kind/],
  [`${HEAD}p,red.png,blue.jpg,a\np,red.png,blue.jpg,3\n`, "CSV_INVALID", /line 3: expected the choice a, b or tie .*got "3"/],
  [`${HEAD}p,red.png,blue.jpg\n`, "CSV_INVALID", /line 2: expected the choice .*got ""/],
  [`${HEAD},red.png,blue.jpg,a\n`, "CSV_INVALID", /line 2: the prompt is empty/],
  [`${HEAD}"p,red.png,blue.jpg,a\n`, "CSV_INVALID", /this is no CSV: Quote Not Closed.*line/],
  [`${HEAD}a "red" fox,red.png,blue.jpg,a\n`, "CSV_INVALID", /Invalid Opening Quote.*line 2.*each of its own quotes twice\.$/],
  ["\n\nprompt,image_a,choice\np,red.png,a\n", "CSV_INVALID", /pairs\.csv line 3: .*; image_b is missing/],
  [HEAD, "EMPTY", /at least one pair/],
  ["", "EMPTY", /expected a header and at least one pair/],
  ["\ufeff\r\n\r\n", "EMPTY", /expected a header/],
  [Buffer.from(`\ufeff${HEAD}p,red.png,blue.jpg,a\n`, "utf16le"), "CSV_INVALID", /expected a CSV in UTF-8/],
  [new Uint8Array([0x70, 0xff, 0xfe, 0x0a]), "CSV_INVALID", /expected a CSV in UTF-8/],
])("%j is refused in one sentence", async (csv, code, message) => {
  const { folder, file } = await folderWith(csv);
  const before = await readdir(folder);
  await expect(csvSource(file)).rejects.toMatchObject({
    code: `PICKAPIC_DATASET_${code}`,
    message: expect.stringMatching(message),
  });
  expect(await readdir(folder)).toEqual(before);
});

test("what is written is a valid dataset with held-out prompts", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `prompt ${i % 10},red.png,blue.jpg,${i % 3 ? "a" : "b"}`);
  const { folder, file } = await folderWith(HEAD + rows.join("\n"));
  await writeDataset(await csvSource(file), join(folder, "out"), { images: true, seed: 0, name: "mine", license: "cc0-1.0" });
  expect((await validateDataset(join(folder, "out"))).filter(({ severity }) => severity === "error")).toEqual([]);
  const dataset = await openDataset(join(folder, "out"));
  expect([dataset.count("train"), dataset.count("validation"), dataset.count("test")]).toEqual([16, 2, 2]);
});

test("the first wrong line is named, whichever picture is decoded first", async () => {
  const good = Array.from({ length: 20 }, (_, i) => `p${i},red.png,blue.jpg,a\n`).join("");
  await expect(recordsOf(`${HEAD}${good}x,gone.png,blue.jpg,a\ny,empty.png,blue.jpg,a\n${good}`)).rejects.toThrow(
    /line 22: .*gone\.png/,
  );
});

test("a pair that comes again without a person is kept and told, and a separator may be in a quoted prompt", async () => {
  const { file } = await folderWith(
    'prompt;image_a;image_b;choice\n"red; or, blue";red.png;blue.jpg;a\nq;red.png;blue.jpg;a\n" red; or, blue ";blue.jpg;sub/copy.png;b\n',
  );
  const source = await csvSource(file);
  expect((await collect(source.records())).map(({ caption, label_0 }) => [caption, label_0])).toEqual([
    ["red; or, blue", 1],
    ["q", 1],
    ["red; or, blue", 0],
  ]);
  expect(source.warnings).toEqual([expect.stringMatching(/^1 line repeats .* line 4, as in line 2\)/)]);
});

test("progress counts the pairs whose pictures were decoded", async () => {
  const { file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\nq,red.png,blue.jpg,tie\n`);
  const seen: unknown[] = [];
  await csvSource(file, { onProgress: (progress) => seen.push(progress) });
  expect(seen).toEqual([
    { done: 1, total: 2, unit: "pairs" },
    { done: 2, total: 2, unit: "pairs" },
  ]);
});

test("a stop ends the check", async () => {
  const { file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\n`);
  await expect(csvSource(file, { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
});

test("a picture that vanishes between check and writing leaves no dataset", async () => {
  const { folder, file } = await folderWith(`${HEAD}p,red.png,blue.jpg,a\nq,red.png,blue.jpg,b\n`);
  const source = await csvSource(file);
  await rm(join(folder, "blue.jpg"));
  const before = await readdir(folder);
  await expect(writeDataset(source, join(folder, "out"), { images: true, seed: 0, name: "mine" })).rejects.toMatchObject({
    code: "PICKAPIC_DATASET_IMAGE_MISSING",
  });
  expect(await readdir(folder)).toEqual(before);
});
