/** @file Programs and folders of pictures as backends, and what can go wrong with them. */

import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawImage, drawRequest, parsePrompt } from "../../src/index.ts";
import { openPictures, openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { BAD_PICTURES, GOOD } from "./server.ts";

const prompt = parsePrompt("a red cat [dog]");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-local-"));
  await Promise.all(["good.png", "b.png", "c.png"].map((name) => writeFile(join(folder, name), GOOD)));
  for (const [fault, bytes] of Object.entries(BAD_PICTURES)) await writeFile(join(folder, `${fault}.png`), bytes);
  await writeFile(join(folder, "HTML.png"), "<!doctype html><title>Sign in</title>");
  await writeFile(join(folder, "1 GB.png"), "");
  await truncate(join(folder, "1 GB.png"), 1024 ** 3);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(entry: object) {
  const file = join(folder, "models.yaml");
  await writeFile(file, stringify({ models: [{ name: "mine", ...entry }] }));
  return openRoster(file, { environment: { ...process.env, MY_KEY: "hidden" } });
}

async function run(command: string, more: object = {}) {
  const { backends } = await open({ command, ...more });
  return backends[0]?.generate(drawRequest(prompt, backends, seeded(1)));
}

describe("a program", () => {
  test("gets the request as JSON and answers with the path of a picture", async () => {
    const image = await run('tee asked.json > "$(dirname asked.json)/copy.json"; echo good.png', {
      model: "m",
      settings: { quality: 3 },
    });
    expect(image).toMatchObject({ width: 64, height: 48 });
    const { default: asked } = await import(join(folder, "asked.json"), { with: { type: "json" } });
    expect(asked).toMatchObject({
      prompt: "a red cat",
      negativePrompt: "dog",
      model: "m",
      settings: { quality: 3 },
      steps: null,
    });
    expect(asked.out).toMatch(/pickapic-command-/);
  });

  const FAULTS: readonly [fault: string, command: string, code: string, more?: object][] = [
    ["hangs", "sleep 60", "PICKAPIC_BACKEND_TIMEOUT", { timeoutSeconds: 0.2 }],
    ["ends with an error", "echo 'CUDA out of memory' >&2; exit 3", "PICKAPIC_BACKEND_ENDED"],
    ["is not there", "no-such-program-at-all", "PICKAPIC_BACKEND_ENDED"],
    ["says nothing", "true", "PICKAPIC_BACKEND_REPLY"],
    ["names no file", "echo http://elsewhere/picture.png", "PICKAPIC_BACKEND_REPLY"],
    ["HTML", "echo HTML.png", "PICKAPIC_BACKEND_PICTURE"],
    ["truncated PNG", "echo 'truncated PNG.png'", "PICKAPIC_BACKEND_PICTURE"],
    ["1 x 1", "echo '1 x 1.png'", "PICKAPIC_BACKEND_PICTURE"],
    ["8000 x 8000", "echo '8000 x 8000.png'", "PICKAPIC_BACKEND_PICTURE"],
    ["1 GB", "echo '1 GB.png'", "PICKAPIC_BACKEND_TOO_LARGE"],
    ["wrong type", "echo 'wrong type.png'", "PICKAPIC_BACKEND_PICTURE"],
  ];
  test.each(FAULTS)("that %s is refused with a sentence", async (_fault, command, code, more) => {
    await expect(run(command, more)).rejects.toMatchObject({ code, message: expect.stringContaining('"mine"') });
  });

  test.each([
    ["before it", "echo 'Loading the model ...'; echo good.png"],
    ["behind it", "echo good.png; echo done"],
    ["on more lines than are stored", "seq 1 40000; echo good.png"],
    ["another picture", "echo 'truncated PNG.png'; echo good.png"],
    ["blanks and line ends of Windows", "printf ' good.png \\r\\n\\r\\n'"],
  ])("may write other lines: %s", async (_what, command) => {
    expect(await run(command)).toMatchObject({ width: 64, height: 48 });
  });

  test("that names no file is told its last line", async () => {
    await expect(run("echo one.png; echo two.png")).rejects.toThrow(
      'expected the path of a picture that is there from its backend; got "two.png".',
    );
  });

  test("tells its last line, without the secret that it got in its environment", async () => {
    const failing = run('echo "bad key $MY_KEY" >&2; exit 1', { key: "MY_KEY" });
    await expect(failing).rejects.toThrow("made no picture (exit code 1); it says: bad key ***");
  });
});

describe("a folder", () => {
  test("is an arena of the models of its manifest: each picture once for its prompt, with its own settings", async () => {
    const manifest =
      "prompt,file,model,seed,guidance\na red cat,good.png,one,7,3.5\na red cat,b.png,two,,\na blue dog,c.png,two,9,\n";
    await writeFile(join(folder, "manifest.csv"), manifest);
    const { backends } = await openPictures(folder);
    expect(backends[0]?.models.map(({ name, pictures }) => [name, pictures?.prompts])).toEqual([
      ["one", ["a red cat"]],
      ["two", ["a red cat", "a blue dog"]],
    ]);
    const random = seeded(3);
    const shown = new Set<string>();
    const draw = () => drawImage(prompt, backends, random, { isShown: (model, picture) => shown.has(`${model} ${picture}`) });
    const used: unknown[] = [];
    for (let drawn = draw(); drawn; drawn = draw()) {
      const { request } = drawn;
      shown.add(`${request.model} ${request.picture}`);
      expect(request).toMatchObject({ seed: null, guidanceScale: null, steps: null, negativePrompt: null });
      used.push((await backends[0]?.generate(request))?.used);
    }
    expect(used).toHaveLength(2);
    expect(used).toContainEqual({ seed: 7, guidanceScale: 3.5 });
    expect(used).toContainEqual({});
    expect(drawImage(parsePrompt("a green bird"), backends, random), "no picture was made for it").toBeNull();
    expect(drawImage(parsePrompt("a blue dog"), backends, random)).toMatchObject({ probability: 1, request: { model: "two" } });
  });

  test("may have its manifest as JSON Lines, and its models under one name", async () => {
    await writeFile(
      join(folder, "list.jsonl"),
      '{"prompt": "a cat", "file": "b.png", "model": "x"}\n\n{"prompt": "a cat", "file": "c.png"}\n',
    );
    const { backends } = await open({ folder: ".", manifest: "list.jsonl" });
    expect(backends[0]?.models.map(({ name, pictures }) => [name, pictures?.of("a cat")])).toEqual([["mine", [0, 1]]]);
  });

  test("may have a manifest as a spreadsheet writes it, with semicolons, quotes, decimal commas and paths of Windows", async () => {
    await mkdir(join(folder, "sub folder"), { recursive: true });
    await writeFile(join(folder, "sub folder", "é.png"), GOOD);
    const text = '\ufeffPrompt;File;Model;Guidance;Seed\r\n"a ""red"" cat; one";sub folder\\é.png;mj;7,5;12\r\n';
    for (const [name, content] of [
      ["excel.csv", text],
      ["excel16.csv", Buffer.from(text, "utf16le")],
      ["tabs.tsv", text.replaceAll(";", "\t").replace("cat\t", "cat;")],
    ] as const) {
      await writeFile(join(folder, name), content);
      const { backends } = await open({ folder: ".", manifest: name });
      const { pictures } = backends[0]?.models[0] ?? {};
      expect(pictures?.prompts, name).toEqual(['a "red" cat; one']);
      const request = drawRequest(parsePrompt('a "red" cat; one'), backends, seeded(1));
      expect((await backends[0]?.generate(request))?.used).toEqual({ seed: 12, guidanceScale: 7.5 });
    }
  });

  const WRONG: readonly [fault: string, content: string, sentence: RegExp][] = [
    [
      "a file that is not there",
      "prompt,file\na cat,b.png\na cat,gone.png\n",
      /line 3: expected an image at gone\.png; there is no such file beside wrong\.csv/,
    ],
    ["no column of prompts", "text,file\na cat,b.png\n", /line 2, prompt: expected prompt and file/],
    ["a seed that is no number", "prompt,file,seed\na cat,b.png,x\n", /line 2, seed: expected/],
    ["a prompt that would be refused", "prompt,file\n<lora:x:1> cat,b.png\n", /line 2, prompt: A prompt may not hold marks/],
    ["no line", "prompt,file\n", /it has no line/],
    [
      "many faults",
      `prompt,file\n${"a cat,gone.png\n".repeat(7)}`,
      /(?:; line \d+: expected an image at gone\.png; there is no such file [^;]*){4}; and 2 more/,
    ],
    [
      "a blank prompt",
      'prompt,file\n" ",b.png\n',
      /line 2, prompt: expected prompt and file, and numbers in seed, guidance and steps/,
    ],
    ["a row that is too long", "prompt,file\na,b.png,c,d\n", /line 2: expected 2 cells, as in the head; got 4/],
    [
      "a line that is no JSON",
      'prompt;file\n"a;b.png\n',
      /wrong\.csv line 2: this is no CSV: a quote is opened there and never closed/,
    ],
  ];
  test.each(WRONG)("whose manifest has %s is refused before anything is shown", async (_fault, content, sentence) => {
    await writeFile(join(folder, "wrong.csv"), content);
    await expect(open({ folder: ".", manifest: "wrong.csv" })).rejects.toThrow(sentence);
  });

  test("takes settings that are there, those of a file with a byte order mark too, and tells how many pictures it has", async () => {
    const lines = [
      { prompt: "a red cat", file: "b.png", model: "x", steps: 8, scheduler: "euler", seed: null, guidance: "" },
      { prompt: "a red cat", file: "c.png", model: "y", steps: "9", more: true },
    ];
    await writeFile(join(folder, "LIST.JSONL"), lines.map((line) => JSON.stringify(line)).join("\r\n"));
    const { backends } = await open({ folder: ".", manifest: "LIST.JSONL", model: "x" });
    expect(backends[0]?.models.map(({ name, pictures }) => [name, pictures?.of("a red cat"), pictures?.of("a dog")])).toEqual([
      ["mine", [0], []],
    ]);
    const request = drawRequest(prompt, backends, seeded(1));
    expect((await backends[0]?.generate(request))?.used).toEqual({ steps: 8, scheduler: "euler" });
    expect(await backends[0]?.check?.(AbortSignal.timeout(5_000))).toBe("has 2 pictures of 1 prompts");
    await writeFile(join(folder, "bom.csv"), '\ufeff"prompt", file\n\n a red cat , b.png \n');
    expect((await open({ folder: ".", manifest: "bom.csv" })).backends[0]?.models[0]?.pictures?.prompts).toEqual(["a red cat"]);
  });

  test("makes no picture of another prompt, of no picture, of a file that is gone, or for a caller that has left", async () => {
    await writeFile(join(folder, "d.png"), GOOD);
    await writeFile(join(folder, "gone.csv"), "prompt,file\na red cat,d.png\n");
    const { backends } = await open({ folder: ".", manifest: "gone.csv" });
    const { picture, ...request } = drawRequest(prompt, backends, seeded(1));
    await rm(join(folder, "d.png"));
    for (const [wrong, sentence] of [
      [{ ...request, picture, prompt: "a dog" }, "expected a picture of this prompt in the manifest from its backend; got none."],
      [request, "got none."],
      [{ ...request, picture }, "expected a picture file that can be read from its backend; got ENOENT."],
    ] as const)
      await expect(backends[0]?.generate(wrong)).rejects.toThrow(sentence);
    const signal = AbortSignal.abort(new Error("left"));
    await expect(backends[0]?.generate({ ...request, picture }, { signal })).rejects.toThrow("left");
  });

  test("without a manifest, or without the model that is asked for, is refused", async () => {
    await rm(join(folder, "manifest.csv"), { force: true });
    await expect(open({ folder: "." })).rejects.toThrow(/line 2, folder: expected manifest\.csv or manifest\.jsonl/);
    await writeFile(join(folder, "models.csv"), "prompt,file,model\na cat,b.png,one\n");
    await expect(open({ folder: ".", manifest: "models.csv", model: "two" })).rejects.toThrow(
      'no picture of "two"; its models are one',
    );
  });

  test("with a picture that is broken says so when it is shown", async () => {
    await writeFile(join(folder, "broken.csv"), "prompt,file\na red cat,HTML.png\na red cat,truncated PNG.png\n");
    const { backends } = await open({ folder: ".", manifest: "broken.csv" });
    const request = drawRequest(prompt, backends, seeded(1));
    await expect(backends[0]?.generate(request)).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_PICTURE" });
  });
});
