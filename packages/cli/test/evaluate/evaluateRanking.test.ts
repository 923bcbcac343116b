import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-ranking-"));
  await writeFile(at("templates.json"), '[{ "name": "plain", "prompt": "{prompt}" }, { "name": "loud", "prompt": "{prompt}!" }]');
  await writeFile(at("no-mark.json"), '[{ "name": "plain", "prompt": "{prompt}" }, { "name": "lost", "prompt": "a photo" }]');
  await writeFile(at("nan.mjs"), "export default (prompt, images) => images.map((_, i) => (i === 3 ? NaN : 1));");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Few and small pictures, few judges, and scorers that need no model. */
const SMALL = ["--size", "16", "--judges", "4", "--scorer", "random:7", "--against", "random"];
const ranking = (...words: string[]) => pickapic(["evaluate", "ranking", ...SMALL, ...words]);

describe("evaluate ranking", () => {
  test("prints picks against baselines, the curve and the verdicts, and writes them as a page", async () => {
    const words = ["--prompts", "8", "-n", "4", "--templates", at("templates.json"), "--pessimism", "1", "--patience", "0.01"];
    const file = at("ranking.html");
    const page = await ranking(...words, "--format", "html", "--output", file);
    expect(page).toMatchObject({ code: 0, out: "" });
    const { code, out } = await ranking(...words);
    expect(code).toBe(0);
    for (const text of [
      "random seed, bare prompt",
      "random seed, random template",
      "the pick of random",
      "lower bound of random:7",
      "random:7 with patience",
      "its own pick of all 4",
      "The best of n by random:7",
      "2 seeds x 2 templates",
      "mean minus 1 x the standard deviation",
    ])
      expect(out).toContain(text);
    const html = await readFile(file, "utf8");
    expect(html).toContain("Better pictures by ranking");
    expect(html.match(/<svg /g)).toHaveLength(2);
    for (const text of ["score gained, log odds", "<dt>size, px</dt><dd>16</dd>", "<dt>ensemble</dt><dd>none</dd>"])
      expect(html).toContain(text);
    // Eight prompts, each judged by four people.
    expect(html).toMatch(/<td>32<\/td><td>\d+<\/td><\/tr>/);
    for (const text of [out, html]) expect(text).not.toMatch(/NaN|undefined|<script/);
  });

  test("of too few judgements is refused before a scorer is opened or an image drawn", async () => {
    await writeFile(at("never.mjs"), 'throw new Error("this scorer was opened");');
    expect(await ranking("--prompts", "7", "--scorer", `file:${at("never.mjs")}`)).toEqual({
      code: 2,
      out: "",
      err: "pickapic: 7 prompts, each judged by 4, give too few judgements (28), at least 30 are needed for a share: ask for more prompts (--prompts) or judges (--judges).\n",
    });
  });

  test("in which prompts without a score leave too few judgements says so in one sentence instead of a share", async () => {
    await writeFile(
      at("first.mjs"),
      "let first; export default (prompt, images) => images.map((_, i) => ((first ??= prompt) === prompt ? NaN : i));",
    );
    const words = ["--prompts", "8", "-n", "2", "--most-failed", "0.2", "--scorer", `file:${at("first.mjs")}`];
    expect((await ranking(...words)).out).toBe(
      "No share can be given: too few judgements (28), at least 30 are needed. Ask for more prompts (--prompts) or judges (--judges).\n",
    );
  });

  test.each([
    [["-n", "0"], 2, "Expected a whole number from 2 to 10000."],
    [["-n", "100000"], 2, "Expected a whole number from 2 to 10000."],
    [["--patience", "0"], 2, "patience must be a probability above 0 and below 0.5; got 0."],
    [["--patience", "0.7"], 2, "Expected a number from 0 to 0.5."],
    [["--pessimism", "-1"], 2, "Expected a number from 0 to 10."],
    [["--ensemble", "random", "random"], 2, "--ensemble: give two scorers or more"],
    [["--templates", "no-mark.json"], 1, 'entry 2 ("lost"), prompt: expected {prompt} exactly once; it is there not at all.'],
    [["--model", "toy-none"], 1, 'There is no model named "toy-none".'],
    [["--scorer", "nan.mjs", "-n", "3", "--prompts", "8"], 1, "NaN"],
  ])("%j is refused in one sentence", async (words, code, sentence) => {
    const named = words.map((word) => (word.endsWith(".json") ? at(word) : word.endsWith(".mjs") ? `file:${at(word)}` : word));
    const ended = await ranking(...named);
    expect(ended).toMatchObject({ code, out: "", err: expect.stringContaining(sentence) });
  });
});
