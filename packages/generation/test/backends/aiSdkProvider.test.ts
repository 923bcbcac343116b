/** @file The packages of the AI SDK: how that of each provider is opened, and which are refused. */

import { createFal } from "@ai-sdk/fal";
import { createOpenAI } from "@ai-sdk/openai";
import type { ImageModelV4 } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import { drawRequest, parsePrompt } from "../../src/index.ts";
import { seeded } from "../toys.ts";
import { packageOf } from "./contracts/aiSdk.ts";
import { open, SECRET } from "./opened.ts";

const ENTRY = { aiSdk: "openai", name: "mine", model: "m", key: "TEST_KEY" };

test("it is built for the version of image models that the providers' packages have", () => {
  const models: ImageModelV4[] = [createOpenAI({ apiKey: "x" }).image("m"), createFal({ apiKey: "x" }).image("m")];
  expect(models.map(({ specificationVersion }) => specificationVersion)).toEqual(["v4", "v4"]);
});

describe("a package", () => {
  // What the packages of AI SDK 7 are called, take and look for, read from openai 4.0.118, fal 3.0.41, google 4.0.121, replicate 3.0.46, black-forest-labs 2.0.41, togetherai 3.0.54 and fireworks 3.0.62.
  test.each([
    ["openai", "@ai-sdk/openai", "createOpenAI", "apiKey", "openai", "gpt-image-2"],
    ["fal", "@ai-sdk/fal", "createFal", "apiKey", "fal", "fal-ai/flux/dev"],
    ["google", "@ai-sdk/google", "createGoogleGenerativeAI", "apiKey", "google", "gemini-2.5-flash-image"],
    ["replicate", "@ai-sdk/replicate", "createReplicate", "apiToken", "replicate", "black-forest-labs/flux-schnell"],
    ["black-forest-labs", "@ai-sdk/black-forest-labs", "createBlackForestLabs", "apiKey", "blackForestLabs", "flux-pro-1.1"],
    ["together", "@ai-sdk/togetherai", "createTogetherAI", "apiKey", "togetherai", "black-forest-labs/FLUX.1-schnell"],
    ["fireworks", "@ai-sdk/fireworks", "createFireworks", "apiKey", "fireworks", "accounts/fireworks/models/flux-1-dev-fp8"],
  ])(
    "of %s gets the key, the model and the settings under the names that it looks for",
    async (aiSdk, name, create, keyOption, settingsName, model) => {
      const { used, module } = packageOf(create);
      const loaded: string[] = [];
      const load = async (wanted: string) => loaded.push(wanted) && module;
      const { backends } = await open({ ...ENTRY, aiSdk, model, settings: { quality: "hd" } }, { load });
      await backends[0]?.generate(drawRequest(parsePrompt("a red cat"), backends, seeded(1)));
      expect(loaded).toEqual([name]);
      expect(used.given).toEqual([{ [keyOption]: SECRET, fetch: expect.any(Function) }]);
      expect(used.models).toEqual([model]);
      expect(used.options).toMatchObject([{ providerOptions: { [settingsName]: { quality: "hd" } } }]);
    },
  );

  test("gets the address of the file", async () => {
    const { used, module } = packageOf("createOpenAI");
    await open({ ...ENTRY, address: "http://127.0.0.1:1/v1" }, { load: async () => module });
    expect(used.given).toMatchObject([{ baseURL: "http://127.0.0.1:1/v1" }]);
  });

  const notFound = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  const OLD = "line 2, aiSdk: the package @ai-sdk/openai has no image models of version 4: npm install @ai-sdk/openai@latest";
  test.each([
    ["that is not installed", notFound, "line 2, aiSdk: the package @ai-sdk/openai is not installed: npm install @ai-sdk/openai"],
    ["that does not load", new SyntaxError("Unexpected token"), "Unexpected token"],
    ["that is something else", null, OLD],
    ["without its function", { createFal: () => {} }, OLD],
    ["whose function returns nothing", { createOpenAI: () => undefined }, OLD],
    ["without image models", { createOpenAI: () => ({ image: "none" }) }, OLD],
    [
      "of an older version",
      { createOpenAI: () => ({ image: () => ({ specificationVersion: "v3", doGenerate: () => {} }) }) },
      OLD,
    ],
    ["whose model makes nothing", { createOpenAI: () => ({ image: () => ({ specificationVersion: "v4" }) }) }, OLD],
  ])("%s is refused when the file is read", async (_what, module, sentence) => {
    const load = async () => {
      if (module instanceof Error) throw module;
      return module;
    };
    await expect(open(ENTRY, { load })).rejects.toThrow(sentence);
  });

  test("may be a function, and one whose model is made by a method of it", async () => {
    const { module, used } = packageOf("createOpenAI");
    const load = async () =>
      Object.assign(() => {}, { createOpenAI: (given: unknown) => Object.assign(() => {}, module.createOpenAI?.(given)) });
    await open(ENTRY, { load });
    expect(used.models).toEqual(["m"]);
  });

  test.each([
    [
      "an unknown provider",
      { aiSdk: "acme" },
      'line 2, aiSdk: expected a provider: openai, google, fal, replicate, black-forest-labs, together, fireworks; got "acme"',
    ],
    ["a very long provider", { aiSdk: "a".repeat(100) }, `got "${"a".repeat(60)}"`],
    ["no model", { model: undefined }, "line 2, model: expected the name by which the provider knows the model"],
    ["no key", { key: undefined }, "line 2, key: expected the name of the secret with the key of the provider"],
    [
      "another model of Google",
      { aiSdk: "google", model: "imagen-4" },
      "line 2, model: expected a name that begins with gemini-: the package @ai-sdk/google has no other image models",
    ],
  ])("is not loaded for %s", async (_what, change, sentence) => {
    const load = async () => expect.fail("it was loaded");
    await expect(open({ ...ENTRY, ...change }, { load })).rejects.toThrow(sentence);
  });
});
