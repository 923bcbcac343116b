import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { buildProgram } from "../../src/program.ts";
import { openTerminal, pickapic } from "../terminal.ts";

const PAIRS = 60;
let root = "";

/** Files whose first byte is the number of their prompt and whose second is how good they are. */
async function release(name: string, quality: (i: number) => number): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  for (let i = 0; i < PAIRS; i++) await writeFile(join(folder, `${i}.png`), Uint8Array.of(i, quality(i)));
  return folder;
}

let old = "";
let better = "";
let mixed = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-images-"));
  old = await release("old", () => 100);
  better = await release("better", (i) => (i % 10 === 0 ? 90 : i % 10 === 1 ? 100 : 110));
  mixed = await release("mixed", (i) => (i % 2 ? 110 : 90));
  // Scores only an image that came with its own prompt.
  const scorer = '(prompt, images) => images.map((i) => (prompt === "prompt " + i[0] ? i[1] / 10 : NaN))';
  await writeFile(join(root, "scorer.mjs"), `export default ${scorer};`);
  const prompts = Array.from({ length: PAIRS }, (_, i) => `prompt ${i}`);
  await writeFile(join(root, "prompts.txt"), `${prompts.join("\n")}\n`);
  const rows = prompts.map((prompt, i) => `${prompt},${i}.png`).reverse();
  await writeFile(join(root, "manifest.csv"), `prompt,file\n${rows.join("\n")}\n`);
  await writeFile(join(root, "few.csv"), `prompt,file\n${rows.slice(0, 12).join("\n")}\n`);
  await writeFile(join(root, "gone.csv"), "prompt,file\nprompt 1,1.png\nprompt 2,none.png\n");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const compare = (a: string, b: string, ...words: string[]) =>
  pickapic([
    "evaluate",
    "images",
    a,
    b,
    "--scorer",
    `file:${join(root, "scorer.mjs")}`,
    "--prompts",
    join(root, "prompts.txt"),
    ...words,
  ]);

test("evaluate distance says what an interval below 0 means, and counts the images that are on both sides", async () => {
  const [first, again] = [join(root, "first"), join(root, "saved again")];
  for (const folder of [first, again]) await mkdir(folder);
  for (let i = 0; i < 20; i++) {
    const background = { r: (91 * i) % 256, g: (37 * i) % 256, b: 12 * i };
    const picture = sharp({ create: { width: 24, height: 24, channels: 3, background } });
    await writeFile(join(first, `${i}.png`), await picture.png().toBuffer());
    await writeFile(join(again, `${i}.webp`), await picture.webp({ lossless: true }).toBuffer());
  }
  const { out, err } = await pickapic(["evaluate", "distance", first, again, "--json"]);
  expect(JSON.parse(out)).toMatchObject({ shared: 0, kernel: { reason: null } });
  expect(err).toContain("An interval lies wholly below 0, where no true distance is");
  const same = await pickapic(["evaluate", "distance", first, first, "--json"]);
  expect(JSON.parse(same.out)).toMatchObject({ shared: 20, kernel: { interval: null }, cmmd: { interval: null } });
  expect(same.err).toContain("Intervals are missing: 20 images are on both sides");
  expect(same.err).not.toContain("lies wholly below 0");
});

test("evaluate distance of a single image is a wrong use, told before anything is read", async () => {
  const single = join(root, "single");
  await mkdir(single);
  await writeFile(join(single, "1.png"), Uint8Array.of(1));
  expect(await pickapic(["evaluate", "distance", old, single])).toMatchObject({
    code: 2,
    err: `pickapic: A distance needs at least two images on each side; ${single} has 1.\n`,
  });
});

