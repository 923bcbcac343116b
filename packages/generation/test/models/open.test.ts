/** @file A model of the file as it is opened: its limit, its key, its price, and what a picture passes. No socket is opened. */

import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, type GenerationRequest, parsePrompt, RAW_PIXELS } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { GOOD } from "../backends/server.ts";
import { seeded } from "../toys.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-open-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A model whose server answers with a picture, what it was asked, and a request for the model. */
async function open(entry: object, more: { secrets?: string; environment?: Record<string, string> } = {}) {
  const asked: RequestInit[] = [];
  const fetching = async (_url: unknown, init?: RequestInit) => {
    asked.push(init ?? {});
    return Response.json({ images: [GOOD.toString("base64")], info: "" });
  };
  const { secrets, environment = {} } = more;
  if (secrets !== undefined) await writeFile(join(folder, "secrets.env"), secrets);
  const models = [{ a1111: " http://server ", ...entry }];
  await writeFile(join(folder, "models.yaml"), stringify({ ...(secrets !== undefined && { secretsFile: "secrets.env" }), models }));
  const http = { fetch: fetching, random: () => 0, now: () => 0 };
  const { backends } = await openRoster(join(folder, "models.yaml"), { environment, http });
  const [backend] = backends;
  if (!backend) throw new Error("the file has one model");
  const request: GenerationRequest = drawRequest(parsePrompt("a cat"), backends, seeded(1));
  return { backend, request, asked };
}

describe("the images of a day", () => {
  test.each([
    ["are not limited", {}, undefined],
    ["are as many as the file says", { imagesPerDay: 7 }, { images: 7, reason: "7 images" }],
    ["are as many as are paid for", { price: 0.1, costPerDay: 0.3 }, { images: 3, reason: "0.3, the price of 3 images" }],
    ["are as many as are paid for in full", { price: 2, costPerDay: 5 }, { images: 2, reason: "5, the price of 2 images" }],
    ["are those of the smaller limit, of the cost", { price: 1, costPerDay: 5, imagesPerDay: 6 }, { images: 5, reason: "5, the price of 5 images" }],
    ["are those of the smaller limit, of the number", { price: 1, costPerDay: 5, imagesPerDay: 4 }, { images: 4, reason: "4 images" }],
    ["are told by their cost where both limits are equal", { price: 1, costPerDay: 5, imagesPerDay: 5 }, { images: 5, reason: "5, the price of 5 images" }],
    ["may be one", { imagesPerDay: 1 }, { images: 1, reason: "1 images" }],
    ["may be free", { price: 0, costPerDay: 5, imagesPerDay: 4 }, { images: 4, reason: "4 images" }],
  ])("%s", async (_what, entry, perDay) => {
    expect((await open(entry)).backend.models[0]?.perDay).toEqual(perDay);
  });
});

describe("a key", () => {
  const sent = async (secrets: string, environment?: Record<string, string>) => {
    const { backend, request, asked } = await open({ key: "MY_KEY" }, { secrets, ...(environment && { environment }) });
    await backend.generate(request);
    return new Headers(asked[0]?.headers).get("authorization");
  };
  test.each([
    ["is sent as a bearer token", "MY_KEY=abc\n", undefined, "Bearer abc"],
    ["with a colon is a user and a password", "MY_KEY=me:abc\n", undefined, `Basic ${Buffer.from("me:abc").toString("base64")}`],
    ["of the environment wins over the file", "MY_KEY=abc\n", { MY_KEY: "xyz" }, "Bearer xyz"],
    ["that is empty in the environment is that of the file", "MY_KEY=abc\n", { MY_KEY: "" }, "Bearer abc"],
  ])("%s", async (_what, secrets, environment, authorization) => {
    expect(await sent(secrets, environment)).toBe(authorization);
  });

  test("that is empty in both is not set; without a key no header is sent", async () => {
    await expect(open({ key: "MY_KEY" }, { secrets: "MY_KEY=\n" })).rejects.toThrow("the secret MY_KEY is set neither in the environment nor");
    const { backend, request, asked } = await open({});
    await backend.generate(request);
    expect(new Headers(asked[0]?.headers).get("authorization")).toBeNull();
  });
});

