/** @file Programs as backends, and what can go wrong with them. Each is a real program of the shell. */

import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "@pickapic/disk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, parsePrompt } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { BAD_PICTURES, GOOD } from "./server.ts";

const MOST_BYTES = 2 * 1024 * 1024;
const prompt = parsePrompt("a red cat [dog]");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-local-"));
  await writeFile(join(folder, "good.png"), GOOD);
  for (const [fault, bytes] of Object.entries(BAD_PICTURES)) await writeFile(join(folder, `${fault}.png`), bytes);
  await writeFile(join(folder, "HTML.png"), "<!doctype html><title>Sign in</title>");
  // As many bytes as may come, and one more. What is behind the end of the picture is not looked at.
  for (const [name, bytes] of [
    ["most.png", MOST_BYTES],
    ["more.png", MOST_BYTES + 1],
    ["1 GB.png", 1024 ** 3],
  ] as const) {
    await writeFile(join(folder, name), GOOD);
    await truncate(join(folder, name), bytes);
  }
  await mkdir(join(folder, "a folder.png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(command: string, more: object = {}) {
  const file = join(folder, "models.yaml");
  await writeFile(file, stringify({ models: [{ name: "mine", command, ...more }] }));
  const environment = { ...process.env, MY_KEY: "hidden-key" };
  const { backends } = await openRoster(file, { environment, httpSettings: { mostBytes: MOST_BYTES } });
  const [backend] = backends;
  if (!backend) throw new Error("the file has one model");
  return { backend, request: drawRequest(prompt, backends, seeded(1)) };
}

async function run(command: string, more: object = {}, signal?: AbortSignal) {
  const { backend, request } = await open(command, more);
  return backend.generate(request, { signal });
}

const written = async (name: string) => (await readFile(join(folder, name), "utf8")).trim();

test("gets the request as one line of JSON, and its folder for pictures is removed afterwards", async () => {
  const image = await run('read -r line; echo "$line" > asked.json; echo good.png', { model: "m", settings: { quality: 3 } });
  expect(image).toMatchObject({ width: 64, height: 48 });
  const asked = JSON.parse(await written("asked.json"));
  expect(asked).toMatchObject({ prompt: "a red cat", negativePrompt: "dog", model: "m", settings: { quality: 3 }, steps: null });
  expect(asked.out).toMatch(/pickapic-command-/);
  await expect(readdir(asked.out)).rejects.toThrow("ENOENT");
  await run("cat > asked.json; echo good.png");
  expect(JSON.parse(await written("asked.json")), "without the name by which the program knows the model").toMatchObject({
    model: null,
  });
});

test("may write its picture into that folder", async () => {
  const script = `const { out } = JSON.parse(require("fs").readFileSync(0)); require("fs").copyFileSync("good.png", out + "/1.png"); console.log(out + "/1.png")`;
  await writeFile(join(folder, "draw.cjs"), script);
  await expect(run(`'${process.execPath}' draw.cjs`)).resolves.toMatchObject({ width: 64 });
});

test.each([
  ["writes no end of line", "printf good.png"],
  ["writes blank lines, blanks and a carriage return around the path", "printf '\\n  \\r\\n  good.png \\r\\nmore\\n'"],
  ["writes another line before the path", "echo 'Loading the model ...'; echo good.png"],
  ["writes another line behind the path", "echo good.png; echo done"],
  ["writes more than is stored before the path", "seq 1 40000; echo good.png"],
  ["writes the path of another picture before", "echo '1 x 1.png'; echo good.png"],
  ["writes 99 other lines behind the path", "echo good.png; seq 1 99"],
  [
    "writes a path in two halves, in the middle of a character",
    "cp good.png ü.png; printf '\\303'; sleep 0.05; printf '\\274.png\\n'",
  ],
  ["writes much to standard error", "head -c 200000 /dev/zero | tr '\\0' x >&2; echo good.png"],
  ["makes a picture of as many bytes as may come", "echo most.png"],
  ["does not read its request", "exec <&-; echo good.png"],
])("that %s has made its picture", async (_what, command) => {
  await expect(run(command, { settings: { long: "x".repeat(200_000) } })).resolves.toMatchObject({ width: 64 });
});

test("that leaves a program running, which holds its output, is not waited for any longer, and what it left runs on", async () => {
  await expect(run("sleep 60 & echo $! > left; echo good.png")).resolves.toMatchObject({ width: 64 });
  const left = Number(await written("left"));
  expect(isRunning(left)).toBe(true);
  process.kill(left);
});

test("may remove the folder for its pictures itself", async () => {
  const remove = `rm -r "$(sed 's/.*"out":"\\([^"]*\\)".*/\\1/')"`;
  await expect(run(`${remove} && echo good.png`)).resolves.toMatchObject({ width: 64 });
});

/** A fault of a program, and the sentence that it gets. */
type Fault = [fault: string, command: string, code: string, sentence: string, more?: object];
const REPLY = "PICKAPIC_BACKEND_REPLY";
const ENDED = "PICKAPIC_BACKEND_ENDED";
const PICTURE = "PICKAPIC_BACKEND_PICTURE";
const BLANK = "head -c 70000 /dev/zero | tr '\\0' ' '";
const X = "x".repeat(100);
test.each<Fault>([
  ["hangs", "trap '' TERM; sleep 60", "PICKAPIC_BACKEND_TIMEOUT", "within 0.2 s", { timeoutSeconds: 0.2 }],
  [
    "ends with an error",
    "echo 'CUDA out of memory' >&2; exit 3",
    ENDED,
    "made no picture (exit code 3); it says: CUDA out of memory",
  ],
  ["is killed", "echo ' \t ' >&2; kill -KILL $$", ENDED, "made no picture (SIGKILL); it says: nothing"],
  ["has made a picture and ends with an error", "echo good.png; exit 1", ENDED, "(exit code 1); it says: nothing"],
  ["says much", "printf '1\\n\\n2\\r\\n 3\\r4\\n' >&2; exit 1", ENDED, "it says: 2 / 3 / 4"],
  ["says much in one line", `echo begin${"x".repeat(395)}end >&2; exit 1`, ENDED, `it says: in${"x".repeat(395)}end`],
  ["says more than is stored", `echo first >&2; ${BLANK} >&2; exit 1`, ENDED, "it says: nothing"],
  ["writes more than is stored behind the path", `echo good.png; ${BLANK}`, REPLY, "got nothing."],
  ["writes 100 other lines behind the path", "echo good.png; seq 1 100", REPLY, 'got "100".'],
  ["is not there", "no-such-program-at-all", ENDED, "no-such-program-at-all"],
  ["says nothing", "true", REPLY, "expected the path of a picture that is there from its backend; got nothing."],
  ["names no file", "echo no.png", REPLY, 'expected the path of a picture that is there from its backend; got "no.png".'],
  ["names an address", `echo http://elsewhere/${X}`, REPLY, `got "http://elsewhere/${"x".repeat(83)}".`],
  ["names a folder", "echo 'a folder.png'", REPLY, 'got "a folder.png".'],
  ["HTML", "echo HTML.png", PICTURE, "no usable picture"],
  ["truncated PNG", "echo 'truncated PNG.png'", PICTURE, "no usable picture"],
  ["1 x 1", "echo '1 x 1.png'", PICTURE, "no usable picture"],
  ["8000 x 8000", "echo '8000 x 8000.png'", PICTURE, "no usable picture"],
  ["1 GB", "echo '1 GB.png'", "PICKAPIC_BACKEND_TOO_LARGE", "more than 2 MB"],
  ["a byte too many", "echo more.png", "PICKAPIC_BACKEND_TOO_LARGE", "more than 2 MB"],
  ["wrong type", "echo 'wrong type.png'", PICTURE, "no usable picture"],
])("that %s is refused with a sentence", async (_fault, command, code, sentence, more) => {
  const failing = run(command, more);
  await expect(failing).rejects.toMatchObject({ name: "GenerationError", code, message: expect.stringContaining(sentence) });
  await expect(failing).rejects.toThrow('Model "mine": ');
});

test.each([
  ["as its last line", "bad key $MY_KEY", "it says: bad key ***"],
  ["cut off in the middle", `bad key \${MY_KEY}${"x".repeat(395)}`, `it says: y ***${"x".repeat(395)}`],
])("tells what it wrote without the secret that it got in its environment, %s", async (_where, text, sentence) => {
  await expect(run(`echo "${text}" >&2; exit 1`, { key: "MY_KEY" })).rejects.toThrow(sentence);
});

test("gets its secret from the secrets file as well, under its name", async () => {
  const file = join(folder, "secret.yaml");
  await writeFile(join(folder, "secrets.env"), "OTHER_KEY=from-the-file\n");
  await writeFile(
    file,
    stringify({
      secretsFile: "secrets.env",
      models: [{ command: 'echo "$OTHER_KEY" > secret; echo good.png', key: "OTHER_KEY" }],
    }),
  );
  const { backends } = await openRoster(file, { environment: { PATH: process.env.PATH } });
  await backends[0]?.generate(drawRequest(prompt, backends, seeded(1)));
  expect(await written("secret")).toBe("from-the-file");
});

test("ends with everything that it has started when its time is over, and when its caller leaves", async () => {
  const command = "sleep 60 & echo $! > started; wait";
  const started = () => written("started").catch(() => "");
  // On a busy machine its time may be over before it has started anything.
  const isGone = async () => (await started()) === "" || !isRunning(Number(await started()));
  await expect(run(command, { timeoutSeconds: 0.2 })).rejects.toThrow("within 0.2 s");
  await expect.poll(isGone).toBe(true);
  await rm(join(folder, "started"), { force: true });
  const stop = new AbortController();
  const made = run(command, {}, stop.signal);
  await expect.poll(started).not.toBe("");
  stop.abort(new Error("left"));
  await expect(made).rejects.toThrow("left");
  await expect.poll(isGone).toBe(true);
});

test("of a caller who leaves before it is started makes nothing", async () => {
  const { backend, request } = await open("sleep 60");
  const stop = new AbortController();
  const made = backend.generate(request, { signal: stop.signal });
  stop.abort(new Error("left"));
  await expect(made).rejects.toThrow("left");
});

test("works for callers one after the other", async () => {
  const { backend, request } = await open("mkdir busy && sleep 0.05 && rmdir busy && echo good.png");
  await Promise.all([backend.generate(request), backend.generate(request)]);
});

test("says in a check what is started, without starting it", async () => {
  const { backend } = await open(`touch checked # ${X}`);
  const said = `is started for each image: touch checked # ${"x".repeat(64)}`;
  expect(await backend.check?.(AbortSignal.timeout(5_000))).toBe(said);
  await expect(written("checked")).rejects.toThrow("ENOENT");
});
