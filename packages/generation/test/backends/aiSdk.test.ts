/** @file The AI SDK: what a request asks of a package, and what its pictures, warnings and errors become. */

import type { SharedV4Warning } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import { retryAfterOf } from "../../src/http/retryAfter.ts";
import { drawRequest, type GenerateOptions, parsePrompt } from "../../src/index.ts";
import { seeded } from "../toys.ts";
import { aiSdkContract, PICTURE, packageOf } from "./contracts/aiSdk.ts";
import { answering, onServer, open, SECRET } from "./opened.ts";
import { GOOD } from "./server.ts";

const ENTRY = { aiSdk: "openai", name: "mine", model: "m", key: "TEST_KEY", size: "64x48" };

/** A model of the package of OpenAI, whose calls are answered by `made`. */
async function onPackage(made?: (options: object) => unknown, change: object = {}) {
  const { used, module } = packageOf("createOpenAI", made);
  const { backends } = await open({ ...ENTRY, ...change }, { load: async () => module });
  const request = drawRequest(parsePrompt("a red cat"), backends, seeded(1));
  const generate = async (more: object = {}, options?: GenerateOptions) =>
    backends[0]?.generate({ ...request, ...more }, options);
  return { used, request, generate, backend: backends[0] };
}

describe("a request", () => {
  test.each([
    ["all settings", { seed: 0 }, { size: "64x48", seed: 0 }],
    ["no seed", { seed: null }, { size: "64x48" }],
    ["no size", { seed: 1, width: null, height: null }, { seed: 1 }],
    ["a width alone", { seed: 1, height: null }, { seed: 1 }],
    ["a height alone", { seed: 1, width: null }, { seed: 1 }],
  ])("with %s asks for one image with what is set", async (_what, change, expected) => {
    const { used, request, generate } = await onPackage();
    expect(request).toMatchObject({ guidanceScale: null, steps: null, negativePrompt: null, seed: expect.any(Number) });
    await generate(change);
    expect(used.options).toEqual([
      { prompt: "a red cat", n: 1, ...expected, providerOptions: { openai: {} }, abortSignal: expect.any(AbortSignal) },
    ]);
  });

  test("waits until one of the requests that the file allows at once has ended", async () => {
    const held: (() => void)[] = [];
    const { used, generate } = await onPackage(() => new Promise((resolve) => held.push(() => resolve(PICTURE))), {
      concurrency: 1,
    });
    const both = [generate(), generate()];
    await expect.poll(() => held.length).toBe(1);
    expect(used.options).toHaveLength(1);
    held[0]?.();
    await expect.poll(() => held.length).toBe(2);
    held[1]?.();
    expect(await Promise.all(both)).toHaveLength(2);
  });
});

