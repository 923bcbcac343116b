/** @file `pickapic models`, and pictures of models of one's own. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-models-"));
  const picture = sharp({ create: { width: 32, height: 32, channels: 3, background: "#08f" } });
  await Promise.all(["a.png", "b.png"].map((name) => picture.clone().png().toFile(join(folder, name))));
  await writeFile(join(folder, "manifest.csv"), "prompt,file,model\na cat,a.png,one\na cat,b.png,two\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, "models.yaml");

test("add writes the file, and leaves comments and what stands in it", async () => {
  await writeFile(file(), "# ours\nmodels:\n  - name: drawn # by a script\n    command: echo a.png\n    weight: 3\n");
  const added = await pickapic(["models", "add", "folder", ".", "--models", file(), "--set", "weight=0.5", "title=Earlier ones"]);
  expect(added).toMatchObject({ code: 0 });
  const text = await readFile(file(), "utf8");
  expect(text).toContain("# ours");
  expect(text).toContain("# by a script");
  expect(text).toMatch(/- folder: \.\n {4}weight: 0\.5\n {4}title: Earlier ones\n$/);
  const refused = await pickapic(["models", "add", "openai", "no-address", "--models", file()]);
  expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/openai: expected an address such as/) });
  expect(await readFile(file(), "utf8")).toBe(text);
  const unset = await pickapic([
    "models",
    "add",
    "openai",
    "http://127.0.0.1:1/v1",
    "--key",
    "NO_SUCH_KEY",
    "--models",
    join(folder, "new.yaml"),
  ]);
  expect(unset).toMatchObject({
    code: 0,
    err: expect.stringMatching(/It cannot be used yet: .*the secret NO_SUCH_KEY is set neither/),
  });
});

test("list and check have ranked entries and their scorers; generate draws none of them", async () => {
  const yaml = join(folder, "ranked.yaml");
  await writeFile(
    yaml,
    `models:\n  - name: drawn\n    command: echo ${join(folder, "a.png")}\n    weight: 0\n    ranked: {n: 8, scorer: random}\n`,
  );
  const listed = await pickapic(["models", "list", "--models", yaml]);
  expect(listed.out).toMatch(/drawn \(best of 8\) +command +100\.0 %.* best of 8 of drawn, by random/);
  const checked = await pickapic(["models", "check", "--models", yaml]);
  expect(checked).toMatchObject({
    code: 0,
    out: expect.stringContaining("ok     drawn (best of 8): the scorer random picks their pictures"),
  });
  const generated = await pickapic(["generate", "a cat", "--models", yaml, "--out", join(folder, "out")]);
  expect(generated.err).toContain("No image generator is set up");
  await writeFile(
    yaml,
    "models:\n  - command: echo a.png\n    ranked: {n: 8, scorer: no/such/folder}\n  - command: echo b.png\n    name: other\n    ranked: 2\n",
  );
  const failed = await pickapic(["models", "check", "--models", yaml]);
  expect(failed).toMatchObject({
    code: 1,
    out: expect.stringMatching(/FAILED command \(best of 8\): the scorer no\/such\/folder cannot be used: /),
  });
  expect(failed.out).toMatch(/FAILED other \(best of 2\): no scorer picks their pictures: set PICKAPIC_JUDGE/);
  const both = await pickapic(["serve", "--ranked", "4", "--models", yaml]);
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining("--ranked is for the toy world") });
});

test("list shows each model with its share, check asks each backend, and a failing one ends with exit code 1", async () => {
  const listed = await pickapic(["models", "list", "--models", file(), "--json"]);
  expect(JSON.parse(listed.out).models).toMatchObject([
    { name: "drawn", backend: "command", share: 0.75, guidance: [3, 12] },
    { name: "one", backend: "folder", share: 0.125, guidance: null },
    { name: "two", backend: "folder", share: 0.125, size: null },
  ]);
  expect(await pickapic(["models", "check", "--models", file()])).toMatchObject({
    code: 0,
    out: expect.stringContaining("ok     one, two: has 2 pictures of 1 prompts"),
  });
  const dead = join(folder, "dead.yaml");
  await writeFile(dead, "models:\n  - a1111: http://127.0.0.1:1\n");
  const failed = await pickapic(["models", "check", "--models", dead]);
  expect(failed).toMatchObject({
    code: 1,
    out: expect.stringContaining('FAILED a1111: Model "a1111": its backend cannot be reached'),
  });
  expect(failed.err).toContain("1 of 1 backends cannot be used");
}, 120_000);

test("generate draws with the models of the file; a wrong file ends it before anything is drawn", async () => {
  const out = join(folder, "out");
  const made = await pickapic(["generate", "a cat", "-n", "2", "--model", "drawn", "--models", file(), "--out", out, "--json"]);
  expect(made).toMatchObject({ code: 0 });
  const { pictures, simulated } = JSON.parse(made.out);
  expect(simulated).toBe(false);
  expect(pictures).toHaveLength(2);
  expect((await sharp(pictures[0].file).metadata()).width).toBe(32);
  await writeFile(join(folder, "wrong.yaml"), "models:\n  - command: echo a.png\n    stepps: 3\n");
  const wrong = await pickapic(["generate", "a cat", "--models", join(folder, "wrong.yaml")]);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/wrong\.yaml, line 3, stepps: there is no such field/) });
});
