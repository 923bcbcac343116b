/** @file `pickapic generate`, with the toy world and with a server in the shape of AUTOMATIC1111 that counts what it is asked for. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PictureRecord } from "../src/generating/record.ts";
import { pickapic, type TerminalSettings } from "./terminal.ts";

test("what the generator did not follow stands below the table, each sentence once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-generate-"));
  const { code, out } = await pickapic(["generate", "a red cat [umbrella]", "-n", "2", "--out", folder]);
  const files = await readdir(folder);
  const pictures = files.filter((file) => file.endsWith(".jpg"));
  expect(files).toEqual([...pictures, ...pictures.map((file) => file.replace("jpg", "json"))].sort());
  const record: PictureRecord = JSON.parse(readFileSync(join(folder, files[1]!), "utf8"));
  expect(record).toMatchObject({ file: files[0], prompt: "a red cat", negativePrompt: "umbrella", template: null, judged: null });
  await rm(folder, { recursive: true, force: true });
  expect(code).toBe(0);
  expect(out.match(/negative prompt/g)).toHaveLength(1);
});

/** What the server makes: a picture of its own for each seed. */
const paint = (seed: number) =>
  sharp({ create: { width: 16, height: 24, channels: 3, background: { r: seed % 251, g: seed % 241, b: seed % 239 } } })
    .png()
    .toBuffer();
/** The scorer of these tests, as text for a file and as a function. */
const SCORE = "(bytes) => bytes.reduce((sum, byte) => sum + byte, 0) % 97 / 10";
const scoreOf = (bytes: Uint8Array): number => (bytes.reduce((sum, byte) => sum + byte, 0) % 97) / 10;

