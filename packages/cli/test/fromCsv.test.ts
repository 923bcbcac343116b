import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "pickapic-from-csv-"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder with pairs.csv and pictures 0.png ... 9.png. */
async function folderWith(name: string, csv: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  for (let i = 0; i < 10; i++) {
    const picture = sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 20 * i, g: 90, b: 200 - 20 * i } } });
    await picture.png().toFile(join(folder, `${i}.png`));
  }
  await writeFile(join(folder, "pairs.csv"), csv);
  return folder;
}

const HEAD = "prompt,image_a,image_b,choice\r\n";
const GOOD = Array.from(
  { length: 10 },
  (_, i) => `"prompt ${i},\r\nquoted",${i}.png,${(i + 1) % 10}.png,${i % 4 ? "a" : "tie"}\r\n`,
);

test("a table becomes a dataset with held-out prompts, and says how to train on it", async () => {
  const folder = await folderWith("good", `\ufeff${HEAD}${GOOD.join("")}`);
  const out = join(folder, "out");
  const made = await pickapic(["dataset", "from-csv", join(folder, "pairs.csv"), "--out", out, "--license", "cc0-1.0", "--json"]);
  expect(made.code).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({ rankings: 10, images: 10, splits: { train: { rows: 8 } } });
  expect(JSON.parse(made.out).warnings).toEqual([expect.stringMatching(/^validation has 1 ranking and test 1, /)]);
  expect(made.err).toContain("checking: 10/10 pairs");
  expect(made.err).toContain("writing: 10/10 rankings");
  expect(made.err).toContain(`pickapic train ${out}`);
  const checked = await pickapic(["dataset", "validate", out, "--json"]);
  expect(checked).toMatchObject({ code: 0 });
});

test("a dataset that stands there already is replaced with --force only, and nothing is read before", async () => {
  const folder = await folderWith("again", HEAD + GOOD.join(""));
  const words = ["dataset", "from-csv", join(folder, "pairs.csv"), "--out", join(folder, "out")];
  const first = await pickapic(words);
  expect(first.err).toMatch(/No licence was chosen: .* --license, such as cc-by-4\.0/);
  expect(await pickapic(words)).toEqual({
    code: 1,
    out: "",
    err: `pickapic: ${join(folder, "out")} holds a dataset already; nothing was written: replace it with --force, or give another folder.\n`,
  });
  expect((await pickapic([...words, "--force"])).code).toBe(0);
});

test("a warning is printed beside the result, not in it", async () => {
  const folder = await folderWith("twice", HEAD + GOOD.join("") + GOOD[3]!);
  const made = await pickapic(["dataset", "from-csv", join(folder, "pairs.csv"), "--out", join(folder, "out")]);
  expect(made.code).toBe(0);
  expect(made.err).toContain("1 row repeats the prompt and the images of an earlier one (the first: line 22, as in line 8)");
  expect(made.out).not.toContain("repeats");
});

test.each([
  [
    "wrong-path",
    `${HEAD}p,0.png,1.png,a\r\nq,0.png,img/gone.png,b\r\n`,
    /pairs\.csv line 3: expected an image at img\/gone\.png/,
  ],
  [
    "no-column",
    "prompt,image_a,image_b\np,0.png,1.png\n",
    /pairs\.csv line 1: .*choice is missing among prompt, image_a, image_b\./,
  ],
  ["bad-choice", `${HEAD}p,0.png,1.png,maybe\r\n`, /pairs\.csv line 2: expected the choice a, b or tie.*got "maybe"/],
  ["empty", "", /it is empty \(0 bytes\); expected a head and at least one row\./],
])("%s is one sentence, exit code 1, and nothing half-written", async (name, csv, sentence) => {
  const folder = await folderWith(name, csv);
  const before = await readdir(folder);
  const { code, out, err } = await pickapic(["dataset", "from-csv", join(folder, "pairs.csv"), "--out", join(folder, "out")]);
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toMatch(sentence);
  expect(err.split("\n").filter((line) => line !== "" && !line.startsWith("checking:"))).toHaveLength(1);
  expect(await readdir(folder)).toEqual(before);
});

test("numbers that may count from 0 or from 1 are refused until the command says which", async () => {
  const folder = await folderWith("numbers", `${HEAD}p,0.png,1.png,1\r\nq,2.png,3.png,1\r\n`);
  const words = ["dataset", "from-csv", join(folder, "pairs.csv"), "--out", join(folder, "out"), "--json"];
  expect(await pickapic(words)).toMatchObject({ code: 1, err: expect.stringContaining("say it with --first-number 0 or") });
  expect(await pickapic([...words, "--first-number", "1"])).toMatchObject({ code: 0 });
  expect(await pickapic([...words, "--first-number", "2"])).toMatchObject({ code: 2 });
});

test("rows whose picture is missing are left out with --skip-missing, and counted in the result", async () => {
  const folder = await folderWith("missing", `${HEAD}p,0.png,1.png,a\r\nq,0.png,img\\gone.png,b\r\nr,gone.png,1.png,b\r\n`);
  const words = ["dataset", "from-csv", join(folder, "pairs.csv"), "--out", join(folder, "out"), "--json"];
  const refused = await pickapic(words);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err.split("\n")).toEqual([
    expect.stringMatching(/^pickapic: .*pairs\.csv has 2 faults:$/),
    expect.stringMatching(/^ {2}line 3: expected an image at img\\gone\.png; .*, nor at img\/gone\.png\.$/),
    expect.stringMatching(/^ {2}line 4: expected an image at gone\.png; /),
    "Leave out the rows whose picture is missing with --skip-missing.",
    "",
  ]);
  const made = await pickapic([...words, "--skip-missing"]);
  expect(made.code).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({ rankings: 1, skipped: 2 });
  expect(made.err).toContain("2 rows were left out, since a picture is missing (the first: line 3: ");
});

test.runIf(process.platform === "linux")("where nothing can be written it says so", async () => {
  const folder = await folderWith("proc", HEAD + GOOD.join(""));
  const { code, err } = await pickapic(["dataset", "from-csv", join(folder, "pairs.csv"), "--out", "/proc/x/y"]);
  expect({ code, last: err.trim().split("\n").at(-1) }).toEqual({
    code: 1,
    last: "pickapic: The dataset /proc/x/y could not be written: that disk is read-only or takes no files; choose another folder. Nothing was left behind.",
  });
});

test("without a table the command is used wrongly", async () => {
  expect((await pickapic(["dataset", "from-csv"])).code).toBe(2);
  expect(await pickapic(["dataset", "from-csv", join(root, "nowhere.csv")])).toMatchObject({
    code: 1,
    err: expect.stringContaining("nowhere.csv is not there: expected a table."),
  });
});
