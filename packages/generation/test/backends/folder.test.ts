/** @file Folders of pictures that were made earlier, and what can be wrong with their manifests. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { KINDS } from "../../src/backends/index.ts";
import { drawImage, drawRequest, parsePrompt } from "../../src/index.ts";
import { openPictures, openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { GOOD } from "./server.ts";

const prompt = parsePrompt("a red cat [dog]");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-folder-"));
  await Promise.all(["good.png", "b.png", "c.png"].map((name) => writeFile(join(folder, name), GOOD)));
  await writeFile(join(folder, "HTML.png"), "<!doctype html><title>Sign in</title>");
  await mkdir(join(folder, "folder.png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(entry: object) {
  const file = join(folder, "models.yaml");
  await writeFile(file, stringify({ models: [{ name: "mine", ...entry }] }));
  return openRoster(file, { environment: process.env });
}

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

/** A fault of a manifest, its content, and the sentence that it gets after "wrong.csv" or "wrong.jsonl". */
type Wrong = [fault: string, name: string, content: string, sentence: RegExp];
const CSV = "wrong.csv";
const JSONL = "wrong.jsonl";
test.each<Wrong>([
  [
    "a file that is not there",
    CSV,
    "prompt,file\na cat,b.png\na cat,gone.png\n",
    /csv, line 3: expected an image at gone\.png; there is no such file beside wrong\.csv\.$/,
  ],
  [
    "a folder in the place of a file",
    CSV,
    "prompt,file\na cat,folder.png\n",
    /csv, line 2: expected an image at folder\.png; that is a folder\.$/,
  ],
  ["no column of prompts", CSV, "text,file\na cat,b.png\n", /csv, line 2, prompt: expected a text; got nothing\.$/],
  ["no column of files", CSV, "prompt;picture\na cat;b.png\n", /csv, line 2, file: expected a text; got nothing\.$/],
  ["a blank file", CSV, "prompt,file\na cat, \n", /csv, line 2, file: expected a text that is not empty; got ""\.$/],
  ["a blank prompt", CSV, 'prompt,file\n" ",b.png\n', /csv, line 2, prompt: expected a text that is not empty; got ""\.$/],
  [
    "a seed that is no number",
    CSV,
    "prompt,file,seed\na cat,b.png,x\n",
    /csv, line 2, seed: expected a whole number; got "x"\.$/,
  ],
  [
    "a seed that is no whole number",
    CSV,
    "prompt,file,seed\na cat,b.png,1.5\n",
    /line 2, seed: expected a whole number; got "1.5"/,
  ],
  [
    "steps that no database takes",
    CSV,
    "prompt,file,steps\na cat,b.png,1e10\n",
    /line 2, steps: expected a number of at most 2147483647; got "1e10"/,
  ],
  [
    "guidance that is no number",
    CSV,
    "prompt,file,guidance\na cat,b.png,high\n",
    /line 2, guidance: expected a number; got "high"/,
  ],
  [
    "a prompt that would be refused",
    CSV,
    "prompt,file\n<lora:x:1> cat,b.png\n",
    /csv, line 2, prompt: A prompt may not hold marks/,
  ],
  [
    "guidance with two commas",
    CSV,
    "prompt;file;guidance\na cat;b.png;1,2,3\n",
    /line 2, guidance: expected a number; got "1,2,3"/,
  ],
  ["a line of names only", CSV, "prompt,file\n", /csv, it has no line\.$/],
  ["nothing in it", JSONL, "\n \r\n", /jsonl, it has no line\.$/],
  [
    "five faults",
    CSV,
    `prompt,file\n${"a cat,gone.png\n".repeat(5)}`,
    /csv, (line \d+: expected an image at gone\.png; there is no such file beside wrong\.csv(; |\.$)){5}$/,
  ],
  [
    "many faults",
    CSV,
    `prompt,file\n${"a cat,gone.png\n".repeat(7)}`,
    /csv, (line \d+: expected an image at gone\.png; there is no such file beside wrong\.csv; ){5}and 2 more\.$/,
  ],
  [
    "faults of two kinds",
    JSONL,
    '{"prompt": "", "file": "x"}\n{"prompt": "a", "file": "x"}',
    /line 1, prompt: [^;]*; got ""; line 2: expected an image at x;/,
  ],
  [
    "a row that is too long",
    CSV,
    "prompt,file\na,b.png,c,d\n",
    /csv, line 2: expected 2 cells, as in the head; got 4: put a text/,
  ],
  [
    "a line that is no JSON",
    JSONL,
    '\n{"prompt": "a cat", "file": "b.png"}\n{"prompt"\n',
    /jsonl, line 3: this is not JSON; expected an object/,
  ],
  ["a line that is no object", JSONL, "[1]\n", /jsonl, line 1, prompt: expected a text; got 1\.$/],
])("whose manifest has %s is refused before anything is shown", async (_fault, name, content, sentence) => {
  await writeFile(join(folder, name), content);
  const opening = open({ folder: ".", manifest: name });
  await expect(opening).rejects.toMatchObject({ code: "PICKAPIC_MODELS_FILE_INVALID", message: expect.stringMatching(sentence) });
  await expect(opening).rejects.toThrow(/line 2, manifest: \/.*\/wrong\./);
});

