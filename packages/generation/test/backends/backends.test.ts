/** @file Every kind of backend against a server that refuses what its vendor does not document, and ten faults of such a server. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFal } from "@ai-sdk/fal";
import { createOpenAI } from "@ai-sdk/openai";
import type { ImageModelV4 } from "@ai-sdk/provider";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, type GenerationRequest, parsePrompt } from "../../src/index.ts";
import { openRoster, type Roster } from "../../src/models/index.ts";
import type { ModelEffects } from "../../src/models/open.ts";
import { seeded } from "../toys.ts";
import { SLOTS, WORKFLOW } from "./contracts/comfy.ts";
import { CONTRACTS } from "./contracts/index.ts";
import { openaiContract } from "./contracts/openai.ts";
import { BAD_PICTURES, type Contract, FAULTS, type FaultName, GOOD, type RunningContract, startContract } from "./server.ts";

const SECRET = "secret-of-the-test";
const prompt = parsePrompt("a red cat [dog]");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-backends-"));
  await writeFile(join(folder, "workflow.json"), JSON.stringify(WORKFLOW));
  await writeFile(join(folder, "twoSaves.json"), JSON.stringify({ ...WORKFLOW, "10": WORKFLOW["9"] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Effects with short times, so that a fault shows at once. */
const FAST: ModelEffects = {
  environment: { TEST_KEY: SECRET },
  httpSettings: { retryDelayMs: 1, longestWaitMs: 50, mostBytes: 1024 * 1024 },
  pollMs: 2,
};

let files = 0;
async function open(entry: object, effects: ModelEffects = FAST): Promise<Roster> {
  const file = join(folder, `models-${files++}.yaml`);
  await writeFile(file, stringify({ models: [entry] }));
  return openRoster(file, effects);
}

/** What each fault must be called; the rest is the picture's. */
const CODES: { [K in FaultName]: string } = {
  hangs: "PICKAPIC_BACKEND_TIMEOUT",
  "429 with Retry-After": "PICKAPIC_BACKEND_BUSY",
  "500": "PICKAPIC_BACKEND_FAILED",
  HTML: "PICKAPIC_BACKEND_REPLY",
  "truncated PNG": "PICKAPIC_BACKEND_PICTURE",
  "1 x 1": "PICKAPIC_BACKEND_PICTURE",
  "8000 x 8000": "PICKAPIC_BACKEND_PICTURE",
  "1 GB": "PICKAPIC_BACKEND_TOO_LARGE",
  "wrong type": "PICKAPIC_BACKEND_PICTURE",
  "redirect to another host": "PICKAPIC_BACKEND_REDIRECT",
};

describe.each(Object.entries(CONTRACTS))("%s", (kind, contract) => {
  let server: RunningContract;
  let roster: Roster;
  let request: GenerationRequest;
  beforeAll(async () => {
    server = await startContract(contract);
    roster = await open({ name: "mine", ...contract.entry(server.url) });
    request = drawRequest(prompt, roster.backends, seeded(1));
  });
  afterAll(async () => {
    await roster.close();
    await server.close();
  });
  const generate = () => roster.backends[0]?.generate(request);

  test("makes a picture with fields that its vendor documents, and answers a check", async () => {
    const image = await generate();
    expect(image).toMatchObject({ width: 64, height: 48, mediaType: "image/png" });
    expect(Buffer.from(image?.bytes ?? []).equals(GOOD)).toBe(true);
    const sent = JSON.stringify(server.asked.map(({ body }) => body));
    expect(sent).toContain("a red cat");
    await expect(roster.backends[0]?.check?.(AbortSignal.timeout(5000))).resolves.toMatch(/answers|is ready/);
  });

  test.each(FAULTS)("%s: refused with a sentence that names the model, and no address or secret", async (fault) => {
    server.fault = fault;
    // Of the breaker of another fault nothing may be left.
    const timeoutSeconds = fault === "hangs" ? 0.2 : 60;
    const fresh = await open({ name: "mine", timeoutSeconds, ...contract.entry(server.url) });
    try {
      const error: Error = await Promise.resolve(fresh.backends[0]?.generate(request)).then(
        () => expect.fail(`${kind}: ${fault} gave a picture`),
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ name: "GenerationError", code: CODES[fault] });
      expect(error.message).toContain('"mine"');
      expect(error.message).not.toMatch(new RegExp(`${SECRET}|127\\.0\\.0|:\\d{4,5}`));
    } finally {
      server.fault = null;
      await fresh.close();
    }
    // What the server sends next is used again.
    await expect(generate()).resolves.toMatchObject({ width: 64 });
  });
});

