import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { openDataset } from "@pickapic/dataset";
import { modelFolder } from "@pickapic/pickscore";
import { renderImage } from "@pickapic/toyworld";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "./scoring/scenery.ts";
import { pickapic } from "./terminal.ts";

const BIN = join(import.meta.dirname, "../bin/pickapic.mjs");

interface Line {
  image: string;
  rank: number | null;
  score: number | null;
  probability: number | null;
  percentile?: number;
  error?: string | null;
}
const PROMPT = "a red apple";
/** A scorer without a model, for what does not depend on who scores: a model takes a second to open. */
const FORMULA = ["--scorer", "colour-sharpness"];
let pictures: Uint8Array[] = [];
beforeAll(async () => {
  const request = {
    prompt: PROMPT,
    negativePrompt: "",
    model: "toy-classic",
    guidanceScale: 7,
    steps: 50,
    width: 256,
    height: 256,
  };
  pictures = await Promise.all([1, 2, 3, 4].map(async (seed) => (await renderImage({ ...request, seed })).bytes));
});

/** A folder with a.png, b.png, c.png, d.png. */
function gallery(): string {
  const folder = temporaryFolder();
  for (const [i, bytes] of pictures.entries()) writeFileSync(join(folder, `${"abcd"[i]}.png`), bytes);
  return folder;
}

test("a model without a processor is scored with that of another, and refused without", async () => {
  const folder = gallery();
  const bare = temporaryFolder();
  for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(modelFolder("clip-toy"), name), join(bare, name));
  const words = ["score", "--prompt", PROMPT, folder, "--json", "--scorer"];
  const refused = await pickapic([...words, bare]);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/expected tokenizer.json, or vocab.json and merges.txt; there is neither: name the model/);
  const scored = await pickapic([...words, bare, "--processor", "clip-toy"]);
  const own = await pickapic([...words, "clip-toy"]);
  expect(scored.code).toBe(0);
  expect(JSON.parse(scored.out).images).toEqual(JSON.parse(own.out).images);
});

/** A one-bit picture of any size that holds a single row. */
function bomb(side: number): Uint8Array {
  const uint32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const chunk = (kind: string, data: Uint8Array) => {
    const whole = Buffer.concat([Buffer.from(kind), data]);
    return Buffer.concat([uint32(data.length), whole, uint32(crc32(whole))]);
  };
  const head = Buffer.concat([uint32(side), uint32(side), Buffer.from([1, 0, 0, 0, 0])]);
  const body = chunk("IDAT", deflateSync(Buffer.alloc(1 + side / 8)));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), body, chunk("IEND", Buffer.alloc(0))]);
}

test("folder, files, a pattern that the shell left alone, and a table give the same scores", async () => {
  const folder = gallery();
  const names = readdirSync(folder);
  const table = join(folder, "all.jsonl");
  writeFileSync(table, names.map((name) => JSON.stringify([PROMPT, name])).join("\n"));
  const scores = async (...words: string[]) => {
    const { code, out, err } = await pickapic(["score", "--json", ...words]);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("scoring: 4/4 images") });
    const { images, rows } = JSON.parse(out) as { images?: Line[]; rows?: Line[] };
    return (images ?? rows)!.map(({ image, score }) => [image.split("/").at(-1), score]);
  };
  const [first, ...others] = await Promise.all([
    scores("--prompt", PROMPT, folder),
    scores("--prompt", PROMPT, ...names.map((name) => join(folder, name))),
    scores("--prompt", PROMPT, join(folder, "*.png")),
    scores("--input", table),
  ]);
  expect(first).toEqual(names.map((name) => [name, expect.any(Number)]));
  expect(others).toEqual([first, first, first]);
});

test("rank is best first and stops after --top; probabilities are among all", async () => {
  const folder = gallery();
  const all = JSON.parse((await pickapic(["score", "--prompt", PROMPT, folder, "--json", ...FORMULA])).out) as { images: Line[] };
  const best = JSON.parse((await pickapic(["rank", "--prompt", PROMPT, folder, "--top", "2", "--json", ...FORMULA])).out) as {
    images: Line[];
  };
  expect(best.images).toEqual(all.images.toSorted((a, b) => a.rank! - b.rank!).slice(0, 2));
  expect(all.images.reduce((sum, { probability }) => sum + probability!, 0)).toBeCloseTo(1, 9);
});

