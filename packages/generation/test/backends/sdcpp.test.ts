/** @file Jobs of stable-diffusion.cpp's server: what is asked, what is told while one runs, and how one ends that makes no picture. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, type GenerateOptions, type GenerationRequest, parsePrompt } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { sdcppContract } from "./contracts/sdcpp.ts";
import { type Asked, type RunningContract, startContract } from "./server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-sdcpp-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let server: RunningContract | undefined;
afterEach(() => server?.close());

/** A model on a server that answers as documented, but for what `job` says of a job instead. */
async function open(entry: object = {}, job?: () => object) {
  const isJob = ({ method, path }: Asked) => method === "GET" && path.includes("/jobs/");
  server = await startContract({
    ...sdcppContract,
    open(picture) {
      const answer = sdcppContract.open(picture);
      return (asked) => (job && isJob(asked) ? { body: { id: "job_0", kind: "img_gen", ...job() } } : answer(asked));
    },
  });
  const file = join(folder, "models.yaml");
  await writeFile(file, stringify({ models: [{ sdcpp: server.url, name: "mine", ...entry }] }));
  const { backends } = await openRoster(file, { environment: {}, httpSettings: { retryDelayMs: 1 }, pollMs: 2 });
  const [backend] = backends;
  if (!backend) throw new Error("the file has one model");
  const request = drawRequest(parsePrompt("a red cat [dog]"), backends, seeded(1));
  const generate = (more: Partial<GenerationRequest> = {}, options?: GenerateOptions) =>
    backend.generate({ ...request, ...more }, options);
  return { backend, generate, asked: server.asked };
}

/** What every request says here that leaves its settings to the server. */
const PLAIN = { prompt: "a red cat", negative_prompt: "dog", batch_count: 1, output_format: "png" };
const SET = { seed: 7, steps: 20, guidanceScale: 3.5, width: 640, height: 480 };
const LEFT = { seed: null, steps: null, guidanceScale: null, width: null, height: null, negativePrompt: null };
test.each<[what: string, request: Partial<GenerationRequest>, settings: object, body: object]>([
  [
    "are sent under the names that the server documents",
    SET,
    {},
    { ...PLAIN, seed: 7, width: 640, height: 480, sample_params: { sample_steps: 20, guidance: { txt_cfg: 3.5 } } },
  ],
  [
    "that are left to the server are not sent, and the seed is a random one",
    LEFT,
    {},
    { ...PLAIN, negative_prompt: "", seed: -1, sample_params: { guidance: {} } },
  ],
  [
    "stand beside those of the file, those that are nested too",
    SET,
    { clip_skip: 2, sample_params: { sample_method: "euler", guidance: { distilled_guidance: 3 } } },
    {
      ...PLAIN,
      ...{ seed: 7, width: 640, height: 480, clip_skip: 2 },
      sample_params: { sample_steps: 20, sample_method: "euler", guidance: { txt_cfg: 3.5, distilled_guidance: 3 } },
    },
  ],
])("settings %s", async (_what, request, settings, body) => {
  const { generate, asked } = await open({ settings });
  expect(await generate(request)).toMatchObject({ width: 64, height: 48 });
  expect(asked[0]).toMatchObject({ method: "POST", path: "/sdcpp/v1/img_gen" });
  expect(asked[0]?.body).toEqual(body);
});

test("while a job waits it has made nothing, and while it runs about a half; it is not cancelled when it has ended", async () => {
  const { generate, asked } = await open();
  const told: number[] = [];
  await generate({}, { onProgress: (fraction) => told.push(fraction) });
  expect(told.slice(0, 2)).toEqual([0, 0.5]);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /sdcpp/v1/img_gen",
    ...Array(3).fill("GET /sdcpp/v1/jobs/job_0"),
  ]);
});

const ENDED = "PICKAPIC_BACKEND_ENDED";
const REPLY = "PICKAPIC_BACKEND_REPLY";
const error = { code: "internal", message: `out of memory ${"x".repeat(200)}` };
test.each<[what: string, job: object, code: string, sentence: string]>([
  ["failed", { status: "failed", error }, ENDED, `made no picture (failed); it says: out of memory ${"x".repeat(186)}`],
  ["was cancelled on the server", { status: "cancelled", queue_position: null }, ENDED, "(cancelled); it says: nothing"],
  ["was cancelled though it has a result", { status: "cancelled", result: { images: [] } }, ENDED, "(cancelled)"],
  [
    "completed without a result",
    { status: "completed", result: null },
    REPLY,
    "expected a picture in base64 from its backend; got none",
  ],
  ["completed without an image", { status: "completed", result: { images: [] } }, REPLY, "expected a picture in base64"],
  ["is in a state that is not documented", { status: "lost" }, REPLY, 'status: expected "queued", "generating"'],
])("a job that %s makes no picture, as a sentence says", async (_what, job, code, sentence) => {
  const { generate } = await open({}, () => job);
  const failing = generate();
  await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
  await expect(failing).rejects.toThrow(/^Model "mine": /);
  await expect(failing).rejects.not.toThrow("x".repeat(187));
});

test("a job that takes too long is cancelled, once, although requests may take no longer either", async () => {
  let questions = 0;
  const { generate, asked } = await open({ timeoutSeconds: 0.1 }, () => ({
    status: ++questions < 500 ? "generating" : "failed",
  }));
  await expect(generate()).rejects.toMatchObject({
    code: "PICKAPIC_BACKEND_TIMEOUT",
    message: expect.stringContaining("did not answer within 0.1 s."),
  });
  const cancelled = () => asked.filter(({ path }) => path.endsWith("/cancel")).map(({ method, path }) => `${method} ${path}`);
  await expect.poll(cancelled).toEqual(["POST /sdcpp/v1/jobs/job_0/cancel"]);
});

test("jobs come one after the other, as many at once as the file says, and a caller that waits may leave", async () => {
  const { generate, asked } = await open();
  const stop = new AbortController();
  const [first, second, third] = [generate(), generate({}, { signal: stop.signal }), generate()];
  stop.abort(new Error("left"));
  await expect(second).rejects.toThrow();
  await Promise.all([first, third]);
  const order = asked.map(({ path }) => path.replace("/sdcpp/v1/", ""));
  const job = (n: number) => ["img_gen", ...Array(3).fill(`jobs/job_${n}`)];
  expect(order).toEqual([...job(0), ...job(1)]);
});

test("a check names the model that the server has loaded, and ends when its caller leaves", async () => {
  const { backend } = await open();
  expect(await backend.check?.(AbortSignal.timeout(5_000))).toBe("answers, with the model flux.gguf");
  await expect(backend.check?.(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  await expect(backend.close?.()).resolves.toBeUndefined();
});
