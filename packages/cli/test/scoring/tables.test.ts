import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pairsSource } from "@pickapic/dataset";
import fc from "fast-check";
import { parquetWriteFile } from "hyparquet-writer";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Columns, openTable } from "../../src/scoring/tables.ts";
import { collect, fileOf, temporaryFolder } from "./scenery.ts";

const USUAL: Columns = { prompt: null, images: null, fixedPrompt: null, carry: false };

/** The rows of a table: what each image is called, under which prompt, and its path or failure below the table's folder. */
async function read(file: string, columns: Partial<Columns> = {}) {
  const table = await openTable(file, { ...USUAL, ...columns });
  const rows = (await collect(table.rows())).map((images) =>
    images.map(({ row, prompt, name, image }) => {
      const where =
        typeof image === "string"
          ? image.replace(`${dirname(file)}/`, "")
          : "code" in image
            ? image.message.replace(`${dirname(file)}/`, "")
            : image;
      return [row, prompt, name, where];
    }),
  );
  return { total: table.total, rows };
}

const two = (row: number, prompt: string, ...names: string[]) => names.map((name) => [row, prompt, name, name]);

describe("CSV", () => {
  test("a prompt and one image, or several, in columns of the usual names", async () => {
    expect(await read(fileOf("a.csv", "prompt,image\na cat,1.png\na dog,2.png\n"))).toEqual({
      total: 2,
      rows: [two(1, "a cat", "1.png"), two(2, "a dog", "2.png")],
    });
    expect(await read(fileOf("a.csv", "image_b,caption,image_a,choice\n2.png,a cat,1.png,a\n,a dog,3.png,b\n"))).toEqual({
      total: 3,
      rows: [two(1, "a cat", "2.png", "1.png"), two(2, "a dog", "3.png")],
    });
  });

  test("quoted line ends, quotes and separators, a byte-order mark, Windows line ends and empty lines", async () => {
    const text = '\uFEFFprompt,image\r\n"a ""red"" cat,\r\nsleeping",1.png\r\n\r\na dog,2.png\r\n';
    expect((await read(fileOf("a.csv", text))).rows).toEqual([
      two(1, 'a "red" cat,\nsleeping', "1.png"),
      two(2, "a dog", "2.png"),
    ]);
  });

  test.each([
    [";", "a.csv"],
    ["\t", "a.csv"],
    ["\t", "a.tsv"],
  ])("columns may be separated by %j (%s)", async (separator, name) => {
    const text = [`"prompt"${separator}image`, `a cat, red${separator}1.png`].join("\n");
    expect((await read(fileOf(name, text))).rows).toEqual([two(1, "a cat, red", "1.png")]);
  });

  test("the separator and the names are found in spite of empty lines, spaces, and another separator in a name", async () => {
    const file = fileOf("odd.csv", "\ufeff\n\nprompt ; image; how, why\na cat, red;1.png;so\n");
    expect((await read(file)).rows).toEqual([two(1, "a cat, red", "1.png")]);
  });

  test("in a .tsv a tab separates, though a name holds as many commas", async () => {
    expect((await read(fileOf("a.tsv", "prompt\timage, a file\nx, y\t1.png\n"), { images: ["image, a file"] })).rows).toEqual([
      two(1, "x, y", "1.png"),
    ]);
  });

  test("other columns are named, or one prompt is given for all rows", async () => {
    const file = fileOf("a.csv", "wish,left,right\na cat,1.png,2.png\n");
    expect((await read(file, { prompt: "wish", images: ["right", "left"] })).rows).toEqual([two(1, "a cat", "2.png", "1.png")]);
    expect((await read(file, { fixedPrompt: "a dog", images: ["left"] })).rows).toEqual([two(1, "a dog", "1.png")]);
    expect((await read(fileOf("a.csv", "image\n1.png\n"), { fixedPrompt: "a dog" })).rows).toEqual([two(1, "a dog", "1.png")]);
  });

  test("paths are taken from the folder of the table, or else from the working folder, or as they are", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep/1.png"), "");
    writeFileSync(join(folder, "deep/a.csv"), "prompt,image\nx,1.png\nx,package.json\nx,/abs/2.png\nx,none.png\n");
    const table = await openTable(join(folder, "deep/a.csv"), USUAL);
    expect((await collect(table.rows())).flat().map(({ image }) => image)).toEqual([
      join(folder, "deep/1.png"),
      resolve("package.json"),
      "/abs/2.png",
      join(folder, "deep/none.png"),
    ]);
  });

  test("a row without a prompt or an image is a failure of that row, and names the line", async () => {
    const file = fileOf("a.csv", 'prompt,image\n"a\ncat",1.png\n  ,2.png\na dog,\n');
    expect(await read(file)).toEqual({
      total: 3,
      rows: [
        two(1, "a\ncat", "1.png"),
        [[2, "", "2.png", `a.csv, line 4: the prompt is empty.`]],
        [[3, "a dog", "image of line 5", "a.csv, line 5: expected a path or the bytes of an image; got nothing."]],
      ],
    });
  });
});