test("one image has a score and a rank, but no probability: there is nothing to compare it with", async () => {
  const { out } = await pickapic(["rank", "--prompt", PROMPT, join(gallery(), "a.png"), "--json", ...FORMULA]);
  expect(JSON.parse(out).images).toEqual([expect.objectContaining({ rank: 1, score: expect.any(Number), probability: null })]);
});

test("a Parquet file with images goes in, one with scores and percentiles comes out, and --json says so on one line", async () => {
  const folder = gallery();
  const { parquetWriteFile } = await import("hyparquet-writer");
  const input = join(folder, "in.parquet");
  const data = pictures.slice(0, 2);
  parquetWriteFile({
    filename: input,
    columnData: [
      { name: "caption", data: [PROMPT, "a blue boat"], type: "STRING" },
      { name: "jpg_0", data, type: "BYTE_ARRAY" },
      { name: "jpg_1", data: data.toReversed(), type: "BYTE_ARRAY" },
    ],
  });
  const output = join(folder, "out.parquet");
  const { code, out, err } = await pickapic(["score", "--input", input, "--baseline", folder, "--output", output, "--json"]);
  expect({ code, out: JSON.parse(out) }).toEqual({
    code: 0,
    out: {
      scorer: "pickscore-toy",
      pixels: "browser",
      output,
      images: 4,
      unreadable: 0,
      passedOver: { files: 0, kinds: {} },
      warnings: [expect.stringMatching(CAUTION)],
    },
  });
  expect(err).toContain(`4 of 4 images have a score in ${output}.`);
  expect(err).toContain("baseline: 4/4 images");
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
  expect(rows.map(({ row, prompt, image }) => [row, prompt, image])).toEqual([
    [1n, PROMPT, "jpg_0 of row 1"],
    [1n, PROMPT, "jpg_1 of row 1"],
    [2n, "a blue boat", "jpg_0 of row 2"],
    [2n, "a blue boat", "jpg_1 of row 2"],
  ]);
  // The same two images in the other order, under another prompt.
  expect(rows[0]!.score).not.toBe(rows[3]!.score);
  for (const { percentile, preferred } of rows) {
    // Each image is one of the baseline's four: it is equal to itself.
    expect([12.5, 37.5, 62.5, 87.5]).toContain(percentile);
    expect(preferred).toBeGreaterThan(0);
  }
});

describe("an image that cannot be read has its reason in the output, and does not stop the others", () => {
  test("all kinds of them", async () => {
    const folder = gallery();
    mkdirSync(join(folder, "x.png"));
    writeFileSync(join(folder, "empty.png"), "");
    writeFileSync(join(folder, "bomb.png"), bomb(100_000));
    writeFileSync(join(folder, "text.png"), "no picture");
    const jpeg = await sharp(pictures[0]!).jpeg().toBuffer();
    writeFileSync(join(folder, "half.jpg"), jpeg);
    truncateSync(join(folder, "half.jpg"), Math.floor(jpeg.length / 2));
    const names = ["a.png", "x.png", "empty.png", "bomb.png", "text.png", "half.jpg", "none.png", "b.png"];
    writeFileSync(join(folder, "in.csv"), `prompt,image\n${names.map((name) => `${PROMPT},${name}`).join("\n")}\n`);
    const { code, out, err } = await pickapic(["score", "--input", join(folder, "in.csv"), "--json"]);
    expect(code).toBe(1);
    const { rows } = JSON.parse(out) as { rows: Line[] };
    expect(rows.map(({ image, score, error }) => [image, score, error])).toEqual([
      ["a.png", expect.any(Number), null],
      ["x.png", null, `${folder}/in.csv, line 3: expected an image at x.png; that is a folder.`],
      ["empty.png", null, `${folder}/empty.png: expected a picture; it is empty (0 bytes).`],
      ["bomb.png", null, `${folder}/bomb.png: expected at most 178956970 pixels; it has 100000 x 100000: make it smaller first.`],
      [
        "text.png",
        null,
        `${folder}/text.png: expected a picture; it is no picture of a known kind, not a PNG, JPEG, WebP, GIF, TIFF or AVIF.`,
      ],
      [
        "half.jpg",
        null,
        // libvips may give the reason of one broken picture to another that fails beside it; then none is said.
        expect.stringMatching(
          /half\.jpg: expected a picture; it is broken(?: \(.*\))?, or a variety that is not decoded: save it as PNG or JPEG anew\.$/,
        ),
      ],
      ["none.png", null, `${folder}/none.png: expected a picture; there is no such file.`],
      ["b.png", expect.any(Number), null],
    ]);
    expect(err.trim().split("\n").at(-1)).toBe("pickapic: 6 of 8 images could not be read.");
    expect(err).not.toMatch(/^\s+at /m);
  });

  test("of an animation the first picture counts", async () => {
    const folder = temporaryFolder();
    const { data, info } = await sharp(pictures[0]!).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const frames = Buffer.concat([data, Buffer.alloc(data.length, 255)]);
    const { width, height } = info;
    const film = sharp(frames, { raw: { width, height: 2 * height, channels: 4, pageHeight: height } });
    await film.webp({ lossless: true, loop: 0, delay: [100, 100] }).toFile(join(folder, "film.webp"));
    expect((await sharp(join(folder, "film.webp")).metadata()).pages).toBe(2);
    writeFileSync(join(folder, "still.png"), pictures[0]!);
    const { code, out } = await pickapic(["score", "--prompt", PROMPT, folder, "--json"]);
    const [film1, still] = (JSON.parse(out) as { images: Line[] }).images;
    expect({ code, score: film1!.score }).toEqual({ code: 0, score: expect.closeTo(still!.score!, 4) });
  });
});

