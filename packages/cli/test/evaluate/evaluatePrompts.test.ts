import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";
import { writeRankings } from "./rankings.ts";

let root = "";
let data = "";

/** A set of 40 prompts with images of the models of the dataset: the second byte is how good the image is, by `quality` of its model. */
async function set(name: string, quality: Record<string, number>, prompts = "prompts.txt"): Promise<string> {
  const folder = join(root, name);
  for (const [model, level] of Object.entries(quality)) {
    await mkdir(join(folder, model), { recursive: true });
    for (let i = 0; i < 40; i++) await writeFile(join(folder, model, `${i}.png`), Uint8Array.of(i, level + ((7 * i) % 5)));
  }
  const lines = Array.from({ length: 40 }, (_, i) => `prompt ${i}`);
  const tables: Record<string, string> = {
    "prompts.txt": lines.join("\n"),
    "prompts.tsv": ["prompt\tfile", ...lines.map((line, i) => `${line}\t${i}.png`)].join("\n"),
    "prompts.jsonl": lines.map((prompt) => JSON.stringify({ prompt })).join("\n"),
  };
  await writeFile(join(folder, prompts), tables[prompts] ?? "");
  return folder;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-prompts-"));
  data = join(root, "data");
  await writeRankings(data, 240, 60);
  await writeFile(join(root, "scorer.mjs"), "export default (prompt, images) => images.map((image) => image[1] ?? 0);");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const compare = (...words: string[]) =>
  pickapic(["evaluate", "prompts", ...words, "--scorer", `file:${join(root, "scorer.mjs")}`]);

describe("evaluate prompts", () => {
  test("gives win ratios of the configurations on every set, from text, TSV and JSON Lines, and how sets agree with people", async () => {
    const rated = JSON.parse(
      (await pickapic(["evaluate", "models", data, "--json", "--scorer", "colour-sharpness", "--split", "train"])).out,
    );
    const byPeople: string[] = rated.people.models.ratings.map(({ player }: { player: string }) => player);
    const [best = "", middle = "", worst = ""] = byPeople;
    const good = await set("users", { [best]: 30, [middle]: 20, [worst]: 10 }, "prompts.tsv");
    const bad = await set("captions", { [best]: 10, [middle]: 20, [worst]: 30 }, "prompts.jsonl");
    const { code, out, err } = await compare(good, bad, "--people", data, "--json");
    expect(code, err).toBe(0);
    const report = JSON.parse(out);
    expect(report.sets.map(({ name, prompts }: { name: string; prompts: number }) => [name, prompts])).toEqual([
      ["users", 40],
      ["captions", 40],
    ]);
    const [users] = report.sets[0].judges;
    expect(users.values.map(({ value }: { value: number }) => value)).toEqual(
      ["a", "b", "c"].map((name) => ({ [best]: 1, [middle]: 0.5, [worst]: 0 })[name]),
    );
    expect(users.withTruth).toEqual({ value: 1, interval: [1, 1], reason: null });
    expect(report.comparisons).toEqual([
      expect.objectContaining({ first: "users", second: "captions", difference: { value: 2, interval: [2, 2], reason: null } }),
    ]);
    const text = (await compare(good, bad, "--people", data)).out;
    expect(text).toMatch(/users − captions .* 2\.00 +2\.00 … 2\.00/);
    expect(text).not.toMatch(/NaN|undefined|null/);
  });

  test("leaves out a prompt with an image without a score for all, counts and names it, and refuses when there are too many", async () => {
    const broken = join(root, "broken.mjs");
    await writeFile(
      broken,
      "export default (prompt, images) => images.map((image) => (image[0] === 7 && image[1] > 24 ? NaN : image[1]));",
    );
    const folder = await set("holes", { x: 30, y: 20, z: 10 });
    const words = ["evaluate", "prompts", folder, "--scorer", `file:${broken}`];
    const { out } = await pickapic([...words, "--json"]);
    const { sets, failures } = JSON.parse(out);
    expect(sets[0]).toMatchObject({ prompts: 39, leftOut: 1 });
    expect(sets[0].judges[0].values.map(({ value }: { value: number }) => value)).toEqual([1, 0.5, 0]);
    expect(failures).toEqual([
      {
        scorer: `file:${broken}`,
        images: 1,
        first: [{ uid: join(folder, "x", "7.png"), caption: "prompt 7", reason: expect.stringContaining("NaN") }],
      },
    ]);
    expect((await pickapic(words)).out).toContain("broken.mjs gave no score to 1 image; 1 prompt with such images was left out");
    const refused = await pickapic([...words, "--most-failed", "0.01"]);
    expect(refused).toMatchObject({ code: expect.any(Number), out: "", err: expect.stringContaining("prompt 7") });
    expect(refused.code).not.toBe(0);
  });

  test("says in one sentence what is wrong with a set", async () => {
    const whole = await set("whole", { x: 1, y: 2, z: 3 });
    const other = await set("other", { x: 1, y: 2, q: 3 });
    const two = await set("two", { x: 1, y: 2 });
    await rm(join(other, "x", "3.png"));
    const refused = async (text: RegExp, ...words: string[]) =>
      expect(await compare(...words)).toMatchObject({ code: expect.any(Number), out: "", err: expect.stringMatching(text) });
    await refused(/other: expected the folders of .*whole \(x, y, z\); it has q, x, y\./, whole, other);
    await refused(/expected one image for each of the 40 prompts .*x has 39/, other);
    await refused(/two: expected a folder of images for each of 3 configurations or more; found 2\./, two);
    await refused(/data has no answer about x, .* it has answers about .*a/, whole, "--people", data);
    await refused(/There is no file or folder .*nowhere/, join(root, "nowhere"));
    await rm(join(whole, "prompts.txt"));
    await refused(/whole: expected a file of prompts, one of prompts\.txt/, whole);
  });
});

test("dataset prompts draws prompts of different people, the same for the same seed, into a file or to the terminal", async () => {
  const drawn = await pickapic(["dataset", "prompts", data, "-n", "31"]);
  const prompts = drawn.out.trim().split("\n");
  expect(new Set(prompts).size).toBe(31);
  expect(drawn.err).toContain("31 of 120 prompts, drawn in turns from 120 people, seed 1.");
  expect((await pickapic(["dataset", "prompts", data, "-n", "31"])).out).toBe(drawn.out);
  expect((await pickapic(["dataset", "prompts", data, "-n", "31", "--seed", "2"])).out).not.toBe(drawn.out);
  const file = join(root, "prompts.jsonl");
  await pickapic(["dataset", "prompts", data, "-n", "1000", "--json", "--output", file]);
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  expect([lines.length, Object.keys(JSON.parse(lines[0] ?? "{}"))]).toEqual([120, ["prompt"]]);
});
