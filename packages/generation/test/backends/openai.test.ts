/** @file OpenAI's images API: what a request becomes for each kind of server, and what its answers are taken for. */

import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { openaiContract } from "./contracts/openai.ts";
import { answering, FAST, onServer, SECRET } from "./opened.ts";
import { GOOD, startContract } from "./server.ts";

const IMAGES = "/v1/images/generations";
const PICTURE = GOOD.toString("base64");

test("the contract is what the vendor's own client speaks", async () => {
  const server = await startContract(openaiContract);
  const client = new OpenAI({ apiKey: SECRET, baseURL: `${server.url}/v1`, maxRetries: 0 });
  const { data } = await client.images.generate({ prompt: "a cat", n: 1, response_format: "b64_json" });
  expect(Buffer.from(data?.[0]?.b64_json ?? "", "base64").equals(GOOD)).toBe(true);
  await server.close();
});

describe("a request", () => {
  const base64 = { response_format: "b64_json" };
  const png = { output_format: "png" };
  test.each([
    ["names the model, the size and base64", {}, {}, { model: "flux-dev", size: "64x48", ...base64 }],
    ["leaves the model to the server", { model: undefined }, {}, { size: "64x48", ...base64 }],
    ["leaves the size to the server", { size: undefined }, {}, { model: "flux-dev", ...base64 }],
    ["has no size of a width alone", {}, { height: null }, { model: "flux-dev", ...base64 }],
    ["has no size of a height alone", {}, { width: null }, { model: "flux-dev", ...base64 }],
    [
      "asks a gpt-image for a file instead, which is always in base64",
      { model: "gpt-image-2.6-flare" },
      {},
      { model: "gpt-image-2.6-flare", size: "64x48", ...png },
    ],
    [
      "asks chatgpt-image for a file, too",
      { model: "chatgpt-image-latest" },
      {},
      { model: "chatgpt-image-latest", size: "64x48", ...png },
    ],
    [
      "asks it for a file behind a gateway, too",
      { model: "openai/gpt-image-2" },
      {},
      { model: "openai/gpt-image-2", size: "64x48", ...png },
    ],
    [
      "asks a model whose name only contains that for base64",
      { model: "my-gpt-image" },
      {},
      { model: "my-gpt-image", size: "64x48", ...base64 },
    ],
    [
      "has the settings of the file, which win",
      { settings: { quality: "hd", size: "auto" } },
      {},
      { model: "flux-dev", size: "auto", quality: "hd", ...base64 },
    ],
  ])("%s", async (_what, entry, change, sent) => {
    const { generate, bodies } = await onServer(openaiContract, entry);
    await generate(change);
    expect(bodies(IMAGES)).toEqual([{ prompt: "a red cat", n: 1, ...sent }]);
  });

  test("has neither seed nor guidance, steps or negative prompt: they are null", async () => {
    const { request } = await onServer(openaiContract);
    expect(request).toMatchObject({ negativePrompt: null, seed: null, guidanceScale: null, steps: null, width: 64, height: 48 });
  });

  test("with a field that the vendor does not know fails with what the server says", async () => {
    const { generate } = await onServer(openaiContract, { settings: { guidence: 3 } });
    await expect(generate()).rejects.toThrow(/status 400.*unknown field guidence/);
  });
});

describe("a server that refuses response_format, as for a model that always answers in base64,", () => {
  const refusing = answering(openaiContract, ({ body }) =>
    body !== null && "response_format" in Object(body)
      ? { status: 400, body: { error: { message: "Unknown parameter: 'response_format'." } } }
      : undefined,
  );
  test.each([
    ["gpt-image-2", 2],
    ["my-deployment", 3],
  ])("%s: two pictures take %i requests", async (model, requests) => {
    const { generate, bodies } = await onServer(refusing, { model });
    for (let i = 0; i < 2; i++) expect(await generate()).toMatchObject({ width: 64 });
    expect(bodies(IMAGES)).toHaveLength(requests);
  });

  test("is not asked again for another fault", async () => {
    const { generate, bodies } = await onServer(
      answering(openaiContract, () => ({ status: 400, body: { error: { message: "no such size" } } })),
    );
    await expect(generate()).rejects.toThrow("no such size");
    expect(bodies(IMAGES)).toHaveLength(1);
  });

  test("is asked with it again when it only failed", async () => {
    const said = { error: { message: "response_format: out of memory" } };
    const { generate, bodies } = await onServer(answering(openaiContract, () => ({ status: 500, body: said })));
    await expect(generate()).rejects.toThrow("out of memory");
    expect(bodies(IMAGES).every((body) => "response_format" in Object(body))).toBe(true);
  });
});