describe("one file has one score, in a folder and in a dataset made of it", () => {
  const FILES = join(import.meta.dirname, "../../../fixtures/pictures/files");
  const UPRIGHT = "turned-1.png";
  const scoresOf = async (folder: string, ...words: string[]) => {
    const { code, out } = await pickapic(["score", "--prompt", PROMPT, folder, "--json", ...words]);
    expect(code).toBe(0);
    const { images, pixels } = JSON.parse(out) as { images: Line[]; pixels: string };
    return { pixels, scores: Object.fromEntries(images.map(({ image, score }) => [basename(image), score!])) };
  };

  test("as a browser shows it: upright, on white; with --pixels transformers as Python reads it", async () => {
    const folder = temporaryFolder();
    const names = ["turned-6.webp", "turned-6.png", "turned-8.png", UPRIGHT];
    for (const name of names) copyFileSync(join(FILES, name), join(folder, name));
    await sharp(pictures[0]!).toFile(join(folder, "opaque.png"));
    await sharp(pictures[0]!).removeAlpha().ensureAlpha(0).toFile(join(folder, "invisible.png"));
    await sharp(pictures[0]!).linear(0, 255).toFile(join(folder, "white.png"));
    await sharp(join(FILES, UPRIGHT)).rotate(90).toFile(join(folder, "turned-by-hand.png"));
    const { pixels, scores } = await scoresOf(folder);
    expect(pixels).toBe("browser");
    expect(scores["invisible.png"]).toBeCloseTo(scores["white.png"]!, 6);
    for (const name of ["turned-6.webp", "turned-6.png"]) expect(scores[name]).toBeCloseTo(scores["turned-by-hand.png"]!, 6);
    const python = await scoresOf(folder, "--pixels", "transformers");
    expect(python.pixels).toBe("transformers");
    expect(python.scores["invisible.png"]).toBeCloseTo(scores["opaque.png"]!, 6);
    expect(Math.abs(scores["opaque.png"]! - scores["white.png"]!)).toBeGreaterThan(0.1);
    for (const name of names.slice(0, 3)) expect(python.scores[name]).toBeCloseTo(python.scores[UPRIGHT]!, 6);
    expect(python.scores[UPRIGHT]).toBeCloseTo(scores[UPRIGHT]!, 6);
  });

  test("the dataset has the pixels that were scored, whoever reads them", async () => {
    const folder = temporaryFolder();
    const names = ["turned-6.webp", "invisible.png", "adobe-alpha.png", "turned-adobe.jpg"];
    const large = (name: string) => sharp(join(FILES, name)).resize({ width: 170, kernel: "nearest" }).keepMetadata();
    for (const name of names) await large(name).toFile(join(folder, name));
    const rows = names.map((name, i) => `p${i},${name},${names[(i + 1) % 4]},a`);
    writeFileSync(join(folder, "in.csv"), `prompt,image_a,image_b,choice\n${rows.join("\n")}\n`);
    const made = await pickapic(["dataset", "from-csv", join(folder, "in.csv"), "--out", join(folder, "made")]);
    expect(made.err).not.toMatch(/error/i);
    const kept = temporaryFolder();
    const dataset = await openDataset(join(folder, "made"));
    for (const split of dataset.splits)
      for await (const { caption, jpg_0 } of dataset.read(split, { columns: ["caption", "jpg_0"] }))
        writeFileSync(join(kept, names[Number(caption.slice(1))]!), jpg_0!);
    const { scores } = await scoresOf(folder);
    const browser = await scoresOf(kept);
    const python = await scoresOf(kept, "--pixels", "transformers");
    for (const name of names) {
      expect(python.scores[name], name).toBeCloseTo(browser.scores[name]!, 6);
      // What the JPEG costs.
      expect(Math.abs(browser.scores[name]! - scores[name]!), name).toBeLessThan(0.15);
    }
  });
});

