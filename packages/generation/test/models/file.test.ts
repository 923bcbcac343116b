/** @file What stands in models.yaml: two lines are enough, and every fault has a sentence with its line before anything is asked. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invalidModels, parseModels } from "../../src/models/file.ts";
import { openPictures, openRoster, type RosterNews } from "../../src/models/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-models-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, "models.yaml");
async function open(text: string, environment: Record<string, string> = {}) {
  await writeFile(file(), text);
  return openRoster(file(), { environment });
}

test("two lines are enough for a server on this machine", async () => {
  const { backends } = await open("models:\n  - a1111: http://127.0.0.1:7860\n");
  expect(backends.map(({ name, simulated, models }) => ({ name, simulated, models }))).toEqual([
    {
      name: "a1111",
      simulated: false,
      models: [
        { name: "a1111", steps: null, scheduler: null, width: null, height: null, guidance: [3, 12], hasSeed: true, hasNegativePrompt: true },
      ],
    },
  ]);
  // A field that the file does not have is not there at all.
  expect(Object.keys(backends[0]?.models[0] ?? {})).not.toContain("title");
  expect(Object.keys(backends[0]?.models[0] ?? {})).not.toContain("weight");
});

test("blanks around an address are no part of it", () => {
  expect(parseModels('models:\n  - a1111: " http://a "\n', "f").models[0]?.target).toBe("http://a");
});

test("a fault that is a sentence gets no second full stop", () => {
  expect(invalidModels("f", [{ line: 1, field: "", what: "it is wrong." }]).message).toBe("f, line 1: it is wrong.");
});

test("every field gets into the model that is drawn; relative paths start at the file", async () => {
  await writeFile(join(folder, "styles.json"), '[{"name": "bare", "prompt": "{prompt}"}]');
  await writeFile(join(folder, "secrets.env"), "MY_KEY=hidden\n");
  const text = `
secretsFile: secrets.env
models:
  - name: flux
    title: Flux
    a1111: http://127.0.0.1:7860
    key: MY_KEY
    weight: 2
    guidance: [2, 5]
    steps: 8
    size: 1024x768
    templates: styles.json
    price: 0.04
    imagesPerDay: 1000
    costPerDay: 5
`;
  const { backends } = await open(text);
  expect(backends[0]?.models).toEqual([
    {
      name: "flux",
      title: "Flux",
      steps: 8,
      scheduler: null,
      width: 1024,
      height: 768,
      guidance: [2, 5],
      hasSeed: true,
      hasNegativePrompt: true,
      weight: 2,
      templates: [{ name: "bare", prompt: "{prompt}", negativePrompt: "" }],
      perDay: { images: 125, reason: "5, the price of 125 images" },
    },
  ]);
});

test("a model takes part a second time, as the best of n of its images; a number alone is n", async () => {
  const { backends } = await open("models:\n  - a1111: http://a\n    title: Forge\n    weight: 3\n    ranked: 8\n");
  const [model, ranked] = backends[0]?.models ?? [];
  expect(ranked).toEqual({ ...model, name: "a1111 (best of 8)", title: "Forge (best of 8)", weight: 1, ranked: { base: "a1111", n: 8 } });
  await writeFile(join(folder, "styles.json"), '[{"name": "oil", "prompt": "an oil painting of {prompt}"}]');
  const fields = "{n: 4, name: picked, weight: 2, scorer: runs/mine, templates: styles.json, patience: 0.01}";
  const [, more] = (await open(`models:\n  - a1111: http://a\n    ranked: ${fields}\n`)).backends[0]?.models ?? [];
  const templates = [{ name: "oil", prompt: "an oil painting of {prompt}", negativePrompt: "" }];
  expect(more).toMatchObject({ name: "picked", weight: 2, ranked: { base: "a1111", n: 4, scorer: "runs/mine", templates, patience: 0.01 } });
});

const WRONG: readonly [what: string, yaml: string, sentence: RegExp][] = [
  ["no models", "model:\n", /line 1: expected models:/],
  ["an empty list", "secretsFile: x\nmodels: []\n", /line 2, models: expected a list of at least one model/],
  ["no YAML", "models:\n  - openai: [\n", /^GenerationError: [^\n]*line 3: this is no YAML: (?![^\n]*at line)[^\n]*$/],
  ["a text", "models\n", /line 1: expected models: with a list of models below it/],
  ["nothing", "", /line 1: expected models:/],
  ["a field of the file that there is not", "models:\n  - a1111: http://a\nsecretFile: x\n", /line 3, secretFile: there is no such field; the fields of the file are models and secretsFile/],
  ["a secrets file that is no path", "models:\n  - a1111: http://a\nsecretsFile: [a]\n", /line 3, secretsFile: expected the path of a file with lines such as NAME=value/],
  ["aliases without end", `a: &a [1, 2, 3]\nb: &b [${"*a, ".repeat(99)}]\nmodels: [${"*b, ".repeat(9)}]\n`, /line 1: .*alias/i],
  ["a model that is a text", "models:\n  - a1111: http://a\n  - dalle\n", /line 3: expected a model, such as "openai: http/],
  ["a model that is a list", "models:\n  - [a1111]\n", /line 2: expected a model/],
  ["a model that is nothing", "models:\n  -\n", /expected a model/],
  ["a blank address", 'models:\n  - openai: " "\n', /line 2, openai: expected an address such as/],
  ["an address that is none", "models:\n  - a1111: nonsense\n", /line 2, a1111: expected an address such as .*; got "nonsense"/],
  ["a long address that is none", `models:\n  - a1111: ${"n".repeat(99)}\n`, /got "n{60}"\.$/],
  ["an address whose protocol only ends as one", "models:\n  - a1111: shttp://a\n", /line 2, a1111: expected an address such as/],
  ["a blank command", 'models:\n  - command: " "\n', /line 2, command: expected/],
  ["a value below its field", "models:\n  - a1111: http://a\n    steps:\n      0\n", /line 3, steps: /],
  ["a user in an address", "models:\n  - a1111: http://me@a\n", /line 2, a1111: expected an address without a user or a password: name a secret in key/],
  ["a password alone in an address", "models:\n  - a1111: http://:hidden@a\n", /line 2, a1111: expected an address without a user/],
  ["a field of another kind", "models:\n  - a1111: http://a\n    workflow: w.json\n", /line 3, workflow: a1111 has no such field\.$/],
  ["steps of a kind that has none", "models:\n  - openai: http://a/v1\n    steps: 7\n", /line 3, steps: a server with OpenAI's .* has no such setting/],
  ["a size of a kind that has none", "models:\n  - original: http://a\n    size: 64x64\n", /line 3, size: .* has no such setting/],
  ["a name too long", `models:\n  - a1111: http://a\n    name: ${"m".repeat(81)}\n`, /line 3, name: expected a name of 1 \.\.\. 80 characters; got "m{59}…\.$/],
  ["a field within slots", "models:\n  - comfy: http://a\n    slots: {prompt: 6.text, seed: [3]}\n", /line 3, slots\.seed: /],
  ["a program's arguments that are no list", "models:\n  - command: x\n    arguments: y\n", /line 3, arguments: expected a list of texts/],
  ["an unknown kind", "models:\n  - dalle: x\n", /line 2: expected one of openai, a1111.*; got none of them/],
  ["two kinds at once", "models:\n  - openai: http://a/v1\n    a1111: http://b\n", /line 2: expected one of .*; got openai and a1111/],
  ["an unknown field", "models:\n  - openai: http://a/v1\n    modle: x\n", /line 3, modle: there is no such field; the fields of openai are name, title, model, key, weight, size, templates, ranked, price, /],
  ["a setting that the kind does not have", "models:\n  - openai: http://a/v1\n    guidance: 7\n", /line 3, guidance: a server with OpenAI's .* has no such setting/],
  ["guidance out of range", "models:\n  - a1111: http://a\n    guidance: [3, 200]\n", /line 3, guidance: expected a number of 0 \.\.\. 100, or a range/],
  ["a range upside down", "models:\n  - a1111: http://a\n    guidance: [9, 3]\n", /line 3, guidance: expected/],
  ["steps out of range", "models:\n  - a1111: http://a\n    steps: 0\n", /line 3, steps: expected a whole number of 1 \.\.\. 1000; got 0/],
  ["a size that is none", "models:\n  - a1111: http://a\n    size: large\n", /line 3, size: expected width x height.*got "large"/],
  ["a negative weight", "models:\n  - a1111: http://a\n    weight: -1\n", /line 3, weight: expected a number of at least 0; got -1/],
  ["no address", "models:\n  - a1111: 7860\n", /line 2, a1111: expected an address/],
  ["an address of another protocol", "models:\n  - a1111: file:///etc/passwd\n", /line 2, a1111: expected an address such as/],
  ["a password in an address", "models:\n  - a1111: http://me:hidden@a\n", /line 2, a1111: expected an address without a user or a password/],
  ["two models of one name", "models:\n  - a1111: http://a\n  - a1111: http://b\n", /line 3, name: the model of line 2 is called "a1111" as well/],
  ["best of one", "models:\n  - a1111: http://a\n    ranked: 1\n", /line 3, ranked\.n: expected a number of images, 2 \.\.\. 100; got 1/],
  ["best of too many", "models:\n  - a1111: http://a\n    ranked:\n      n: 101\n", /line 4, ranked\.n: expected a number of images, 2 \.\.\. 100; got 101/],
  ["an unknown field of ranked", "models:\n  - a1111: http://a\n    ranked: {n: 8, scorrer: x}\n", /line 3, ranked: expected a number of images, .* or fields such as {n: 8/],
  ["a patience that is no probability", "models:\n  - a1111: http://a\n    ranked: {n: 8, patience: 2}\n", /line 3, ranked\.patience: expected a probability above 0 and below 0\.5; got 2/],
  ["a ranked entry of another model's name", "models:\n  - a1111: http://a\n    ranked: 8\n  - a1111: http://b\n    name: a1111 (best of 8)\n", /line 4, name: another entry has a model called "a1111 \(best of 8\)" as well/],
  ["a ranked entry whose name is too long", `models:\n  - a1111: http://a\n    name: ${"m".repeat(75)}\n    ranked: 8\n`, /line 2, ranked: "m+ \(best of 8\)" has more than 80 characters: give it a name/],
  ["a ranked entry that no day's limit suffices for", "models:\n  - a1111: http://a\n    imagesPerDay: 7\n    ranked: 8\n", /line 2, ranked: one image needs 8, and on a day the model may make 7 images/],
  ["a file of ranked templates that is not there", "models:\n  - a1111: http://a\n    ranked: {n: 8, templates: no.json}\n", /no\.json cannot be read \(there is no such file\)/],
  ["a secret that is not set", "models:\n  - openai: http://a/v1\n    key: MY_KEY\n", /line 2, key: the secret MY_KEY is set neither in the environment nor in a secrets file/],
  ["a secret in the file itself", "models:\n  - openai: http://a/v1\n    key: sk-hidden\n", /line 3, key: expected the name of an environment variable.*not the secret itself/],
  ["a limit of cost without a price", "models:\n  - openai: http://a/v1\n    costPerDay: 5\n", /line 2, costPerDay: expected at least the price of one image/],
  ["a limit of cost below one image", "models:\n  - openai: http://a/v1\n    price: 6\n    costPerDay: 5\n", /line 2, costPerDay/],
  ["a secrets file that is not there", "secretsFile: no.env\nmodels:\n  - openai: http://a/v1\n", /no\.env cannot be read \(there is no such file\)/],
  ["a templates file that is not there", "models:\n  - openai: http://a/v1\n    templates: no.json\n", /no\.json cannot be read \(there is no such file\)/],
];

describe("is refused, with a sentence that says where", () => {
  test.each(WRONG)("%s", async (_what, yaml, sentence) => {
    const error: unknown = await open(yaml).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(sentence);
    expect(error).toMatchObject({ name: "GenerationError" });
    expect(String(error)).not.toContain("hidden");
  });

  test("a template without {prompt}", async () => {
    await writeFile(join(folder, "wrong.json"), '[{"name": "oil", "prompt": "an oil painting"}]');
    await expect(open("models:\n  - openai: http://a/v1\n    templates: wrong.json\n")).rejects.toThrow(
      /entry 1 \("oil"\), prompt: expected {prompt} exactly once/,
    );
  });

  test("all faults of a file at once, each in its line", async () => {
    const yaml = "models:\n  - a1111: http://a\n    steps: 0\n  - openai: http://b/v1\n    guidance: 1\n";
    await expect(open(yaml)).rejects.toThrow(/^[^\n]*line 3, steps[^\n]*\n[^\n]*line 5, guidance[^\n]*$/);
  });
});

describe("a file that changes", () => {
  test("is used again; a wrong one leaves the models as they were and says why", async () => {
    const roster = await open("models:\n  - name: one\n    a1111: http://127.0.0.1:1\n");
    const names = () => roster.backends.flatMap(({ models }) => models.map(({ name }) => name));
    const [first] = roster.backends;
    await writeFile(file(), "models:\n  - name: one\n    a1111: http://127.0.0.1:1\n  - name: two\n    openai: http://127.0.0.1:2/v1\n");
    expect(await roster.reload()).toEqual({ ok: true, message: expect.stringMatching(/Models that take part now: one, two\.$/) });
    expect(names()).toEqual(["one", "two"]);
    expect(roster.backends[0], "what has not changed is not opened again").toBe(first);
    await writeFile(file(), "models:\n  - openia: http://127.0.0.1:2/v1\n");
    const news = await roster.reload();
    expect(news.ok).toBe(false);
    expect(news.message).toMatch(/cannot be used, so the models stay as they were\..*line 2: expected one of/);
    expect(names()).toEqual(["one", "two"]);
    await roster.close();
  });

  test.each([
    ["a workflow", "workflow.json", "comfy: http://127.0.0.1:1\n    workflow: workflow.json\n    slots: {prompt: 6.text}", (text: string) => JSON.stringify({ 6: { class_type: "CLIPTextEncode", inputs: { text } } })],
    ["a manifest", "manifest.csv", "folder: .", (prompt: string) => `prompt,file\n${prompt},picture.png\n`],
    ["templates", "templates.json", "a1111: http://127.0.0.1:1\n    templates: templates.json", (name: string) => JSON.stringify([{ name, prompt: "{prompt}" }])],
  ])("%s that changes makes its model anew, and no other one; a broken one leaves the models as they were", async (_what, name, entry, content) => {
    await writeFile(join(folder, "picture.png"), "");
    await writeFile(join(folder, name), content("one"));
    const roster = await open(`models:\n  - ${entry}\n    name: changing\n  - openai: http://127.0.0.1:2/v1\n    name: steady\n`);
    const before = roster.backends;
    await writeFile(join(folder, name), content("another"));
    expect(await roster.reload()).toMatchObject({ ok: true });
    expect(roster.backends.map((backend, i) => backend === before[i])).toEqual([false, true]);
    await writeFile(join(folder, name), "{");
    expect(await roster.reload()).toMatchObject({ ok: false, message: expect.stringContaining("so the models stay as they were") });
    expect(roster.backends).toHaveLength(2);
    await roster.close();
    await rm(join(folder, name));
  });

  test("is looked at again and again, and so is a workflow that it names; what has not changed is no news", async () => {
    const arena = join(folder, "arena");
    await mkdir(arena, { recursive: true });
    await Promise.all([writeFile(join(arena, "manifest.csv"), "prompt,file\na cat,a.png\n"), writeFile(join(arena, "a.png"), "")]);
    const pictures = await openPictures(arena);
    const untold: RosterNews[] = [];
    pictures.watch((news) => untold.push(news));
    const workflow = (text: string) =>
      writeFile(join(folder, "workflow.json"), JSON.stringify({ 6: { class_type: "CLIPTextEncode", inputs: { text } } }));
    await workflow("");
    const roster = await open("models:\n  - comfy: http://127.0.0.1:1\n    workflow: workflow.json\n    slots: {prompt: 6.text}\n");
    const told: RosterNews[] = [];
    roster.watch((news) => told.push(news));
    let changes = 0;
    // Changed again until it is seen: the first look comes some time after the watching began, and may find a file that is half written.
    const seen = () => workflow(`${++changes}`).then(() => told.some(({ ok }) => ok));
    await expect.poll(seen, { timeout: 20_000, interval: 200 }).toBe(true);
    await Promise.all([roster.close(), pictures.close()]);
    expect(untold).toEqual([]);
  });
});
