import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
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
      two(1, 'a "red" cat,\r\nsleeping', "1.png"),
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
        [[2, "  ", "2.png", `a.csv, line 4: the prompt is empty.`]],
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

describe("a table that cannot be read is one sentence that names the file and the place", () => {
  const cases: [what: string, name: string, content: string | Uint8Array, sentence: RegExp][] = [
    ["an empty file", "a.csv", "", /a\.csv: it is empty \(0 bytes\)\.$/],
    ["a head without rows", "a.csv", "prompt,image\n", /a\.csv: it has no row with a prompt and an image\.$/],
    ["another kind of file", "a.txt", "x", /a\.txt: its name does not end in \.csv, \.tsv, \.jsonl or \.parquet/],
    ["a column that is there twice", "a.csv", "prompt,image,image\na,1.png,2.png\n", /a\.csv: the column "image" is there twice: give each a name of its own\.$/],
    ["a missing prompt column", "a.csv", "wish,image\na,1.png\n", /a column is missing: expected one of prompt, caption, text, and it has wish, image \(--prompt-column names another\)\.$/],
    ["a missing image column", "a.csv", "prompt,photo\na,1.png\n", /expected one of image, images, .*, and it has prompt, photo \(--image-column names another\)\.$/],
    ["an unclosed quote", "a.csv", 'prompt,image\na,1.png\n"b,2.png\nc,3.png\n', /a\.csv: row 2 is not CSV: a quote is opened there and never closed\.$/],
    ["a row that is too long", "a.csv", `prompt,image\n"${"x\n".repeat(2 ** 20)}`, /row 1 is not CSV: it has more than 1048576 characters, perhaps because a quote is not closed\.$/],
    ["a row with too few cells", "a.csv", "prompt,image\na,1.png\nb\n", /row 2 is not CSV: expected 2 cells, as in the head; got 1\.$/],
    ["another encoding", "a.csv", Buffer.from("prompt,image\nein B\xe4r,1.png\n", "latin1"), /a\.csv: line 2 is not UTF-8: save the table in that encoding\.$/],
    ["another encoding of the head", "a.csv", Buffer.from("prompt,image,gr\xf6\xdfe\na,1.png,2\n", "latin1"), /a\.csv: its head is not UTF-8: save the table in that encoding\.$/],
    ["UTF-16 with its high bytes first", "a.csv", Buffer.from("\ufeffprompt,image\na,1.png\n", "utf16le").swap16(), /a\.csv: its head is not UTF-8/],
    ["a line that is not JSON", "a.jsonl", '{"prompt":"a","image":"1.png"}\n{"prompt":\n', /a\.jsonl: line 2 is not JSON\.$/],
    ["a line that is no row", "a.jsonl", "7\n", /a\.jsonl: line 1 is neither an object nor a list/],
    ["a line without an end", "a.jsonl", `{"prompt":"${"x".repeat(2 ** 21)}`, /a\.jsonl: line 1 has more than 1048576 characters\.$/],
    ["text with the name of Parquet", "a.parquet", "PAR1 hello PAR1", /a\.parquet: it is damaged or not Parquet/],
  ]; // biome-ignore format: a table
  test.each(cases)("%s", async (_what, name, content, sentence) => {
    const refused = read(fileOf(name, content));
    await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_CLI_TABLE_BROKEN", message: expect.stringMatching(sentence) });
  });

  test("a Parquet file whose pages are damaged", async () => {
    const file = join(temporaryFolder(), "a.parquet");
    const data = Array.from({ length: 50 }, (_, i) => `${i}.png and some more words`);
    parquetWriteFile({ filename: file, columnData: [{ name: "prompt", data, type: "STRING" }, { name: "image", data, type: "STRING" }] }); // biome-ignore format: one line
    const { readFileSync } = await import("node:fs");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 10, 200));
    await expect(read(file)).rejects.toMatchObject({
      code: "PICKAPIC_CLI_TABLE_BROKEN",
      message: expect.stringMatching(/a\.parquet: rows 1 to 50 cannot be read \(.*\)\.$/),
    });
  });

  test("a missing file and a folder", async () => {
    const folder = temporaryFolder();
    await expect(read(join(folder, "a.csv"))).rejects.toMatchObject({ code: "PICKAPIC_CLI_FILE_MISSING" });
    mkdirSync(join(folder, "b.csv"));
    await expect(read(join(folder, "b.csv"))).rejects.toThrow("it is a folder; name a .csv, .jsonl or .parquet file");
  });
});