describe("a result", () => {
  test.each([
    ["bytes", [new Uint8Array(GOOD)]],
    ["base64", [GOOD.toString("base64")]],
    ["several pictures", [GOOD.toString("base64"), "aGk="]],
  ])("of %s gives its first picture", async (_what, images) => {
    const { generate } = await onPackage(() => ({ images }));
    expect(await generate()).toMatchObject({ width: 64, height: 48, warnings: [] });
  });

  const SHAPE = "expected pictures as the AI SDK describes them from its backend; got something else.";
  test.each([
    ["no picture", { images: [] }, "expected a picture in base64 from its backend; got none."],
    ["no list of pictures", { image: "aGk=" }, SHAPE],
    ["addresses", { images: [new URL("http://127.0.0.1/x.png")] }, SHAPE],
    ["nothing", undefined, SHAPE],
  ])("with %s is refused", async (_what, result, sentence) => {
    const { generate } = await onPackage(() => result);
    await expect(generate()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_REPLY", message: `Model "mine": ${sentence}` });
  });

  const WARNINGS: [SharedV4Warning, string][] = [
    [{ type: "unsupported", feature: "seed" }, "seed is not followed"],
    [{ type: "unsupported", feature: "size", details: "It has no size." }, "It has no size."],
    [{ type: "compatibility", feature: "aspectRatio" }, "aspectRatio is not followed"],
    [{ type: "deprecated", setting: "style", message: "Use quality." }, "Use quality."],
    [{ type: "other", message: "It was slow." }, "It was slow."],
  ];
  test("tells each warning in a sentence, also of a kind that is not known yet", async () => {
    const warnings = [...WARNINGS.map(([warning]) => warning), { type: "moderation" }];
    const { generate } = await onPackage(() => ({ ...PICTURE, warnings }));
    expect((await generate())?.warnings).toEqual([...WARNINGS.map(([, said]) => said), "moderation is not followed"]);
  });

  test("of the vendor's own package is what its provider sent, and its settings arrive", async () => {
    const { generate, bodies } = await onServer(aiSdkContract, { settings: { quality: "hd" } });
    expect((await generate()).warnings.join()).toMatch(/seed/);
    expect(bodies("/v1/images/generations")).toMatchObject([{ quality: "hd", size: "64x48", n: 1 }]);
  });
});

describe("an error of the vendor's own package", () => {
  const failing = (status: number, body: object, headers = {}) =>
    answering(aiSdkContract, ({ method }) => (method === "POST" ? { status, body, headers } : undefined));
  const said = (message: string) => ({ error: { message, type: "x", param: null, code: null } });

  test.each([
    [300, "REDIRECT", "redirects to another address (status 300), which is not followed."],
    [399, "REDIRECT", "redirects to another address (status 399), which is not followed."],
    [400, "REFUSED", "refused the request (status 400); it says: no."],
    [401, "REFUSED", "refused the request (status 401); it says: no."],
    [408, "BUSY", "has no time now (status 408); it says: no"],
    [429, "BUSY", "has no time now (status 429); it says: no"],
    [499, "REFUSED", "refused the request (status 499); it says: no."],
    [500, "FAILED", "failed (status 500); it says: no"],
    [503, "BUSY", "has no time now (status 503); it says: no"],
    [529, "BUSY", "has no time now (status 529); it says: no"],
  ])("with status %d is %s", async (status, code, sentence) => {
    const { generate } = await onServer(failing(status, said("no")));
    const error: unknown = await generate().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: `PICKAPIC_BACKEND_${code}`,
      message: expect.stringContaining(`Model "mine": its backend ${sentence}`),
    });
    expect(error).not.toHaveProperty("cause");
  });

  test("that refuses the prompt is told as that", async () => {
    const { generate } = await onServer(
      failing(400, { error: { message: "no cats", type: "x", param: null, code: "content_policy_violation" } }),
    );
    await expect(generate()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_PROMPT",
      message: 'Model "mine": its backend does not draw this prompt (status 400); it says: no cats',
    });
  });

  test("of a busy provider tells how long to wait", async () => {
    const { generate } = await onServer(failing(429, said("slow down"), { "retry-after": "7" }));
    expect(retryAfterOf(await generate().catch((thrown: unknown) => thrown))).toBe(7000);
  });

  test("is told in 200 characters, without the key", async () => {
    const { generate } = await onServer(failing(400, said(`bad key ${SECRET}, ${SECRET} ${"x".repeat(300)}`)));
    await expect(generate()).rejects.toThrow(`it says: bad key ***, *** ${"x".repeat(200 - "bad key ***, *** ".length)}. Check`);
  });

  test("is a wrong reply where the provider answered with something else", async () => {
    const { generate } = await onServer(failing(200, { pictures: [] }));
    await expect(generate()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_REPLY",
      message: 'Model "mine": expected an answer as the AI SDK describes it from its backend; got something else.',
    });
  });

  test("is the reason of the system where the provider cannot be reached, without the address", async () => {
    const { generate, server } = await onServer(aiSdkContract);
    await server.close();
    const error = await generate().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "PICKAPIC_BACKEND_UNREACHABLE", message: expect.stringContaining("(ECONNREFUSED)") });
    expect(String(error)).not.toContain("127.0.0.1");
  });
});

test.each([
  ["its name", new TypeError("x is not a function"), "(TypeError)"],
  ["no more than that", "thrown text", "(unknown)"],
])("an error of a package that is no answer is told by %s", async (_what, thrown, reason) => {
  const { generate } = await onPackage(() => Promise.reject(thrown));
  await expect(generate()).rejects.toMatchObject({
    code: "PICKAPIC_BACKEND_UNREACHABLE",
    message: expect.stringContaining(reason),
    cause: thrown,
  });
});

describe("a call that does not end", () => {
  const endless = (options: object) =>
    new Promise((_resolve, reject) => {
      const signal: unknown = Reflect.get(options, "abortSignal");
      if (signal instanceof AbortSignal) signal.addEventListener("abort", () => reject(new Error("aborted")));
    });

  test("is given up after the time of the file, with or without a caller that may leave", async () => {
    const { generate } = await onPackage(endless, { timeoutSeconds: 0.02 });
    const late = { code: "PICKAPIC_BACKEND_TIMEOUT", message: expect.stringContaining("did not answer within 0.02 s.") };
    await expect(generate()).rejects.toMatchObject(late);
    await expect(generate({}, { signal: new AbortController().signal })).rejects.toMatchObject(late);
  });

  test("ends when its caller leaves", async () => {
    const { generate, used } = await onPackage(endless);
    const stop = new AbortController();
    const made = generate({}, { signal: stop.signal });
    await expect.poll(() => used.options.length).toBe(1);
    stop.abort(new Error("the worker stops"));
    await expect(made).rejects.toThrow("the worker stops");
  });

  test("does not begin for a caller that leaves while it waits", async () => {
    const { generate, used } = await onPackage(endless, { concurrency: 1 });
    const [stop, end] = [new AbortController(), new AbortController()];
    const first = generate({}, { signal: end.signal });
    const second = generate({}, { signal: stop.signal });
    stop.abort(new Error("left"));
    end.abort(new Error("end"));
    await expect(first).rejects.toThrow("end");
    await expect(second).rejects.toThrow("left");
    expect(used.options).toHaveLength(1);
  });
});

test("a check says which provider is ready", async () => {
  const { backend } = await onPackage();
  expect(await backend?.check?.(AbortSignal.timeout(1000))).toBe(
    "is ready: acme.image. Whether the provider has the model shows with the first image.",
  );
});
