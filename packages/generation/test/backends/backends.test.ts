/** @file Every kind of backend against a server that refuses what its vendor does not document, and ten faults of such a server. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, type GenerationRequest, parsePrompt } from "../../src/index.ts";
import { openRoster, type Roster } from "../../src/models/index.ts";
import type { ModelEffects } from "../../src/models/open.ts";
import { seeded } from "../toys.ts";
import { WORKFLOW } from "./contracts/comfy.ts";
import { CONTRACTS } from "./contracts/index.ts";
import { FAST, SECRET } from "./opened.ts";
import { BAD_PICTURES, FAULTS, type FaultName, GOOD, type RunningContract, startContract } from "./server.ts";

const prompt = parsePrompt("a red cat [dog]");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-backends-"));
  await writeFile(join(folder, "workflow.json"), JSON.stringify(WORKFLOW));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
/** Opens a model that several tests use. */
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

describe("jobs", () => {
  test.each(["sdcpp"] as const)("%s: one that is not wanted any more is cancelled", async (kind) => {
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