describe("a picture", () => {
  test("comes with the price of the file, or with none, and as pixels where these are wanted", async () => {
    const [paid, free] = [await open({ price: 0.04 }), await open({})];
    expect(await paid.backend.generate(paid.request)).toMatchObject({ price: 0.04, mediaType: "image/png", width: 64, height: 48 });
    expect(await free.backend.generate(free.request)).not.toHaveProperty("price");
    const pixels = await free.backend.generate(free.request, { acceptsPixels: true });
    expect([pixels.mediaType, pixels.bytes.length]).toEqual([RAW_PIXELS, 64 * 48 * 3]);
  });

  test("is not made of a model that the entry does not have, nor for a caller that has left; a ranked entry makes none itself", async () => {
    const { backend, request, asked } = await open({ name: "one", ranked: 4 });
    for (const model of ["two", "one (best of 4)"])
      await expect(backend.generate({ ...request, model })).rejects.toThrow(`There is no model named "${model}". Models on offer: one.`);
    await expect(backend.generate({ ...request, model: "one" }, { signal: AbortSignal.abort(new Error("left")) })).rejects.toThrow("left");
    expect(asked).toEqual([]);
  });
});

test.each([
  ["its name", { name: "one", model: "sd" }, "one"],
  ["the name by which the backend knows it", { model: "sd" }, "sd"],
  ["its kind", {}, "a1111"],
])("a model is called by %s, and has as many requests at once as the file says, else as its kind", async (_what, entry, name) => {
  const { backend } = await open(entry);
  expect([backend.name, backend.models[0]?.name, backend.concurrency]).toEqual(["a1111", name, 1]);
  expect((await open({ ...entry, concurrency: 3 })).backend.concurrency).toBe(3);
});

test("a ranked entry may have a name of 80 characters and take all images of a day", async () => {
  const name = "m".repeat(80 - " (best of 8)".length);
  const { backend } = await open({ name, ranked: 8, imagesPerDay: 8 });
  expect(backend.models.map((model) => model.name.length)).toEqual([68, 80]);
});

test("what a server says is told without the key, and whole where there is none", async () => {
  const http = {
    fetch: async () => new Response('{"error": "bad key hidden, undefined"}', { status: 400 }),
    random: () => 0,
    now: () => 0,
  };
  for (const [key, said] of [
    ["    key: MY_KEY\n", "it says: bad key ***, undefined."],
    ["", "it says: bad key hidden, undefined."],
  ]) {
    await writeFile(join(folder, "models.yaml"), `models:\n  - a1111: http://server\n${key}`);
    const { backends } = await openRoster(join(folder, "models.yaml"), { environment: { MY_KEY: "hidden" }, http });
    const request = drawRequest(parsePrompt("a cat"), backends, seeded(1));
    await expect(backends[0]?.generate(request)).rejects.toThrow(said);
  }
});

test("what a server says is told without a user and a password, and without what is sent in their stead", async () => {
  const sent = Buffer.from("me:hidden").toString("base64");
  const http = { fetch: async () => new Response(`{"error": "bad Basic ${sent} of me:hidden"}`, { status: 400 }), random: () => 0, now: () => 0 };
  await writeFile(join(folder, "models.yaml"), "models:\n  - a1111: http://server\n    key: MY_KEY\n");
  const { backends } = await openRoster(join(folder, "models.yaml"), { environment: { MY_KEY: "me:hidden" }, http });
  const request = drawRequest(parsePrompt("a cat"), backends, seeded(1));
  await expect(backends[0]?.generate(request)).rejects.toThrow("it says: bad Basic *** of ***.");
});

test("a kind that needs a package gets the one that is installed", async () => {
  await writeFile(join(folder, "models.yaml"), "models:\n  - aiSdk: openai\n    model: dall-e-3\n    key: MY_KEY\n");
  const { backends } = await openRoster(join(folder, "models.yaml"), { environment: { MY_KEY: "hidden" } });
  expect(backends.map(({ models }) => models[0]?.name)).toEqual(["dall-e-3"]);
});