test("the faults that are pictures are different files", () => {
  expect(new Set(Object.values(BAD_PICTURES).map((bytes) => bytes.toString("base64"))).size).toBe(4);
});

describe("openai", () => {
  test("the contract is what the vendor's own client speaks, and a wrong field fails", async () => {
    const server = await startContract(openaiContract);
    const client = new OpenAI({ apiKey: SECRET, baseURL: `${server.url}/v1`, maxRetries: 0 });
    const { data } = await client.images.generate({ prompt: "a cat", n: 1, response_format: "b64_json" });
    expect(Buffer.from(data?.[0]?.b64_json ?? "", "base64").equals(GOOD)).toBe(true);
    const wrong = await open({ ...openaiContract.entry(server.url), settings: { guidence: 3 } });
    const request = drawRequest(prompt, wrong.backends, seeded(1));
    await expect(wrong.backends[0]?.generate(request)).rejects.toThrow(/status 400.*unknown field guidence/);
    await server.close();
  });

  test("may be given without the path of its API", async () => {
    const server = await startContract(openaiContract);
    const roster = await open({ ...openaiContract.entry(server.url), openai: server.url });
    await expect(roster.backends[0]?.check?.(AbortSignal.timeout(5000))).resolves.toBe("answers, with 1 models");
    await expect(roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)))).resolves.toMatchObject({
      width: 64,
    });
    await server.close();
  });

  test("has neither seed nor guidance, steps or negative prompt: they are null, and are not sent", async () => {
    const server = await startContract(openaiContract);
    const roster = await open(openaiContract.entry(server.url));
    const request = drawRequest(prompt, roster.backends, seeded(1));
    expect(request).toMatchObject({ negativePrompt: null, seed: null, guidanceScale: null, steps: null, width: 64, height: 48 });
    await roster.backends[0]?.generate(request);
    expect(server.asked[0]?.body).toEqual({
      prompt: "a red cat",
      n: 1,
      model: "flux-dev",
      size: "64x48",
      response_format: "b64_json",
    });
    await server.close();
  });

  test("a wrong key is refused with a sentence that does not repeat it, though the server does", async () => {
    const server = await startContract(openaiContract);
    const roster = await open(openaiContract.entry(server.url), { ...FAST, environment: { TEST_KEY: "sk-wrong-key" } });
    const request = drawRequest(prompt, roster.backends, seeded(1));
    const error = await roster.backends[0]?.generate(request).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/status 401.*Bearer \*\*\*/);
    expect(JSON.stringify(roster.backends) + String(error)).not.toContain("sk-wrong-key");
    await server.close();
  });
});

describe("openai without a format", () => {
  /** A server that refuses response_format, as it is for models that always answer in base64. */
  const strict = (model: string): Contract => ({
    ...CONTRACTS.openai,
    entry: (url) => ({ openai: url, model, key: "TEST_KEY" }),
    open: (picture) => (asked) =>
      typeof asked.body === "object" && asked.body !== null && "response_format" in asked.body
        ? { status: 400, body: { error: { message: "Unknown parameter: 'response_format'." } } }
        : CONTRACTS.openai.open(picture)(asked),
  });

  test.each([
    ["gpt-image-1", 2],
    ["openai/gpt-image-1", 2],
    ["my-deployment", 3],
  ])("%s: two pictures take %i requests", async (model, requests) => {
    const server = await startContract(strict(model));
    const roster = await open(strict(model).entry(server.url));
    const request = drawRequest(prompt, roster.backends, seeded(1));
    for (let i = 0; i < 2; i++) expect((await roster.backends[0]?.generate(request))?.bytes.length).toBe(GOOD.length);
    expect(server.asked).toHaveLength(requests);
    await server.close();
  });
});