test("the other columns of a table come out beside the scores, printed or in a file", async () => {
  const folder = gallery();
  const input = join(folder, "in.csv");
  writeFileSync(input, `id,prompt,image,score\n007,${PROMPT},a.png,9\n`);
  const output = join(folder, "out.jsonl");
  const { code } = await pickapic(["score", "--input", input, "--output", output, ...FORMULA]);
  const row = JSON.parse(readFileSync(output, "utf8"));
  expect({ code, row }).toEqual({ code: 0, row: expect.objectContaining({ image: "a.png", id: "007", input_score: "9" }) });
  expect((await pickapic(["rank", "--input", input, "--format", "csv", ...FORMULA])).out.split("\n")[0]).toBe(
    "row,prompt,image,rank,score,probability,error,id,input_score",
  );
  expect(JSON.parse((await pickapic(["score", "--input", input, "--json", ...FORMULA])).out)).toEqual({
    scorer: "colour-sharpness",
    pixels: "browser",
    rows: [row],
  });
  expect((await pickapic(["score", "--input", input, ...FORMULA])).out).not.toContain("007");
});

test("a contact sheet is written whole, and shows the images of a folder with what could not be read", async () => {
  const folder = gallery();
  writeFileSync(join(folder, "text.png"), "no picture");
  const output = join(folder, "sheet/index.html");
  const { code, out } = await pickapic(["rank", "--prompt", PROMPT, folder, "--output", output, ...FORMULA]);
  expect({ code, out, there: readdirSync(join(folder, "sheet")) }).toEqual({ code: 1, out: "", there: ["index.html"] });
  const page = readFileSync(output, "utf8");
  expect(page.match(/<img /g)).toHaveLength(4);
  expect(page).toContain("text.png: expected a picture; it is no picture of a known kind, not a PNG");
});

describe("wrong use is met before any work", () => {
  const cases: [what: string, words: string[], sentence: string][] = [
    ["a prompt and no images", ["--prompt", "x"], "images: expected image files, folders or patterns"],
    ["images beside a table", ["--input", "a.csv", "b.png"], "--input: the images stand in the table; leave out b.png"],
    ["two formats", ["--prompt", "x", "a.png", "--json", "--format", "csv"], "--json: --format csv says something else"],
    ["a column without a table", ["--prompt", "x", "a.png", "--image-column", "y"], "--image-column: it names a column of a table"],
    ["an output of no known kind", ["--prompt", "x", "a.png", "--output", "a.xlsx"], "--output: expected a name that ends in"],
    ["a format that is not the name's", ["--prompt", "x", "a.png", "--format", "html", "--output", "a.csv"], "--format html: the name a.csv"],
    ["an output over the input", ["--input", "a.csv", "--output", "./a.csv"], "--output: expected another file than --input."],
    ["a format that does not exist", ["--prompt", "x", "a.png", "--format", "xml"], "Allowed choices are table, json, csv, html."],
  ]; // biome-ignore format: a table
  test.each(cases)("%s", async (_what, words, sentence) => {
    for (const command of ["score", "rank"]) {
      const { code, out, err } = await pickapic([command, ...words]);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(sentence);
    }
  });
});

