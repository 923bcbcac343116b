/** @file The original project's service, which makes several pictures at once: what is asked, and what becomes of the pictures that nobody has asked for yet. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, type GenerationRequest, parsePrompt } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { originalContract } from "./contracts/original.ts";
import { type RunningContract, startContract } from "./server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-original-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let server: RunningContract | undefined;
afterEach(() => server?.close());

/** A model on a service that answers as documented, but for the fields of `reply`. */
async function open(entry: object = {}, reply: object = {}) {
  server = await startContract({
    ...originalContract,
    open(picture) {
      const answer = originalContract.open(picture);
      return async (asked) => {
        const { body, ...rest } = await answer(asked);
        return { ...rest, body: { ...body, ...reply } };
      };
    },
  });
  const file = join(folder, "models.yaml");
  await writeFile(file, stringify({ models: [{ original: server.url, name: "mine", ...entry }] }));
  const { backends } = await openRoster(file, { environment: {}, httpSettings: { retryDelayMs: 1 } });
  const [backend] = backends;
  if (!backend) throw new Error("the file has one model");
  const request = drawRequest(parsePrompt("a red cat [dog]"), backends, seeded(1));
  const generate = (more: Partial<GenerationRequest> = {}, signal?: AbortSignal) =>
    backend.generate({ ...request, ...more }, { signal });
  return { backend, generate, asked: server.asked };
}

test("gets prompt and negative prompt and the settings of the file; what it drew itself is told of each picture", async () => {
  const { backend, generate, asked } = await open({ settings: { user_id: "me" } });
  expect((await generate())?.used).toEqual({
    seed: 7,
    steps: 25,
    scheduler: "FlaxDPMSolverMultistepScheduler",
    guidanceScale: 5,
  });
  await generate({ prompt: "a dog", negativePrompt: null });
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/generate", { prompt: "a red cat", num_samples: 1, user_id: "me", negative_prompt: "dog" }],
    ["POST", "/generate", { prompt: "a dog", num_samples: 1, user_id: "me", negative_prompt: null }],
  ]);
  expect(await backend.check?.(AbortSignal.timeout(5_000))).toBe("answers");
});

test("of a picture without a guidance scale tells none", async () => {
  const { generate } = await open({}, { gs: [5] });
  expect([await generate(), await generate()].map(({ used }) => used?.guidanceScale)).toEqual([5, undefined]);
});

test("64 pictures are stored that nobody has asked for yet: then those of the oldest request are given up, and those of the others are not", async () => {
  const { generate, asked } = await open();
  // Each request brings three pictures more than were asked for.
  const prompts = Array.from({ length: 22 }, (_, i) => `prompt ${i}`);
  for (const prompt of prompts) await generate({ prompt });
  expect(asked).toHaveLength(22);
  const guidance = [];
  for (const prompt of ["prompt 0", "prompt 1", "prompt 1"]) guidance.push((await generate({ prompt })).used?.guidanceScale);
  expect(guidance, "of the oldest request one of three is left").toEqual([8, 6, 7]);
  expect(asked).toHaveLength(22);
  await generate({ prompt: "prompt 0" });
  expect(asked).toHaveLength(23);
  await generate({ prompt: "prompt 21" });
  expect(asked, "those of the newest request are there").toHaveLength(23);
});

test.each([
  ["no picture", { images: [] }, "images.0: expected a text; got nothing"],
  ["no seed", { seed: "x" }, 'seed: expected a number; got "x"'],
])("an answer with %s is refused with a sentence", async (_what, reply, sentence) => {
  const { generate } = await open({}, reply);
  await expect(generate()).rejects.toThrow(`Model "mine": expected its documented fields from its backend; got ${sentence}`);
});

test.each<[who: string, ask: (opened: Awaited<ReturnType<typeof open>>, signal: AbortSignal) => Promise<unknown> | undefined]>([
  ["a picture", ({ generate }, signal) => generate({}, signal)],
  ["a check", ({ backend }, signal) => backend.check?.(signal)],
])("the caller of %s may leave", async (_who, ask) => {
  const opened = await open();
  if (server) server.fault = "hangs";
  const stop = new AbortController();
  const asking = ask(opened, stop.signal);
  await expect.poll(() => opened.asked.length).toBe(1);
  stop.abort(new Error("left"));
  await expect(asking).rejects.toThrow("left");
});