describe("a1111", () => {
  test("reports the settings that the server says it used", async () => {
    const server = await startContract(CONTRACTS.a1111);
    const roster = await open({ a1111: server.url });
    const [backend] = roster.backends;
    const request = { ...drawRequest(prompt, roster.backends, seeded(1)), seed: null, steps: 12 };
    const image = await backend?.generate(request);
    expect(image?.used).toEqual({ seed: 4242, guidanceScale: request.guidanceScale, steps: 12, scheduler: "DPM++ 2M" });
    await server.close();
  });

  test("an aborted request is interrupted on the server, and progress is asked for while it draws", async () => {
    const server = await startContract(CONTRACTS.a1111);
    const roster = await open({ a1111: server.url });
    const request = drawRequest(prompt, roster.backends, seeded(1));
    server.fault = "hangs";
    const stop = new AbortController();
    const made = roster.backends[0]?.generate(request, { signal: stop.signal, onProgress: () => {} });
    await expect.poll(() => server.asked.some(({ path }) => path === "/sdapi/v1/progress")).toBe(true);
    stop.abort(new Error("the worker stops"));
    await expect(made).rejects.toThrow("the worker stops");
    await expect.poll(() => server.asked.some(({ path }) => path === "/sdapi/v1/interrupt")).toBe(true);
    await server.close();
  });
});

describe("original", () => {
  test("makes several pictures at once: each is used once, with the guidance that the service drew for it", async () => {
    const server = await startContract(CONTRACTS.original);
    const roster = await open({ original: server.url });
    const request = drawRequest(prompt, roster.backends, seeded(1));
    expect(request).toMatchObject({ seed: null, guidanceScale: null, negativePrompt: "dog" });
    const guidance: unknown[] = [];
    for (let i = 0; i < 5; i++) guidance.push((await roster.backends[0]?.generate(request))?.used?.guidanceScale);
    expect(guidance).toEqual([5, 6, 7, 8, 5]);
    expect(server.asked).toHaveLength(2);
    await roster.backends[0]?.generate({ ...request, prompt: "another" });
    expect(server.asked).toHaveLength(3);
    await server.close();
  });
});