describe("an answer", () => {
  const saying = (data: readonly object[]) =>
    answering(openaiContract, ({ path }) => (path === IMAGES ? { body: { data } } : undefined));

  test.each([
    ["in base64", [{ b64_json: PICTURE }]],
    ["whose absent address is null, as many servers write it", [{ b64_json: PICTURE, url: null, revised_prompt: null }]],
    ["that has an address besides", [{ b64_json: PICTURE, url: "http://127.0.0.1:9/x.png" }]],
    ["of several pictures", [{ b64_json: PICTURE }, { b64_json: "aGk=" }]],
  ])("%s gives its first picture", async (_what, data) => {
    const { generate } = await onServer(saying(data));
    expect(await generate()).toMatchObject({ width: 64, height: 48, warnings: [] });
  });

  const ADDRESS = "expected a picture in base64 (b64_json) from its backend; got an address, which is not fetched.";
  test.each([
    ["an address", [{ url: "http://127.0.0.1:9/x.png" }], ADDRESS],
    ["an address and null", [{ url: "http://127.0.0.1:9/x.png", b64_json: null }], ADDRESS],
    ["no picture", [], "expected a picture in base64 from its backend; got none."],
    ["a picture without content", [{}], "expected a picture in base64 from its backend; got none."],
  ])("with %s is refused, and nothing else is fetched", async (_what, data, sentence) => {
    const { generate, server } = await onServer(saying(data));
    await expect(generate()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_REPLY", message: `Model "mine": ${sentence}` });
    expect(server.asked).toHaveLength(1);
  });

  test("that repeats a wrong key is told without it", async () => {
    const { generate, backend } = await onServer(openaiContract, {}, { ...FAST, environment: { TEST_KEY: "sk-wrong-key" } });
    const error = await generate().catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/status 401.*Bearer \*\*\*/);
    expect(JSON.stringify(backend) + String(error)).not.toContain("sk-wrong-key");
  });
});

describe("a check", () => {
  const listing = (ids: readonly string[]) =>
    answering(openaiContract, ({ path }) => (path === "/v1/models" ? { body: { data: ids.map((id) => ({ id })) } } : undefined));
  const many = Array.from({ length: 21 }, (_, i) => `m${i}`);

  test.each([
    ["no model is named", undefined, ["xl", "base"]],
    ["its model is listed", "base", ["xl", "base"]],
  ])("counts the models when %s", async (_what, model, ids) => {
    expect(await (await onServer(listing(ids), { model })).check()).toBe("answers, with 2 models");
  });

  test.each([
    ["others", ["xl", "base"], "xl, base"],
    ["none", [], "none"],
    ["many others", many, many.slice(0, 20).join(", ")],
  ])("of a server that has %s says which", async (_what, ids, known) => {
    const { check } = await onServer(listing(ids));
    await expect(check()).rejects.toThrow(
      `Model "mine": expected a server that has "flux-dev" from its backend; got one that has ${known}.`,
    );
  });

  test("ends when its caller leaves", async () => {
    const { backend } = await onServer(openaiContract);
    await expect(backend.check?.(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  });
});

test.each(["", "/", "/v1", "/v1/"])('may be given with "%s" after its host', async (path) => {
  const { generate, check, bodies } = await onServer({
    ...openaiContract,
    entry: (url) => ({ ...openaiContract.entry(url), openai: `${url}${path}` }),
  });
  expect(await check()).toBe("answers, with 1 models");
  expect(await generate()).toMatchObject({ width: 64 });
  expect(bodies(IMAGES)).toHaveLength(1);
});

test("another path of the server is kept", async () => {
  const { generate, server } = await onServer({
    entry: (url) => ({ openai: `${url}/images/api` }),
    open: () => () => ({ body: { data: [{ b64_json: PICTURE }] } }),
  });
  await generate();
  expect(server.asked.map(({ path }) => path)).toEqual(["/images/api/images/generations"]);
});