/** What the server was asked for, and what happens at a request. */
const asked: { seed: number; prompt: string }[] = [];
let atRequest: (number: number) => number = () => 200;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => {
    body += data;
  });
  request.on("end", async () => {
    asked.push(JSON.parse(body || "{}"));
    const status = atRequest(asked.length);
    const seed = asked.at(-1)?.seed ?? 0;
    const image = (await paint(seed)).toString("base64");
    const info = JSON.stringify({ seed, cfg_scale: 5, steps: 20, sampler_name: "Euler a" });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 200 ? JSON.stringify({ images: [image], parameters: {}, info }) : '{"detail": "no such sampler"}');
  });
});
afterAll(() => server.close());
afterEach(() => {
  asked.length = 0;
  atRequest = () => 200;
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
    await writeFile(at("sum.mjs"), `export default (prompt, images) => images.map(${SCORE});`);
    await writeFile(at("broken.mjs"), "export default (");
    await writeFile(at("workflow.json"), '{"6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}}}');
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    const models = {
      "models.yaml": `  - a1111: ${url}\n    name: "sd, 1.5"\n    guidance: [3, 6]\n    concurrency: 2\n    price: 0.25\n    costPerDay: 2\n  - openai: ${url}/v1\n    name: dall-e`,
      "secret.yaml": `  - openai: ${url}/v1\n    key: PICKAPIC_NO_SUCH_SECRET`,
      "comfy.yaml": `  - comfy: ${url}\n    workflow: workflow.json\n    slots: {seed: 3.seed}`,
    };
    for (const [name, text] of Object.entries(models)) await writeFile(at(name), `models:\n${text}\n`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const bestWith = (settings: TerminalSettings, ...words: string[]) =>
    pickapic(["generate", "a red cat", "--seed", "3", "--out", out, "--best-of", ...words], settings);
  const best = (...words: string[]) => bestWith({}, ...words);
  const real = () => ["--models", at("models.yaml"), "--scorer", `file:${at("sum.mjs")}`];

  test("refuses a folder that takes no files before a picture is paid for", async () => {
    const { code, err } = await pickapic(["generate", "a cat", "--out", at("sum.mjs"), "--best-of", "2", "-n", "1", ...real()]);
    expect([code, err]).toEqual([1, expect.stringMatching(/sum\.mjs is there already: choose another path or remove it/)]);
    expect(asked).toEqual([]);
  });

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
    expect(err).toMatch(/best so far: 1\.000 \(plain, seed \d+\)/);
    expect(pictures.map(({ template }: { template: string }) => template)).toEqual(["plain", "loud", "plain", "loud", "plain"]);
    await rm(out, { recursive: true, force: true });
  });

  test.each<[string[], number, string]>([
    [["0"], 2, "Expected a whole number from 1 to 10000."],
    [["100000"], 2, "Expected a whole number from 1 to 10000."],
    [["4", "-n", "5"], 2, "--number: expected at most the 4 pictures of --best-of; got 5."],
    [["4", "--patience", "0"], 2, "patience must be a probability above 0 and below 0.5; got 0."],
    [["4", "--patience", "0.5"], 2, "patience must be a probability above 0 and below 0.5; got 0.5."],
    [["4", "--patience", "2"], 2, "Expected a number from 0 to 0.5."],
    [
      ["4", "--templates", "no-mark.json"],
      1,
      'entry 2 ("lost"), prompt: expected {prompt} exactly once; it is there not at all.',
    ],
    [["4", "--templates", "absent.json"], 1, "cannot be read (there is no such file): check the path."],
    [["4", "--scorer", "broken.mjs"], 2, "it cannot be loaded"],
    [["4", "--scorer", "absent.mjs"], 2, "there is no file"],
    [["4", "--model", "sdxl"], 1, 'There is no model named "sdxl". Models on offer: sd, 1.5, dall-e.'],
    [["4", "--guidance", "7.5"], 2, 'Model "sd, 1.5": expected a guidance scale from 3 to 6; got 7.5.'],
    [["4", "--model", "dall-e", "--guidance", "7.5"], 2, 'Model "dall-e" has no guidance scale, so it cannot be set to 7.5'],
    [["9"], 2, "its limit of a day (2, the price of 8 images), and 9 images were asked for"],
    [["4", "--models", "secret.yaml"], 2, "line 2, key: the secret PICKAPIC_NO_SUCH_SECRET is set neither in the environment"],
    [["4", "--models", "comfy.yaml"], 2, "slots"],
    [["4", "--models", "absent.yaml"], 2, "cannot be read (there is no such file): check the path."],
  ])("%j is refused in one sentence before an image is asked for", async (words, code, sentence) => {
    const named = words.map((word) => (/\.(json|yaml)$/.test(word) ? at(word) : /\.mjs$/.test(word) ? `file:${at(word)}` : word));
    const [n = "", ...rest] = named;
    const ended = await best(n, ...real(), ...rest);
    expect(ended).toMatchObject({ code, out: "", err: expect.stringContaining(sentence) });
    expect(ended.err.split("\n").filter((line) => line.includes(sentence))).toHaveLength(1);
    expect(asked).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });

  test("takes the best pictures of a server although one failed, and writes what is known of them into PNG texts and JSON files", async () => {
    atRequest = (number) => (number === 3 ? 422 : 200);
    const preview = at("preview.png");
    const {
      code,
      out: printed,
      err,
    } = await best("6", ...real(), "-n", "2", "--templates", at("templates.json"), "--preview", preview, "--json");
    expect(code).toBe(0);
    const pictures = await Promise.all(
      asked.filter((_, i) => i !== 2).map(async ({ seed, prompt }) => ({ seed, prompt, png: await paint(seed) })),
    );
    const sorted = pictures.map((picture) => ({ ...picture, score: scoreOf(picture.png) })).sort((a, b) => b.score - a.score);
    const reason =
      'Model "sd, 1.5": its backend refused the request (status 422); it says: no such sampler. Check address, key and settings in the file of models.';
    const value = JSON.parse(printed);
    expect(value).toMatchObject({ simulated: false, scored: 5, saved: 0, untried: 0, price: 1.25, failures: { [reason]: 1 } });
    expect(err).toContain(`1 of 6 pictures failed: ${reason}`);
    const records: PictureRecord[] = value.pictures;
    const probability = (i: number) => 1 / (1 + Math.exp(sorted[i + 1]!.score - sorted[i]!.score));
    expect(records).toEqual(
      [0, 1].map((i) =>
        expect.objectContaining({
          prompt: "a red cat",
          sentPrompt: sorted[i]?.prompt,
          template: sorted[i]?.prompt.endsWith("!") ? "loud" : "plain",
          seed: sorted[i]?.seed,
          guidanceScale: 5,
          scheduler: "Euler a",
          price: 0.25,
          judged: expect.objectContaining({
            score: sorted[i]?.score,
            rank: i + 1,
            of: 5,
            probabilityOverNext: expect.closeTo(probability(i), 12),
          }),
        }),
      ),
    );
    for (const [i, { file, ...record }] of records.entries()) {
      const { comments = [], ...metadata } = await sharp(file).metadata();
      const texts = Object.fromEntries(comments.map(({ keyword, text }) => [keyword, text]));
      const json = JSON.parse(await readFile(file.replace(".png", ".json"), "utf8"));
      expect(json).toEqual({ ...record, file: file.slice(out.length + 1) });
      expect(json.judged.scorer.identity).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(JSON.parse(texts.pickapic ?? "")).toEqual(json);
      const { seed, prompt, score, png } = sorted[i]!;
      expect(texts.parameters?.split("\n")).toEqual([
        prompt,
        expect.stringMatching(/^Negative prompt: white border, /),
        expect.stringContaining(
          `Steps: 20, Sampler: Euler a, CFG scale: 5, Seed: ${seed}, Size: ${metadata.width}x24, Model: "sd, 1.5", Template: ${record.template}, Score: ${score}, Scorer: "file:`,
        ),
      ]);
      expect(await sharp(file).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
    }
    expect(await readFile(preview)).toEqual(sorted[0]?.png);
    const sheet = await readFile(join(out, "contact-sheet.html"), "utf8");
    expect(sheet).toMatch(new RegExp(`<dd>${(100 * probability(0)).toFixed(1)}\\s%</dd>`));
    expect(sheet).toContain("The best 2 of 5 that were generated are written as files; --number writes more.");
    expect([...sheet.matchAll(/class="score">([^<]*)</g)].map(([, score]) => score)).toEqual(
      sorted.map(({ score }) => score.toFixed(2)),
    );
    expect(sheet.match(/<a class="picture" href="[^"]*"/g)).toEqual(
      records.map(({ file }) => `<a class="picture" href="${file.slice(out.length + 1)}"`),
    );
    expect((await readdir(out)).filter((name) => !/\.(png|json|html)$/.test(name))).toEqual([]);
    expect((await readdir(out)).filter((name) => name.endsWith(".png"))).toHaveLength(2);
    await rm(out, { recursive: true, force: true });
  });

  test("stopped by Ctrl-C, writes the best that it has found and says where it is", async () => {
    const controller = new AbortController();
    atRequest = (number) => {
      if (number === 5) controller.abort();
      return 200;
    };
    const { code, err } = await bestWith({ signal: controller.signal }, "8", ...real());
    expect(code).toBe(130);
    const [, scored = "0"] = /The best of the (\d) pictures that were made before that is in /.exec(err) ?? [];
    expect(Number(scored)).toBeGreaterThan(0);
    const [file = ""] = (await readdir(out)).filter((name) => name.endsWith(".json"));
    const { judged }: PictureRecord = JSON.parse(await readFile(join(out, file), "utf8"));
    const scores = await Promise.all(asked.slice(0, 5).map(async ({ seed }) => scoreOf(await paint(seed))));
    expect(judged?.of).toBe(Number(scored));
    expect(scores).toContain(judged?.score);
    await rm(out, { recursive: true, force: true });
  });

  test("a scorer that fails ends it, and what has a score by then is written", async () => {
    await writeFile(
      at("two.mjs"),
      "let n = 0; export default (_, images) => { n += images.length; if (n > 3) throw new Error('no more'); return images.map(() => 1); };",
    );
    const { code, err } = await best("8", "--models", at("models.yaml"), "--scorer", `file:${at("two.mjs")}`);
    expect(code).toBe(1);
    expect(err).toContain("no more");
    expect(existsSync(join(out, "contact-sheet.html"))).toBe(true);
    await rm(out, { recursive: true, force: true });
  });

  test("options that only mean something with it are refused without it", async () => {
    const { code, err } = await pickapic(["generate", "a red cat", "--patience", "0.01", "--out", out]);
    expect(code).toBe(2);
    expect(err).toContain("--patience says how pictures are picked from many: give --best-of as well.");
  });
});