describe("comfy", () => {
  test("fills the slots of its workflow, and a setting without a slot is null", async () => {
    const server = await startContract(CONTRACTS.comfy);
    const { seed: _seed, ...slots } = SLOTS;
    const roster = await open({ comfy: server.url, workflow: "workflow.json", slots, guidance: 6, steps: 9 });
    const request = drawRequest(prompt, roster.backends, seeded(1));
    expect(request).toMatchObject({ seed: null, guidanceScale: 6, steps: 9, negativePrompt: "dog" });
    const told: number[] = [];
    await roster.backends[0]?.generate(request, { onProgress: (fraction) => told.push(fraction) });
    const { workflow } = (server.asked[0]?.body ?? {}) as { workflow: typeof WORKFLOW };
    expect(workflow["3"].inputs).toMatchObject({ seed: 1, cfg: 6, steps: 9 });
    expect([workflow["6"].inputs.text, workflow["7"].inputs.text]).toEqual(["a red cat", "dog"]);
    expect(told).toContain(0.5);
    await server.close();
  });

  test("a slot may be several inputs, as in a workflow with two text encoders or two samplers", async () => {
    const server = await startContract(CONTRACTS.comfy);
    const slots = { ...SLOTS, prompt: ["6.text", "7.text"], negativePrompt: "9.filename_prefix" };
    const roster = await open({ comfy: server.url, workflow: "workflow.json", slots });
    await roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)));
    const { workflow } = (server.asked[0]?.body ?? {}) as { workflow: typeof WORKFLOW };
    expect([workflow["6"].inputs.text, workflow["7"].inputs.text]).toEqual(["a red cat", "a red cat"]);
    await server.close();
  });

  /** Nodes that store and show pictures; the preview is that of the first sampler and has the lower number, so that its output comes first. */
  const OTHERS = { "2": { class_type: "PreviewImage", inputs: {} }, "12": { class_type: "SomeSaver", inputs: {} } };
  const view = (node: string) => ({
    images: [{ filename: `${node}.png`, subfolder: "", type: node === "2" ? "temp" : "output" }],
  });

  test.each<[outputs: string[], own: object, taken: string]>([
    [["2", "9"], {}, "9"],
    [["2", "12"], {}, "12"],
    [["2", "9", "12"], {}, "9"],
    [["2", "9"], { output: 2 }, "2"],
    [["2"], {}, "2"],
  ])("of the outputs %j with the options %j the picture is that of node %s", async (nodes, own, taken) => {
    await writeFile(join(folder, "previews.json"), JSON.stringify({ ...WORKFLOW, ...OTHERS }));
    const outputs = Object.fromEntries(nodes.map((node) => [node, view(node)]));
    const status = { status_str: "success", completed: true, messages: [] };
    const raw: Contract = {
      entry: (url) => ({ comfy: url, workflow: "previews.json", slots: SLOTS, api: "raw", ...own }),
      open: (picture) => (asked) => {
        if (asked.path === "/history/p1") return { body: { p1: { prompt: [], outputs, status } } };
        return asked.path === "/view" ? { body: picture() } : CONTRACTS["comfy, raw"].open(picture)(asked);
      },
    };
    const server = await startContract(raw);
    const roster = await open(raw.entry(server.url));
    await roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)));
    const viewed = server.asked.filter(({ path }) => path === "/view").map(({ query }) => query.get("filename"));
    expect(viewed).toEqual([`${taken}.png`]);
    await server.close();
  });

  test("a node that failed is told with what it said", async () => {
    const message = { node_type: "KSampler", exception_message: "Allocation on device\n(out of memory)" };
    const status = {
      status_str: "error",
      completed: false,
      messages: [
        ["execution_start", {}],
        ["execution_error", message],
      ],
    };
    const failing: Contract = {
      ...CONTRACTS["comfy, raw"],
      open: (picture) => (asked) =>
        asked.path === "/history/p1"
          ? { body: { p1: { prompt: [], outputs: {}, status } } }
          : CONTRACTS["comfy, raw"].open(picture)(asked),
    };
    const server = await startContract(failing);
    const roster = await open(failing.entry(server.url));
    await expect(roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)))).rejects.toThrow(
      "made no picture (error); it says: KSampler: Allocation on device (out of memory)",
    );
    await server.close();
  });

  const WRONG: readonly [fault: string, entry: object, sentence: RegExp][] = [
    ["no workflow", {}, /line 2, workflow: expected the path of a workflow/],
    ["a workflow that is not there", { workflow: "no.json", slots: SLOTS }, /no\.json cannot be read \(there is no such file\)/],
    [
      "no slot for the prompt",
      { workflow: "workflow.json", slots: { seed: "3.seed" } },
      /slots: expected at least a slot for the prompt/,
    ],
    ["no slots", { workflow: "workflow.json" }, /slots: expected at least a slot for the prompt/],
    [
      "a slot that the workflow lacks",
      { workflow: "workflow.json", slots: { prompt: "6.words" } },
      /prompt: expected "node\.input" of the workflow; it has no input "6\.words"/,
    ],
    [
      "one of several inputs that the workflow lacks",
      { workflow: "workflow.json", slots: { prompt: ["6.text", "6.text_l"] } },
      /prompt: expected "node\.input" of the workflow; it has no input "6\.text_l"/,
    ],
    [
      "an empty list of inputs",
      { workflow: "workflow.json", slots: { prompt: [] } },
      /expected slots such as \{prompt: 6\.text\}/,
    ],
    [
      "an output that is no node",
      { workflow: "workflow.json", slots: SLOTS, output: 90 },
      /output: the workflow has no node "90"/,
    ],
    [
      "two nodes that store pictures, and no word which is shown",
      { workflow: "twoSaves.json", slots: SLOTS },
      /output: the workflow stores pictures in the nodes 9, 10: say which is shown, as output: 10/,
    ],
    ["a slot that there is not", { workflow: "workflow.json", slots: { ...SLOTS, cfg: "3.cfg" } }, /there is no slot "cfg"/],
  ];
  test.each(WRONG)("%s is refused before anything is asked", async (_fault, entry, sentence) => {
    await expect(open({ comfy: "http://127.0.0.1:1", ...entry })).rejects.toThrow(sentence);
  });
});

describe("jobs", () => {
  test.each(["sdcpp", "comfy", "comfy, raw"] as const)("%s: one that is not wanted any more is cancelled", async (kind) => {
    const server = await startContract(CONTRACTS[kind]);
    // The contract completes a job at the third question about it, so long pauses between questions leave it unfinished here.
    const roster = await open({ ...CONTRACTS[kind].entry(server.url) }, { ...FAST, pollMs: 60_000 });
    const stop = new AbortController();
    const made = roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)), { signal: stop.signal });
    await expect.poll(() => server.asked.some(({ path }) => /(jobs|history)\/\w/.test(path))).toBe(true);
    stop.abort(new Error("the worker stops"));
    await expect(made).rejects.toThrow("the worker stops");
    await expect.poll(() => server.asked.some(({ path }) => /cancel|interrupt/.test(path))).toBe(true);
    await server.close();
  });
});

