import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { csvSource, openDataset, validateDataset, writeDataset } from "../src/index.ts";
import { collect, samplePicture, temporaryFolder } from "./sample.ts";

/** A folder with a table and pictures red.png, blue.jpg and sub/copy.png (the bytes of red.png). */
async function folderWith(csv: string | Uint8Array): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "red.png"), await samplePicture("red"));
  await writeFile(join(folder, "sub", "copy.png"), await samplePicture("red"));
  await writeFile(join(folder, "blue.jpg"), await samplePicture("blue", "jpeg"));
  await writeFile(join(folder, "pairs.csv"), csv);
  return { folder, file: join(folder, "pairs.csv") };
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

const HEAD = "prompt,image_a,image_b,choice\n";
test.each([
  [
    "prompt,image_a,choice\np,red.png,a\n",
    "CSV_INVALID",
    /pairs\.csv line 1: expected the columns .*; image_a and image_b is missing among/,
  ],
  [
    `${HEAD}"x\ny",red.png,blue.jpg,a\np,red.png,gone.png,b\n`,
    "IMAGE_MISSING",
    /pairs\.csv line 4: expected an image at gone\.png; there is no such file/,
  ],
  [`${HEAD}p,red.png,sub,b\n`, "IMAGE_MISSING", /line 2: expected an image at sub; that is a folder/],
  [`${HEAD}p,red.png,pairs.csv,b\n`, "IMAGE_INVALID", /line 2: pairs\.csv cannot be decoded as an image/],
  [`${HEAD}p,red.png,blue.jpg,a\np,red.png,blue.jpg,2\n`, "CSV_INVALID", /line 3: expected the choice a, b or tie .*got "2"/],
  [`${HEAD}p,red.png,blue.jpg\n`, "CSV_INVALID", /line 2: expected the choice .*got ""/],
  [`${HEAD},red.png,blue.jpg,a\n`, "CSV_INVALID", /line 2: the prompt is empty/],
  [`${HEAD}"p,red.png,blue.jpg,a\n`, "CSV_INVALID", /this is no CSV: Quote Not Closed.*line/],
  [HEAD, "EMPTY", /at least one pair/],
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