describe("JSON Lines", () => {
  test("objects with one image or several, lists, a byte-order mark and blank lines", async () => {
    const text = [
      '\uFEFF{"prompt":"a cat","image":"1.png"}',
      "",
      '{"text":"a\\ndog","images":["2.png","3.png"]}\r',
      '["a bird","4.png","5.png"]',
      '{"prompt":"a tree","image_0":"6.png","image_1":null}',
    ].join("\n");
    expect(await read(fileOf("a.jsonl", text))).toEqual({
      total: 6,
      rows: [
        two(1, "a cat", "1.png"),
        two(2, "a\ndog", "2.png", "3.png"),
        two(3, "a bird", "4.png", "5.png"),
        two(4, "a tree", "6.png"),
      ],
    });
  });

  test("values of another kind are a failure of their row", async () => {
    const file = fileOf("a.jsonl", '{"prompt":7,"image":"1.png"}\n{"prompt":"x","image":7}\n');
    expect((await read(file)).rows).toEqual([
      [[1, "", "1.png", "a.jsonl, line 1: the prompt is no text."]],
      [[2, "x", "image of line 2", "a.jsonl, line 2: expected a path or the bytes of an image; got number."]],
    ]);
  });
});

describe("Parquet", () => {
  const bytes = Uint8Array.of(1, 2, 3);

  test("paths, bytes, and columns that hold neither", async () => {
    const file = join(temporaryFolder(), "a.parquet");
    parquetWriteFile({
      filename: file,
      columnData: [
        { name: "caption", data: ["a cat", "a dog", "a bird"], type: "STRING" },
        { name: "image_0_uid", data: ["u", "v", "w"], type: "STRING" },
        { name: "jpg_0", data: [bytes, bytes, null], type: "BYTE_ARRAY" },
        { name: "jpg_1", data: [bytes, null, null], type: "BYTE_ARRAY" },
      ],
      rowGroupSize: 2,
    });
    expect(await read(file)).toEqual({
      total: 6,
      rows: [
        [
          [1, "a cat", "jpg_0 of row 1", bytes],
          [1, "a cat", "jpg_1 of row 1", bytes],
        ],
        [[2, "a dog", "jpg_0 of row 2", bytes]],
        [[3, "a bird", "jpg_0 of row 3", "a.parquet, row 3: expected a path or the bytes of an image; got nothing."]],
      ],
    });
  });

  test("the struct {bytes, path} of Hugging Face's datasets", async () => {
    const file = join(temporaryFolder(), "a.parquet");
    parquetWriteFile({
      filename: file,
      schema: [
        { name: "schema", num_children: 2 },
        { name: "prompt", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      ],
      columnData: [
        { name: "prompt", data: ["a cat", "a dog"] },
        {
          name: "image",
          data: [
            { bytes, path: "1.png" },
            { bytes: null, path: "2.png" },
          ],
        },
      ],
    });
    expect((await read(file)).rows).toEqual([[[1, "a cat", "1.png", bytes]], two(2, "a dog", "2.png")]);
  });
});

describe("the same vocabulary and paths as for datasets", () => {
  test.each([
    ["Prompt,Image_A,Image_B,Choice\nx,1.png,2.png,a\n"],
    ["prompt, image_a, image_b\nx, 1.png, 2.png\n"],
    ["sep=;\nprompt;image_a;image_b\nx;1.png;2.png\n"],
    ["prompt|left|right\nx|1.png|2.png\n"],
    ["caption,chosen,rejected\nx,1.png,2.png\n"],
  ])("%j", async (text) => {
    expect((await read(fileOf("a.csv", text))).rows).toEqual([two(1, "x", "1.png", "2.png")]);
  });

  test("an option may name a column in another spelling", async () => {
    const file = fileOf("a.csv", "The Wish,My Picture\nx,1.png\n");
    expect((await read(file, { prompt: "the_wish", images: ["my picture"] })).rows).toEqual([two(1, "x", "1.png")]);
  });

  test("a path of Windows is found, and where it is missing both spellings are told", async () => {
    const file = fileOf("a.csv", "prompt,image_a,image_b\nx,imgs\\1.png,imgs\\2.png\n");
    mkdirSync(join(dirname(file), "imgs"));
    writeFileSync(join(dirname(file), "imgs/1.png"), "");
    expect((await read(file)).rows).toEqual([
      [
        [1, "x", "imgs\\1.png", "imgs/1.png"],
        [1, "x", "imgs\\2.png", "a.csv, line 2: expected an image at imgs\\2.png; there is no such file beside a.csv, nor at imgs/2.png."],
      ],
    ]); // biome-ignore format: a table
  });

  test("a guessed encoding is said", async () => {
    const file = fileOf("a.csv", Buffer.from("prompt,image\nein B\xe4r,1.png\n", "latin1"));
    expect((await read(file)).rows).toEqual([two(1, "ein Bär", "1.png")]);
    expect((await openTable(file, USUAL)).notes).toEqual([expect.stringMatching(/read as Windows-1252/)]);
  });
});

describe("one reader for both commands", () => {
  const folder = mkdtempSync(join(tmpdir(), "pickapic-tables-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    for (const [i, background] of ["red", "blue"].entries())
      await sharp({ create: { width: 8, height: 8, channels: 3, background } }).toFile(join(folder, `imgs/p${i}.png`));
  });
  mkdirSync(join(folder, "imgs"));
  const encodings = {
    utf8: (text: string) => Buffer.from(text),
    mark: (text: string) => Buffer.from(`\ufeff${text}`),
    utf16: (text: string) => Buffer.from(`\ufeff${text}`, "utf16le"),
    latin1: (text: string) => Buffer.from(text, "latin1"),
  };
  const heads = fc.constantFrom(
    ["prompt", "image_a", "image_b", "choice"],
    ["Caption", "Image 1", "Image 2", "Winner"],
    ["text", "left", "right", "preferred"],
    ["PROMPT", "img_a_path", "img_b_path", "vote"],
    ["Prompt Text", "path1", "path2", "Best"],
  );
  const paths = fc.constantFrom(
    ["imgs/p0.png", "imgs/p1.png"],
    ["imgs\\p0.png", ".\\imgs\\p1.png"],
    [` ${folder}/imgs/p0.png`, `file://${folder}/imgs/p1.png`],
  );

  test("what becomes a dataset can be scored: the same rows, prompts and pictures", async () => {
    const how = fc.record({
      head: heads,
      paths,
      separator: fc.constantFrom(",", ";", "\t", "|"),
      encoding: fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[])),
      lineEnd: fc.constantFrom("\n", "\r\n"),
      sepLine: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(how, async ({ head, paths, separator, encoding, lineEnd, sepLine }) => {
        const lines = [
          ...(sepLine ? [`sep=${separator}`] : []),
          head.join(separator),
          "",
          ["ein Käfer", ...paths, "b"].join(separator),
        ];
        const file = join(folder, "pairs.csv");
        writeFileSync(file, encodings[encoding](lines.join(lineEnd)));
        const records = await collect((await pairsSource(file)).records());
        expect(records).toMatchObject([{ caption: "ein Käfer", label_1: 1, ranking_id: sepLine ? 4n : 3n }]);
        const images = (await collect((await openTable(file, USUAL)).rows())).flat();
        expect(images.map(({ prompt, image }) => [prompt, image])).toEqual(
          ["p0.png", "p1.png"].map((name) => ["ein Käfer", join(folder, "imgs", name)]),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("a table that cannot be read is one sentence that names the file and the place", () => {
  const cases: [what: string, name: string, content: string, sentence: RegExp][] = [
    ["a head without rows", "a.csv", "prompt,image\n", /a\.csv: it has no row with a prompt and an image\.$/],
    ["a missing prompt column", "a.csv", "wish,image\na,1.png\n", /a column is missing: expected one of prompt, caption, text, .*, and it has wish, image \(--prompt-column names another\)\.$/],
    ["a missing image column", "a.csv", "prompt,photo\na,1.png\n", /expected image, or several such as image_a and image_b, and it has prompt, photo \(--image-column names another\)\.$/],
    ["an unclosed quote", "a.csv", 'prompt,image\na,1.png\n"b,2.png\nc,3.png\n', /a\.csv line 3: this is no CSV: a quote is opened there and never closed/],
    ["rows with too many cells", "a.csv", "prompt,image\na,1.png,x\nb,2.png\nc,3.png,y\n", /a\.csv has 2 faults:\n {2}line 2: expected 2 cells.*\n {2}line 4: expected 2 cells/],
    ["a line that is not JSON", "a.jsonl", '{"prompt":"a","image":"1.png"}\n{"prompt":\n', /a\.jsonl line 2: this is not JSON; expected an object, such as \{"prompt": "a cat"\}, or a list of a prompt and images\.$/],
    ["lines that are not JSON, all at once", "a.jsonl", '{"prompt":"a","image":"1.png"}\n{"prompt":\n7\n', /a\.jsonl has 2 faults:\n {2}line 2: this is not JSON; .+\n {2}line 3: this is JSON of another kind; expected/],
  ]; // biome-ignore format: a table
  test.each(cases)("%s", async (_what, name, content, sentence) => {
    const refused = read(fileOf(name, content));
    await expect(refused).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_TABLE_INVALID",
      message: expect.stringMatching(sentence),
    });
  });

  test("a Parquet file whose pages are damaged", async () => {
    const file = join(temporaryFolder(), "a.parquet");
    const data = Array.from({ length: 50 }, (_, i) => `${i}.png and some more words`);
    parquetWriteFile({ filename: file, columnData: [{ name: "prompt", data, type: "STRING" }, { name: "image", data, type: "STRING" }] }); // biome-ignore format: one line
    const { readFileSync } = await import("node:fs");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 10, 200));
    await expect(read(file)).rejects.toMatchObject({
      code: "PICKAPIC_DATASET_TABLE_INVALID",
      message: expect.stringMatching(/a\.parquet: rows 1 to 50 cannot be read \(.*\)\.$/),
    });
  });
});
