import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@pickapic/cli";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../src/program.ts";
import { openTerminal, pickapic } from "./terminal.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("help", () => {
  test("without a command the help is printed and the code is 0", async () => {
    const { code, out, err } = await pickapic([]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("The loop in six commands");
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const [, block] = /## The loop in six commands\n+```sh\n([\s\S]*?)```/.exec(readme)!;
    const commands = block!
      .trim()
      .split("\n")
      .map((line) => line.split(/ {2,}# /)[0]!.trimEnd());
    expect(commands).toHaveLength(6);
    const shown = out.split("The loop in six commands:\n")[1]!.split("\n").slice(0, 6);
    expect(
      shown.map((line) =>
        line
          .replace(/^ +\$ /, "")
          .split(/ {3,}/)[0]!
          .trimEnd(),
      ),
    ).toEqual(commands.map((command) => command.split(/ {3,}/)[0]));
  });

  test("every command has a help text with an example", async () => {
    const { context } = openTerminal();
    const leaves = buildProgram(context).commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands.map((child) => [command.name(), child.name()]) : [[command.name()]],
    );
    for (const words of leaves) {
      const { code, out } = await pickapic([...words, "--help"]);
      expect({ words, code, example: /Examples?:\n {2}\$ /.test(out) }).toEqual({ words, code: 0, example: true });
    }
  });

  test("the version is that of the package", async () => {
    expect(await pickapic(["--version"])).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  });
});