test.each([
  ["a picture of as many bytes as may come by default, and of no more", {}, "more than 96 MB"],
  ["a picture of fewer bytes, where the caller wants it", { httpSettings: { mostBytes: 1024 } }, "more than 1 MB"],
])("a program may make %s", async (_what, effects, sentence) => {
  await writeFile(join(folder, "large.png"), GOOD);
  await truncate(join(folder, "large.png"), 96 * 1024 * 1024 + 1);
  await writeFile(join(folder, "models.yaml"), "models:\n  - command: echo large.png\n");
  const { backends } = await openRoster(join(folder, "models.yaml"), effects);
  await expect(backends[0]?.generate(drawRequest(parsePrompt("a cat"), backends, seeded(1)))).rejects.toThrow(sentence);
});

test("what only a kind finds out is told with the line of its entry", async () => {
  await writeFile(join(folder, "models.yaml"), "models:\n  - a1111: http://server\n  - folder: nowhere\n");
  await expect(openRoster(join(folder, "models.yaml"), {})).rejects.toThrow("models.yaml, line 3, folder: expected manifest.csv");
});

test("models of one server share its limit of requests at once, and those of another one do not", async () => {
  let [running, most] = [0, 0];
  const fetching = async () => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    running--;
    return Response.json({ images: [GOOD.toString("base64")], info: "" });
  };
  const atOnce = async (second: string) => {
    most = 0;
    const models = [{ a1111: "http://one", name: "one" }, { a1111: second, name: "two" }];
    await writeFile(join(folder, "models.yaml"), stringify({ models }));
    const http = { fetch: fetching, random: () => 0, now: () => 0 };
    const { backends } = await openRoster(join(folder, "models.yaml"), { environment: {}, http });
    const request = drawRequest(parsePrompt("a cat"), backends, seeded(1));
    await Promise.all(backends.map((backend) => backend.generate({ ...request, model: backend.models[0]?.name ?? "" })));
    return most;
  };
  expect([await atOnce("http://one"), await atOnce("http://two")]).toEqual([1, 2]);
});

test("a backend is asked whether it answers, and closed where it has something to close", async () => {
  const { backend, asked } = await open({});
  const told: unknown = await backend.check?.(AbortSignal.timeout(10_000)).catch(String);
  expect([typeof told, asked.length > 0, backend.close]).toEqual(["string", true, undefined]);
  await writeFile(join(folder, "models.yaml"), "models:\n  - sdcpp: http://server\n");
  const { backends } = await openRoster(join(folder, "models.yaml"), { environment: {} });
  const closing = backends[0]?.close?.();
  expect(closing).toBeInstanceOf(Promise);
  await closing;
});

describe("pictures that were made earlier", () => {
  beforeAll(async () => {
    const lines = "prompt,file,model\na cat,a.png,xl\na cat,b.png,base\n";
    await Promise.all([writeFile(join(folder, "manifest.csv"), lines), writeFile(join(folder, "a.png"), GOOD), writeFile(join(folder, "b.png"), GOOD)]);
  });
  const opened = async (more: string) => {
    await writeFile(join(folder, "models.yaml"), `models:\n  - folder: .\n${more}`);
    return openRoster(join(folder, "models.yaml"), { environment: {} });
  };

  test("are of as many models as the manifest names, each with its own", async () => {
    const [backend] = (await opened("    weight: 3\n")).backends;
    expect(backend?.models.map(({ name, weight, pictures }) => [name, weight, pictures?.of("a cat")])).toEqual([
      ["xl", 3, [0]],
      ["base", 3, [1]],
    ]);
    const request = { prompt: "a cat", negativePrompt: null, model: "none", seed: null, guidanceScale: null, steps: null, width: null, height: null };
    await expect(backend?.generate(request)).rejects.toThrow("Models on offer: xl, base.");
  });

  test("have no best of n, as a sentence with its line says", async () => {
    await expect(opened("    ranked: 4\n")).rejects.toThrow(
      "models.yaml, line 2, ranked: pictures made earlier cannot be made anew, so there is no best of n of them.",
    );
  });
});