describe("aiSdk", () => {
  test("is built for the version of image models that the providers' packages have", () => {
    const models: ImageModelV4[] = [createOpenAI({ apiKey: "x" }).image("m"), createFal({ apiKey: "x" }).image("m")];
    expect(models.map(({ specificationVersion }) => specificationVersion)).toEqual(["v4", "v4"]);
  });

  // What the packages of AI SDK 7 are called, take and look for, read from google 4.0.121, replicate 3.0.46, black-forest-labs 2.0.41, togetherai 3.0.54 and fireworks 3.0.62.
  test.each([
    ["google", "@ai-sdk/google", "createGoogleGenerativeAI", "apiKey", "google", "gemini-2.5-flash-image"],
    ["replicate", "@ai-sdk/replicate", "createReplicate", "apiToken", "replicate", "black-forest-labs/flux-schnell"],
    ["black-forest-labs", "@ai-sdk/black-forest-labs", "createBlackForestLabs", "apiKey", "blackForestLabs", "flux-pro-1.1"],
    ["together", "@ai-sdk/togetherai", "createTogetherAI", "apiKey", "togetherai", "black-forest-labs/FLUX.1-schnell"],
    ["fireworks", "@ai-sdk/fireworks", "createFireworks", "apiKey", "fireworks", "accounts/fireworks/models/flux-1-dev-fp8"],
  ])(
    "gives the package of %s its key and its settings under the names that it looks for",
    async (provider, name, create, keyOption, settings, model) => {
      const got: { given?: object; model?: string; options?: object } = {};
      const doGenerate = async (options: object) => {
        got.options = options;
        return {
          images: [new Uint8Array(GOOD)],
          warnings: [{ type: "unsupported", feature: "size", details: "It has no size." }],
        };
      };
      const image = (model: string) => {
        got.model = model;
        return { specificationVersion: "v4", provider: `${provider}.image`, doGenerate };
      };
      const module = {
        [create]: (given: object) => {
          got.given = given;
          return { image };
        },
      };
      const load = async (wanted: string) => (wanted === name ? module : {});
      const roster = await open({ aiSdk: provider, model, key: "TEST_KEY", settings: { quality: "hd" } }, { ...FAST, load });
      const made = await roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)));
      expect(made?.warnings).toEqual(["It has no size."]);
      expect(got).toMatchObject({
        given: { [keyOption]: "secret-of-the-test" },
        model,
        options: { n: 1, providerOptions: { [settings]: { quality: "hd" } } },
      });
      await expect(open({ aiSdk: "google", model: "imagen-4", key: "TEST_KEY" }, { ...FAST, load })).rejects.toThrow(
        "expected a name that begins with gemini-: the package @ai-sdk/google has no other image models",
      );
    },
  );

  test("a package that is not installed, and an unknown provider, are refused with a sentence", async () => {
    const entry = { model: "m", key: "TEST_KEY" };
    await expect(open({ aiSdk: "replicate", ...entry })).rejects.toThrow(
      "the package @ai-sdk/replicate is not installed: npm install @ai-sdk/replicate",
    );
    await expect(open({ aiSdk: "acme", ...entry })).rejects.toThrow(/line 2, aiSdk: expected a provider: openai, google, fal/);
    await expect(open({ aiSdk: "fal", key: "TEST_KEY" })).rejects.toThrow(
      "expected the name by which the provider knows the model",
    );
  });

  test("tells what the provider's package does not follow, and passes settings on under its name", async () => {
    const server = await startContract(CONTRACTS["aiSdk, openai"]);
    const roster = await open({ ...CONTRACTS["aiSdk, openai"].entry(server.url), settings: { quality: "hd" } });
    const image = await roster.backends[0]?.generate(drawRequest(prompt, roster.backends, seeded(1)));
    expect(image?.warnings.join()).toMatch(/seed/);
    expect(server.asked[0]?.body).toMatchObject({ quality: "hd", size: "64x48" });
    await server.close();
  });
});