test("whose manifest cannot be opened is refused", async () => {
  await expect(open({ folder: ".", manifest: "no.csv" })).rejects.toThrow(
    /line 2, manifest: .*no\.csv is not there: expected a table\.$/,
  );
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
  expect(await backends[0]?.check?.(AbortSignal.timeout(5_000))).toBe("has 1 pictures of 1 prompts");
  await writeFile(join(folder, "bom.csv"), '\ufeff"prompt", file\n\n a red cat , b.png \n');
  expect((await open({ folder: ".", manifest: "bom.csv" })).backends[0]?.models[0]?.pictures?.prompts).toEqual(["a red cat"]);
});

test("takes numbers of JSON and of cells, and a manifest with the byte order mark and the line ends of Windows", async () => {
  const used = { seed: -7, guidance: 3.5, steps: 20, scheduler: "euler" };
  const json = JSON.stringify({ " Prompt ": "a red cat", file: "b.png", ...used });
  await writeFile(join(folder, "marked.jsonl"), `\ufeff${json}\r\n`);
  await writeFile(
    join(folder, "marked.jsonl.csv"),
    "\ufeffprompt,file,seed,guidance,steps,scheduler\r\na red cat,b.png,-7,3.5,2e1,euler\r\n",
  );
  for (const manifest of ["marked.jsonl", "marked.jsonl.csv"]) {
    const { backends } = await open({ folder: ".", manifest });
    const image = await backends[0]?.generate(drawRequest(prompt, backends, seeded(1)));
    expect(image?.used, manifest).toEqual({ seed: -7, guidanceScale: 3.5, steps: 20, scheduler: "euler" });
  }
});

test("is found from the file of models; a folder is no manifest, and files are found from the folder of pictures", async () => {
  await mkdir(join(folder, "inner", "manifest.csv"), { recursive: true });
  await writeFile(join(folder, "inner", "1.png"), GOOD);
  await writeFile(join(folder, "inner", "manifest.jsonl"), '{"prompt": "a red cat", "file": "1.png"}\n');
  const { backends } = await open({ folder: "inner" });
  expect(await backends[0]?.generate(drawRequest(prompt, backends, seeded(1)))).toMatchObject({ width: 64 });
});

test("is opened again when its manifest changes, so that the manifest is named; without one, each name that it may have", () => {
  const filesOf = (own: object) => KINDS.folder.files?.({ target: "pictures", own });
  expect(filesOf({ manifest: "list.csv" })).toEqual(["list.csv"]);
  expect(filesOf({})).toEqual([join("pictures", "manifest.csv"), join("pictures", "manifest.jsonl")]);
});

test("without a name gives each model its own, and to pictures without a model that of the entry", async () => {
  await writeFile(join(folder, "names.csv"), "prompt,file,model\na cat,b.png,one\na dog,c.png,\na dog,b.png,one\n");
  const named = async (more: object) => {
    const { backends } = await open({ folder: ".", manifest: "names.csv", name: undefined, ...more });
    const models = backends[0]?.models.map(({ name, pictures }) => [name, pictures?.prompts]);
    return [models, await backends[0]?.check?.(AbortSignal.timeout(5_000))];
  };
  const [one, rest] = [
    ["one", ["a cat", "a dog"]],
    ["folder", ["a dog"]],
  ];
  expect(await named({})).toEqual([[one, rest], "has 3 pictures of 2 prompts"]);
  expect(await named({ model: "one" })).toEqual([[one], "has 2 pictures of 2 prompts"]);
  expect(await named({ name: "all" })).toEqual([[["all", ["a cat", "a dog"]]], "has 3 pictures of 2 prompts"]);
});

test.each([
  [["one", "", "one"], 'the manifest has no picture of "x"; its models are one, (none).'],
  [Array.from({ length: 20 }, (_, i) => `m${i}`), "m18, m19."],
  [Array.from({ length: 22 }, (_, i) => `m${i}`), "m18, m19 and 2 more."],
])("without the model that is asked for says which it has", async (models, sentence) => {
  const lines = models.map((model) => `a cat,b.png,${model}\n`).join("");
  await writeFile(join(folder, "others.csv"), `prompt,file,model\n${lines}`);
  const opening = open({ folder: ".", manifest: "others.csv", model: "x" });
  await expect(opening).rejects.toThrow(sentence);
  await expect(opening).rejects.toThrow("models.yaml, line 2, model: the manifest");
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
    [{ ...request, picture }, "expected a picture file that can be read from its backend; got none (there is no such file)."],
  ] as const)
    await expect(backends[0]?.generate(wrong)).rejects.toThrow(sentence);
  const signal = AbortSignal.abort(new Error("left"));
  await expect(backends[0]?.generate({ ...request, picture }, { signal })).rejects.toThrow("left");
});

test("without a manifest is refused", async () => {
  await rm(join(folder, "manifest.csv"), { force: true });
  await expect(open({ folder: "." })).rejects.toThrow(/line 2, folder: expected manifest\.csv or manifest\.jsonl/);
});

test("with a picture that is broken says so when it is shown", async () => {
  await writeFile(join(folder, "broken.csv"), "prompt,file\na red cat,HTML.png\n");
  const { backends } = await open({ folder: ".", manifest: "broken.csv" });
  const request = drawRequest(prompt, backends, seeded(1));
  await expect(backends[0]?.generate(request)).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_PICTURE" });
});