describe("wrong use ends with 2 and one sentence", () => {
  const cases: [what: string, argv: string[], sentence: RegExp][] = [
    ["an unknown command", ["scroe"], /^pickapic: unknown command 'scroe'\n\(Did you mean score\?\)\n$/],
    ["an unknown command of a group", ["dataset", "exprot"], /Did you mean export\?/],
    ["an unknown option", ["serve", "--prot", "1"], /^pickapic: unknown option '--prot'\n\(Did you mean --port\?\)\n$/],
    [
      "a number that is none",
      ["simulate", "--users", "many"],
      /'many' is invalid. Expected a whole number from 1 to 100000\.\n$/,
    ],
    ["a number outside its range", ["serve", "--port", "65536"], /Expected a whole number from 0 to 65535\.\n$/],
    ["a missing argument", ["train"], /^pickapic: train: expected the run folder: give --out/],
    ["a missing option", ["score", "a.jpg"], /^pickapic: --prompt: expected what the images should show/],
    ["a blank prompt", ["score", "--prompt", " ", "a.jpg"], /^pickapic: --prompt: expected a few words, got none\.\n$/],
    [
      "an address that is none",
      ["simulate", "--url", "localhost"],
      /^pickapic: --url: expected an address such as .* got "localhost"\.\n$/,
    ],
    [
      "a setting of training outside its range",
      ["train", "d", "--out", "o", "--learning-rate", "2"],
      /Expected auto, or a number from 0 to 1\.\n$/,
    ],
    [
      "a choice of training that does not exist",
      ["train", "d", "--out", "o", "--decay", "never"],
      /Expected one of linear, cosine, .*\.\n$/,
    ],
  ];
  test.each(cases)("%s", async (_what, argv, sentence) => {
    const { code, out, err } = await pickapic(argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(sentence);
  });
});

describe("a failure ends with 1 and one sentence without a stack trace", () => {
  const cases: [what: string, argv: (folder: string) => string[], sentence: RegExp][] = [
    [
      "an image that is missing",
      (at) => ["score", "--prompt", "x", join(at, "no.jpg")],
      /There is no file or folder .*no\.jpg: check the path\./,
    ],
    ["a folder without images", (at) => ["rank", "--prompt", "x", at], /No image was found in/],
    ["a pattern that matches nothing", (at) => ["score", "--prompt", "x", join(at, "*.png")], /No image was found in/],
    ["a blank prompt to draw", () => ["generate", " "], /The prompt is empty/],
    [
      "a model that is not on offer",
      (at) => ["generate", "a cat", "--model", "dall-e", "--out", at],
      /There is no model named "dall-e"\. Models on offer: toy-xl/,
    ],
    ["a dataset that is missing", (at) => ["dataset", "stats", join(at, "none")], /none is not there: expected a dataset folder/],
    [
      "a data folder that is missing",
      (at) => ["dataset", "export", "--data", join(at, "none"), "--out", join(at, "out"), "--license", "none"],
      /none/,
    ],
    ["a token that is missing", (at) => ["admin", "token", "--data", at], /token of the app was not found in/],
    ["a model folder that is none", (at) => ["model", "info", at], /has no config\.json/],
    [
      "an app that does not run",
      (at) => ["simulate", "--url", "http://127.0.0.1:9", "--data", at],
      /did not answer: start it with `pickapic serve`/,
    ],
  ];
  test.each(cases)("%s", async (_what, argv, sentence) => {
    const { code, out, err } = await pickapic(argv(folder));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(sentence);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test("a broken image is named, what can be scored is printed", async () => {
    await writeFile(join(folder, "broken.png"), "no picture");
    const { code, err } = await pickapic(["score", "--prompt", "a cat", "--scorer", "clip-toy", join(folder, "broken.png")]);
    expect(code).toBe(1);
    expect(err).toContain("broken.png");
    expect(err).not.toMatch(/^\s+at /m);
    await rm(join(folder, "broken.png"));
  });

  test("a failure leaves nothing half-written", async () => {
    expect(await readdir(folder)).toEqual([]);
  });
});

test("a mistake of ours says so, and shows the stack only when asked", async () => {
  const broken = { now: () => { throw new TypeError("clock is gone"); } }; // biome-ignore format: one line
  const short = await pickapic(["simulate"], broken);
  expect(short.code).toBe(1);
  expect(short.err).toMatch(
    /^pickapic: clock is gone\nThis is a mistake in pickapic, not yours\. Please report it .*--verbose\.\n$/,
  );
  const long = await pickapic(["simulate", "--verbose"], broken);
  expect(long.err).toContain("TypeError: clock is gone\n    at ");
});

test("an interrupted command says so and ends with 130", async () => {
  const { code, err } = await pickapic(["generate", "a cat", "--out", folder], { signal: AbortSignal.abort() });
  expect({ code, err: err.trim() }).toEqual({ code: 130, err: "Stopped." });
  expect(await readdir(folder)).toEqual([]);
});

describe("--json", () => {
  test("generate prints what it wrote", async () => {
    const { code, out } = await pickapic(["generate", "a cat [dogs]", "-n", "2", "--seed", "5", "--out", folder, "--json"]);
    const { pictures, ...rest } = JSON.parse(out) as { pictures: { file: string }[] };
    expect({ code, ...rest }).toEqual({ code: 0, prompt: { prompt: "a cat", negativePrompt: "dogs" }, simulated: true, seed: 5 });
    const names = pictures.map(({ file }) => file.slice(folder.length + 1));
    expect(await readdir(folder)).toEqual(names.flatMap((name) => [name, name.replace(".jpg", ".json")]).sort());
  });

  test("the same seed gives the same pictures", async () => {
    // A clock that stands still: the time that a picture took is part of the result.
    const generate = () => pickapic(["generate", "a cat", "-n", "2", "--seed", "5", "--out", folder, "--json"], { now: () => 0 });
    const once = await generate();
    expect((await generate()).out).toBe(once.out);
  });

  test("score and rank agree, and rank is best first", async () => {
    const words = ["--prompt", "a cat", "--scorer", "clip-toy", "--json", folder];
    type Scored = { images: { image: string; score: number; probability: number; rank: number }[] };
    const score = JSON.parse((await pickapic(["score", ...words])).out) as Scored;
    const rank = JSON.parse((await pickapic(["rank", "--top", "1", ...words])).out) as Scored;
    expect(score.images.map(({ image }) => image)).toEqual([...score.images.map(({ image }) => image)].sort());
    const best = score.images.reduce((a, b) => (b.score > a.score ? b : a));
    expect(rank.images).toEqual([best]);
    expect(score.images.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  });
});

test("what the operating system refuses in the middle of the work ends with how to go on", async () => {
  await writeFile(join(folder, "picture.png"), "x");
  const { context, printed } = openTerminal();
  context.goOn = "What is made is kept.";
  const output = join(folder, "picture.png", "scores.csv");
  const code = await run(["score", "--prompt", "x", join(folder, "picture.png"), "--output", output], context);
  expect({ code, err: printed.err }).toEqual({
    code: 1,
    err: expect.stringMatching(/picture\.png is there already: .* What is made is kept\.\n$/),
  });
});

test("the help of every command begins with a sentence, and no option is described by a fragment that begins with 'of'", () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(buildProgram(openTerminal().context))) {
    const [, head = ""] = command.helpInformation().split("\n\n");
    expect(head, command.name()).toMatch(/^\p{Lu}[\s\S]*[.!?]$/u);
    for (const { description, flags } of command.options) expect(description, flags).not.toMatch(/^(of|who) /);
  }
});