describe("nothing is half-written", () => {
  const left = (folder: string) => readdirSync(folder).filter((name) => !/^[abcd]\.png$/.test(name));

  test("after Ctrl-C in the middle, which is answered with one sentence", async () => {
    const folder = gallery();
    writeFileSync(join(folder, "in.csv"), `prompt,image\n${Array(5000).fill(`${PROMPT},a.png`).join("\n")}\n`);
    const words = ["score", "--input", join(folder, "in.csv"), "--output", join(folder, "out.csv")];
    const command = spawn(process.execPath, [BIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    command.stderr.on("data", (chunk: Buffer) => {
      if (err === "") command.kill("SIGINT");
      err += chunk.toString();
    });
    const [code] = (await once(command, "close")) as [number];
    expect({ code, err: err.replace(/^scoring: .*\n/gm, "") }).toEqual({
      code: 130,
      err: "\nStopped. No scores were written: run the command again.\n",
    });
    expect(left(folder)).toEqual(["in.csv"]);
  });

  test("after a failure in the middle of a table, or when the model is none", async () => {
    const folder = gallery();
    const input = join(folder, "in.jsonl");
    writeFileSync(input, JSON.stringify({ prompt: "x", image: "a.png" }));
    const output = join(folder, "out.parquet");
    expect(await pickapic(["score", "--input", input, "--scorer", "none", "--output", output])).toMatchObject({
      code: 1,
      out: "",
    });
    writeFileSync(join(folder, "no-baseline.png"), "");
    const words = ["score", "--input", input, "--baseline", join(folder, "no-baseline.png"), "--output", output];
    const { code, err } = await pickapic(words);
    expect({ code, last: err.trim().split("\n").at(-1) }).toEqual({
      code: 1,
      last: "pickapic: --baseline: none of its images could be read.",
    });
    expect(left(folder)).toEqual(["in.jsonl", "no-baseline.png"]);
  });

  test("where the output cannot be: it says so before the model is opened", async () => {
    const folder = gallery();
    copyFileSync(join(folder, "a.png"), join(folder, "file"));
    const words = ["score", "--prompt", PROMPT, folder, "--scorer", "none", "--output"];
    expect((await pickapic([...words, join(folder, "file/out.csv")])).err).toContain(
      "file is there already: choose another path",
    );
    if (process.platform === "linux")
      for (const name of ["/proc/out.csv", "/proc/x/y/out.csv"])
        expect((await pickapic([...words, name])).err).toBe("pickapic: Nothing can be written to /proc: choose another place.\n");
    mkdirSync(join(folder, "out.csv"));
    expect((await pickapic([...words, join(folder, "out.csv")])).err).toContain("out.csv is a folder where a file was expected");
    expect(left(folder).sort()).toEqual(["file", "out.csv"]);
  });
});

const CAUTION = /has only ever seen the simulated pictures of the toy world/;

test("a toy model says what its scores are worth: on the terminal, in JSON and on the sheet", async () => {
  const folder = gallery();
  const words = ["score", "--prompt", PROMPT, folder];
  const printed = await pickapic(words);
  expect({ err: CAUTION.test(printed.err), out: CAUTION.test(printed.out) }).toEqual({ err: true, out: false });
  expect(JSON.parse((await pickapic([...words, "--json"])).out).warnings).toEqual([expect.stringMatching(CAUTION)]);
  expect((await pickapic([...words, "--format", "html"])).out).toMatch(CAUTION);
});

test("a model that is no toy says nothing", async () => {
  const folder = gallery();
  const real = temporaryFolder();
  for (const name of readdirSync(modelFolder("clip-toy"))) copyFileSync(join(modelFolder("clip-toy"), name), join(real, name));
  const config = JSON.parse(readFileSync(join(real, "config.json"), "utf8"));
  writeFileSync(join(real, "config.json"), JSON.stringify({ ...config, pickapic_pictures: undefined }));
  const { code, out, err } = await pickapic(["score", "--prompt", PROMPT, folder, "--json", "--scorer", real]);
  expect({ code, caution: CAUTION.test(err), warnings: JSON.parse(out).warnings }).toEqual({
    code: 0,
    caution: false,
    warnings: undefined,
  });
});