describe("evaluate images", () => {
  test("pairs images in the order of the numbers in their names, counts wins and ties, and ends with 0 when B is better", async () => {
    const { code, out } = await compare(old, better, "--json");
    expect(code).toBe(0);
    const [found] = JSON.parse(out).scorers;
    expect(found).toMatchObject({ pairs: PAIRS, leftOut: 0, wins: { a: 6, b: 48, ties: 6 }, verdict: "better", threshold: 0 });
    expect(found.winRate.value).toBeCloseTo((48 + 3) / PAIRS, 12);
    expect(found.identity).toMatch(/^sha256:/);
  });

  test("ends with 1 and a sentence when B is worse beyond its interval, or below --fail-under", async () => {
    const worse = await compare(better, old);
    expect(worse.code).toBe(1);
    expect(worse.err).toMatch(/old is worse than .*better by file:.*: it wins 15\.0 % of the pairs \(95 % interval .* %\)\./);
    expect(worse.out).toMatch(/B wins +95 % interval +B better +A better +ties +threshold/);
    expect((await compare(old, mixed)).code).toBe(0);
    const demanded = await compare(old, mixed, "--fail-under", "0.6");
    expect(demanded).toMatchObject({ code: 1, err: expect.stringMatching(/wins 50\.0 %.*at least 60\.0 % were demanded/) });
  });

  test("a release is not worse than itself, and a larger threshold makes more ties", async () => {
    expect(JSON.parse((await compare(old, old, "--json")).out).scorers[0]).toMatchObject({
      wins: { ties: PAIRS },
      verdict: "not shown",
    });
    // A difference of one in the score is a probability of 0.731, so |p0 - p1| = 0.462.
    const tied = JSON.parse((await compare(old, better, "--threshold", "0.47", "--json")).out).scorers[0];
    expect(tied.wins).toEqual({ a: 0, b: 0, ties: PAIRS });
    expect(tied.protocol).toContain("a tie when |p0 - p1| <= 0.47");
  });

  test("a manifest names the image of each prompt, in any order; too few pairs say nothing and end with 2", async () => {
    const named = JSON.parse((await compare(old, better, "--prompts", join(root, "manifest.csv"), "--json")).out);
    expect(named.scorers[0].wins).toEqual({ a: 6, b: 48, ties: 6 });
    expect(await compare(old, better, "--prompts", join(root, "few.csv"))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/cannot be said: too few pairs \(12\), at least 30 are needed\. Make images of more prompts\./),
    });
  });

  test("that cannot be made ends with 2, because 1 says that B is worse; files that are no images are named where the numbers differ", async () => {
    await writeFile(join(root, "throws.mjs"), 'export default () => { throw new Error("no eyes"); };');
    const failing = await compare(old, better, "--scorer", `file:${join(root, "throws.mjs")}`);
    expect(failing).toMatchObject({ code: 2, err: expect.stringContaining("was given up after 3 calls") });
    expect(await compare(old, join(root, "nowhere"))).toMatchObject({ code: 2, err: expect.stringContaining("nowhere") });
    const bitmaps = await release("bitmaps", () => 1);
    await rename(join(bitmaps, "7.png"), join(bitmaps, "7.bmp"));
    expect((await compare(old, bitmaps)).err).toContain("bitmaps has 59 (1 file passed over (.bmp 1))");
  });

  test.each<[string, string[], RegExp]>([
    ["as many prompts as images", ["--prompts", "short.txt"], /expected one image for each of the 2 prompts of .*; .*old has 60/],
    ["files that exist", ["--prompts", "gone.csv"], /row 2: there is no image .*none\.png/],
    ["one threshold", ["--threshold", "0.1", "--threshold-from", "x"], /--threshold-from says something else/],
    [
      "images with scores",
      ["--prompts", "wrong.txt"],
      /of the 60 pairs .*cannot be measured, because an image in them has no score.*The first: image .*0\.png/,
    ],
  ])("expects %s", async (_what, [option = "", value = "", ...more], message) => {
    await writeFile(join(root, "short.txt"), "prompt 0\nprompt 1\n");
    await writeFile(join(root, "wrong.txt"), "x\n".repeat(PAIRS));
    const words = value.includes(".") && option === "--prompts" ? [option, join(root, value)] : [option, value];
    const { code, err } = await compare(old, better, ...words, ...more);
    expect(code).toBeGreaterThan(0);
    expect(err).toMatch(message);
  });
});

describe("the action for GitHub", () => {
  const FILE = new URL("../../../../integrations/github-action/action.yml", import.meta.url);

  interface Action {
    inputs: Record<string, { description: string; required?: boolean; default?: string }>;
    outputs: Record<string, { description: string; value: string }>;
    runs: { using: string; steps: { id?: string; env?: Record<string, string>; run?: string }[] };
  }

  test("calls a command that exists, with options that exist, and every input is used", async () => {
    const text = await readFile(FILE, "utf8");
    expect(text.split("\n").length).toBeLessThan(100);
    const action: Action = parse(text);
    expect(action.runs.using).toBe("composite");
    const script = action.runs.steps.map(({ run = "" }) => run).join("\n");
    const evaluate = buildProgram(openTerminal().context).commands.find((command) => command.name() === "evaluate");
    const images = evaluate?.commands.find((command) => command.name() === "images");
    expect(script).toContain('pickapic.mjs" evaluate images ');
    const used = [...script.slice(script.indexOf("evaluate images")).matchAll(/(?<=[\s(])--[a-z-]+/g)].map(([option]) => option);
    const known = images?.options.map(({ long }) => long) ?? [];
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((option) => !known.includes(option))).toEqual([]);
    const given = action.runs.steps.flatMap(({ env = {} }) => Object.values(env)).join(" ");
    for (const name of Object.keys(action.inputs)) expect(given).toContain(`inputs.${name} `);
    // Inputs come as environment variables: put into the script they could run commands.
    expect(script).not.toContain("${{ inputs");
    for (const { value } of Object.values(action.outputs))
      expect(action.runs.steps.map(({ id }) => id)).toContain(/steps\.([a-z]+)\./.exec(value)?.[1]);
  });
});
