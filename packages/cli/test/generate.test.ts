import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

test("what the generator did not follow stands below the table, each sentence once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-generate-"));
  const { code, out } = await pickapic(["generate", "a red cat [umbrella]", "-n", "2", "--out", folder]);
  await rm(folder, { recursive: true, force: true });
  expect(code).toBe(0);
  expect(out.match(/negative prompt/g)).toHaveLength(1);
});

describe("generate --best-of", () => {
  let folder = "";
  let out = "";
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pickapic-best-"));
    out = at("pictures");
    await writeFile(
      at("templates.json"),
      '[{ "name": "plain", "prompt": "{prompt}" }, { "name": "loud", "prompt": "{prompt}!" }]',
    );
    await writeFile(at("no-mark.json"), '[{ "name": "plain", "prompt": "{prompt}" }, { "name": "lost", "prompt": "a photo" }]');
    await writeFile(at("level.mjs"), "export default (prompt, images) => images.map(() => 1);");
    await writeFile(at("nan.mjs"), "export default (prompt, images) => images.map(() => NaN);");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const best = (...words: string[]) => pickapic(["generate", "a red cat", "--seed", "3", "--out", out, "--best-of", ...words]);

  test("takes templates from a file, stops when one more picture promises nothing, and says how many it saved", async () => {
    const words = [
      "12",
      "-n",
      "5",
      "--scorer",
      `file:${at("level.mjs")}`,
      "--templates",
      at("templates.json"),
      "--patience",
      "0.01",
    ];
    const { code, out: printed, err } = await best(...words, "--json");
    expect(code).toBe(0);
    const { pictures, saved } = JSON.parse(printed);
    // All scores are equal, so five pictures are enough.
    expect(saved).toBe(7);
    expect(err).toContain("5 of 12 pictures were made; 7 were saved by --patience.");
    expect(err).toContain("best so far: 1.000 (plain)");
    expect(pictures.map(({ template }: { template: string }) => template)).toEqual(["plain", "loud", "plain", "loud", "plain"]);
    await rm(out, { recursive: true, force: true });
  });

  test.each([
    [["0"], 2, "Expected a whole number from 1 to 10000."],
    [["100000"], 2, "Expected a whole number from 1 to 10000."],
    [["4", "--patience", "0"], 2, "patience must be a probability above 0 and below 0.5; got 0."],
    [["4", "--patience", "0.5"], 2, "patience must be a probability above 0 and below 0.5; got 0.5."],
    [["4", "--patience", "2"], 2, "Expected a number from 0 to 0.5."],
    [
      ["4", "--templates", "no-mark.json"],
      1,
      'entry 2 ("lost"), prompt: expected {prompt} exactly once; it is there not at all.',
    ],
    [["4", "--templates", "absent.json"], 1, "cannot be read (ENOENT): check the path."],
    [["4", "--scorer", "nan.mjs"], 1, "NaN"],
  ])("%j is refused in one sentence, and nothing is written", async (words, code, sentence) => {
    const named = words.map((word) => (word.endsWith(".json") ? at(word) : word.endsWith(".mjs") ? `file:${at(word)}` : word));
    const ended = await best(...named);
    expect(ended).toMatchObject({ code, out: "", err: expect.stringContaining(sentence) });
    expect(ended.err.split("\n").filter((line) => line.includes(sentence))).toHaveLength(1);
    expect(await readdir(folder)).not.toContain("pictures");
  });

  test("options that only mean something with it are refused without it", async () => {
    const { code, err } = await pickapic(["generate", "a red cat", "--patience", "0.01", "--out", out]);
    expect(code).toBe(2);
    expect(err).toContain("--patience says how pictures are picked from many: give --best-of as well.");
  });
});
