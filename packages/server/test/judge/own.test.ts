import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { addKey, openJudge, openKeys, type RankReply, revokeKey } from "@pickapic/judge";
import { openScorer } from "@pickapic/pickscore";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyRequest } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readQuestion } from "../../src/judge/bodies.ts";
import { openMetrics, startJudgeServer } from "../../src/judge/index.ts";
import { BodyRoom } from "../../src/judge/service.ts";
import { base64, CALIBRATION, dataUrl, type JudgeHouse, openJudgeHouse, PICTURES, post } from "./judgeHouse.ts";

const PROMPT = "a red apple on a green meadow";

let house: JudgeHouse;
/** What the command prints for the same pictures. */
let expected: number[];

beforeAll(async () => {
  house = await openJudgeHouse();
  const scorer = await openScorer("pickscore-toy", { threads: 1 });
  expected = await scorer.score(PROMPT, PICTURES);
  await scorer.close();
});
afterAll(() => house.close());

test("scores equal those of the command within 1e-6, in each form in which images may come", async () => {
  const close = (scores: readonly number[]) => {
    for (const [i, score] of scores.entries()) expect(Math.abs(score - (expected[i] ?? 0))).toBeLessThan(1e-6);
    expect(scores).toHaveLength(PICTURES.length);
  };
  close((await house.post("/api/score", { prompt: PROMPT, images: PICTURES.map(base64) })).body.scores);
  close((await house.post("/api/score", { prompt: PROMPT, images: PICTURES.map(dataUrl) })).body.scores);
  const items = PICTURES.map((picture) => ({ prompt: PROMPT, image: { base64: base64(picture) } }));
  close((await house.post("/api/score", { items })).body.scores);
  const unit = (await house.post("/api/score", { prompt: PROMPT, images: PICTURES.map(base64), scale: "unit" })).body;
  close(unit.scores.map((score: number) => 26 * score));
  const form = new FormData();
  form.set("prompt", PROMPT);
  for (const picture of PICTURES) form.append("images", new Blob([new Uint8Array(picture)]), "a.png");
  const reply = await fetch(`${house.url}/api/score`, { method: "POST", body: form });
  close(((await reply.json()) as { scores: number[] }).scores);
});

test.each([
  [
    "a prompt that is there twice",
    [PROMPT, "another"],
    PICTURES.slice(0, 1),
    'The form has the field "prompt" twice; expected it once.',
  ],
  ["an empty file", [PROMPT], [PICTURES[0], new Uint8Array()], "Image 2 of the question: expected a picture; the file is empty."],
])("refuses a form with %s", async (_what, prompts, pictures, message) => {
  const body = new FormData();
  for (const prompt of prompts) body.append("prompt", prompt);
  for (const picture of pictures) body.append("images", new Blob([new Uint8Array(picture ?? [])]), "a.png");
  const reply = await fetch(`${house.url}/api/score`, { method: "POST", body });
  expect(await reply.json()).toMatchObject({ error: { message } });
});

test("ranks the images of several prompts, best first, with the softmax of their scores", async () => {
  const batch = { prompt: PROMPT, images: PICTURES.map(base64) };
  const { body, headers } = await house.post("/api/rank", {
    batches: [batch, { ...batch, images: [batch.images[0], "AAAA"] }],
    top: 2,
  });
  const [first, second] = (body as unknown as RankReply).batches ?? [];
  const order = [...expected.keys()].sort((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0));
  expect(first?.ranked.map(({ index }) => index)).toEqual(order.slice(0, 2));
  const sum = expected.reduce((total, score) => total + Math.exp(score), 0);
  expect(first?.ranked[0]?.probability).toBeCloseTo(Math.exp(Math.max(...expected)) / sum, 6);
  expect(second?.ranked).toMatchObject([{ index: 0, rank: 1, probability: 1 }]);
  expect(second?.failed).toMatchObject([{ index: 1, code: "PICKAPIC_IMAGE_UNREADABLE" }]);
  expect(headers.get("server-timing")).toMatch(/^wait;dur=[\d.]+, fill;dur=[\d.]+, score;dur=[\d.]+$/);
});

const picture = base64(PICTURES[0] ?? new Uint8Array());

test.each([
  ["no images", { prompt: "x" }, 400, /either "prompt" with "images", or "batches"; the body has neither/],
  ["both forms", { prompt: "x", images: [picture], batches: [{ prompt: "x", images: [picture] }] }, 400, /the body has both/],
  ["what is no base64", { prompt: "x", images: ["?!"] }, 422, /images\[0\]: expected the image as base64/],
  ["an address", { prompt: "x", images: [{ url: "http://evil.example/a.png" }] }, 422, /not fetched from evil\.example/],
  ["the id of an image where none are stored", { prompt: "x", images: [{ id: "7" }] }, 422, /stores no images/],
  ["a scale that needs votes", { prompt: "x", images: [picture], scale: "percentile" }, 409, /needs votes to compare with/],
  ["an unknown field", { prompt: "x", images: [picture], promt: "y" }, 400, /promt/],
  ["best of none", { prompt: "x", images: [picture], top: 0 }, 400, /"top"/],
  ["0 images", { prompt: "x", images: [] }, 400, /"images": expected at least 1 entry; got \[\]/],
  [
    "a scale that is none",
    { prompt: "x", images: [picture], scale: "percent" },
    400,
    /"scale": expected "raw", "unit", "probability" or "percentile"; got "percent"/,
  ],
  ["one image too many", { prompt: "x", images: Array.from({ length: 1025 }, () => "AAAA") }, 400, /1024/],
  ["10,000 images", { prompt: "x", images: Array.from({ length: 10_000 }, () => picture) }, 400, /1024/],
  [
    "10,000 images in batches",
    { batches: Array.from({ length: 10 }, () => ({ prompt: "x", images: Array(1_000).fill("AAAA") })) },
    413,
    /at most 1024 images; this one has 10000/,
  ],
  [
    "a remote data URL that is no image",
    { prompt: "x", images: ["data:text/html;base64,AAAA"] },
    422,
    /another kind of data URL/,
  ],
])("refuses %s with one sentence", async (_name, body, status, message) => {
  const reply = await house.post("/api/rank", body);
  expect(reply.status).toBe(status);
  expect(reply.body.error).toMatchObject({ status, message: expect.stringMatching(message) });
});

test("a body that never ends is refused: at once when it says that it is too large, otherwise when it has reached the limit", async () => {
  const { hostname, port } = new URL(house.url);
  const socket = connect(Number(port), hostname);
  const head = `POST /api/rank HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${65 * 2 ** 20}\r\n\r\n`;
  socket.write(head);
  const [reply] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  expect(String(reply)).toMatch(/^HTTP\/1\.1 413 /);
  let sent = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(100, ++sent);
    })(),
    { highWaterMark: 1 },
  );
  const request = { headers: {}, routeOptions: { bodyLimit: 1_000 }, caller: null } as unknown as FastifyRequest;
  await expect(readQuestion(request, endless)).rejects.toMatchObject({ code: "FST_ERR_CTP_BODY_TOO_LARGE" });
  expect(sent).toBeLessThan(20);
});

test("refuses a body that is no JSON, and one that is nested too deeply", async () => {
  const send = async (body: string) => {
    const reply = await fetch(`${house.url}/api/rank`, { method: "POST", headers: { "content-type": "application/json" }, body });
    return [reply.status, ((await reply.json()) as { error: { code: string } }).error.code];
  };
  expect(await send("{")).toEqual([400, "PICKAPIC_BODY_NOT_JSON"]);
  expect(await send("[".repeat(5_000) + "]".repeat(5_000))).toEqual([400, "PICKAPIC_BODY_INVALID"]);
  expect(await send('{"prompt":"x","images":["AAAA"],"__proto__":{"scale":"unit"}}')).toEqual([400, "PICKAPIC_BODY_INVALID"]);
});

test("says what judges, describes itself as valid OpenAPI, and counts what it did", async () => {
  const about = await (await fetch(`${house.url}/api/judge`)).json();
  expect(about).toMatchObject({ scorer: "pickscore-toy", calibration: null, scales: ["raw", "unit"] });
  expect(about).toMatchObject({ about: expect.stringMatching(/^The probabilities are uncalibrated/) });
  const document = (await (await fetch(`${house.url}/api/openapi.json`)).json()) as { paths: object };
  expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(["/api/rank", "/api/score"]));
  const metrics = await (await fetch(`${house.url}/metrics`)).text();
  expect(metrics).toMatch(/pickapic_judge_images_total\{route="\/api\/score",caller="open"\} 20\n/);
  expect(metrics).toMatch(/pickapic_judge_refused_total\{route="\/api\/rank",code="PICKAPIC_JUDGE_IMAGE"\} 3\n/);
});

test("the scale may be in the address as well; two that differ and a query that is not known are refused", async () => {
  const body = { prompt: PROMPT, images: PICTURES.map(base64) };
  const unit = await house.post("/api/score?scale=unit", body);
  expect(unit.body).toMatchObject({ scale: "unit" });
  expect(26 * (unit.body.scores[0] ?? 0)).toBeCloseTo(expected[0] ?? 0, 5);
  expect((await house.post("/api/rank?scale=probability", body)).body).toMatchObject({ scale: "probability" });
  expect((await house.post("/api/rank?scale=raw", { ...body, scale: "raw" })).status).toBe(200);
  for (const [path, scale, message] of [
    ["/api/rank?scale=unit", "raw", "The body asks for the scale raw, and the address for unit: leave one of them out."],
    ["/api/score?scale=bogus", undefined, /"scale": expected "raw", "unit", "probability" or "percentile"; got "bogus"/],
    ["/api/score?scal=raw", undefined, /expected no field "scal"/],
  ] as const) {
    const reply = await house.post(path, { ...body, ...(scale && { scale }) });
    expect([path, reply.status, reply.body]).toMatchObject([path, 400, { error: { message: expect.stringMatching(message) } }]);
  }
  const { body: compute } = await house.post("/compute?scal=raw", {
    prompt: [PROMPT],
    image: [base64(PICTURES[0] ?? new Uint8Array())],
  });
  expect(compute).toMatchObject({ error: { message: expect.stringMatching(/expected no field "scal"/) } });
});

test("a compressed question is read as any other, and one that grows too large is cut off", async () => {
  const send = (path: string, packed: Uint8Array<ArrayBuffer>, type = "application/json") => {
    const headers = { "content-type": type, "content-encoding": "gzip" };
    return fetch(`${house.url}${path}`, { method: "POST", headers, body: packed, signal: AbortSignal.timeout(20_000) });
  };
  const question = JSON.stringify({ prompt: PROMPT, images: PICTURES.map(base64) });
  const reply = (await (await send("/api/score", gzipSync(question))).json()) as { scores: number[] };
  expect(reply.scores.map((score) => score.toFixed(5))).toEqual(expected.map((score) => score.toFixed(5)));
  expect((await send("/api/score", gzipSync(Buffer.alloc(70 * 1024 * 1024, 32)))).status).toBe(413);
  expect((await send("/reward", gzipSync("no pickle"), "application/octet-stream")).status).toBe(400);
});

test("a browser at the address of the judge is led to what it answers", async () => {
  const reply = await fetch(`${house.url}/`, { redirect: "manual" });
  expect([reply.status, reply.headers.get("location")]).toEqual([302, "/api/docs"]);
});

test("a scorer is swapped while questions are under way, and each is answered by the scorer that it arrived for", async () => {
  const question = { prompt: PROMPT, images: PICTURES.map(base64) };
  const images = PICTURES.map((image) => ({ prompt: PROMPT, image }));
  const before = Array.from({ length: 8 }, () => house.judge.judge(images));
  const swap = house.judge.swap("colour-sharpness");
  const during = Array.from({ length: 8 }, () => house.post("/api/score", question));
  await swap;
  const after = await house.post("/api/score", question);
  for (const { facts, results } of await Promise.all(before)) {
    expect(facts.scorer).toBe("pickscore-toy");
    expect(results).toEqual(expected.map((score) => ({ score: expect.closeTo(score, 6) })));
  }
  const replies = await Promise.all(during);
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  for (const { body } of replies) if (body.scorer === "pickscore-toy") expect(body.scores[0]).toBeCloseTo(expected[0] ?? 0, 6);
  expect(after.body.scorer).toBe("colour-sharpness");
  expect(after.headers.get("pickapic-scorer")).toBe("colour-sharpness");
  await expect(house.judge.swap("./runs/absent")).rejects.toMatchObject({
    code: "PICKAPIC_JUDGE_SWAP",
    message: expect.stringMatching(
      /^The scorer \.\/runs\/absent could not be loaded, and colour-sharpness goes on judging\. .*no folder/,
    ),
  });
  expect((await house.post("/api/score", question)).body.scores).toEqual(after.body.scores);
});

test("an operator exchanges the scorer with its calibration; callers may not, and one exchange happens at a time", async () => {
  const file = join(house.folder, "operators.json");
  const [ops, trainer] = [await addKey(file, "ops", { operator: true }), await addKey(file, "trainer")];
  const judge = await openJudge("colour-sharpness");
  const server = await startJudgeServer(judge, {
    host: "127.0.0.1",
    port: 0,
    keys: null,
    operators: openKeys(file),
    metrics: openMetrics(false),
  });
  const swap = (key: string, body: object) => post(`${server.url}/api/judge/swap`, body, { authorization: `Bearer ${key}` });
  const question = { prompt: PROMPT, images: PICTURES.map(base64) };
  const ask = async () => (await post(`${server.url}/api/score`, question)).body;
  try {
    expect((await swap(trainer, { scorer: "random" })).body.error).toMatchObject({
      code: "PICKAPIC_JUDGE_OPERATOR",
      status: 403,
    });
    expect((await swap("pj_none", { scorer: "random" })).body.error.code).toBe("PICKAPIC_JUDGE_KEY_UNKNOWN");
    const own = await ask();
    const other = { ...CALIBRATION, identity: "formula 2" };
    expect((await swap(ops, { scorer: "colour-sharpness", calibration: other })).body.error).toMatchObject({
      code: "PICKAPIC_JUDGE_CALIBRATION_OTHER",
      status: 409,
    });
    expect((await swap(ops, { scorer: "./absent" })).body.error).toMatchObject({ code: "PICKAPIC_JUDGE_SWAP", status: 422 });
    expect(await ask()).toEqual(own);
    const asked = Array.from({ length: 20 }, ask);
    const swapped = swap(ops, { scorer: "random" });
    const bodies = await Promise.all([...asked, ...Array.from({ length: 20 }, ask)]);
    expect((await swapped).status).toBe(200);
    bodies.push(await ask());
    const random = bodies.at(-1);
    expect(random?.scorer).toBe("random");
    for (const body of bodies) expect(body).toEqual(body.scorer === "random" ? random : own);
    const both = await Promise.allSettled([judge.swap("random"), judge.swap("random")]);
    expect(both).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { code: "PICKAPIC_JUDGE_SWAPPING" } }]);
    expect((await swap(ops, { scorer: "colour-sharpness", calibration: CALIBRATION })).body).toMatchObject({
      scorer: "colour-sharpness",
      calibration: { temperature: 0.5 },
    });
  } finally {
    await server.close();
    await judge.close();
  }
});

test("callers with keys: missing, unknown, expired and revoked keys are refused with a sentence each", async () => {
  const now = { time: Date.now() };
  const file = join(house.folder, "keys.json");
  const keyed = await house.keyed(openKeys(file, () => now.time));
  try {
    const key = await addKey(file, "trainer", { days: 30 }, new Date(now.time));
    const ask = (authorization?: string) =>
      post(`${keyed.url}/api/score`, { prompt: "x", images: [picture] }, authorization ? { authorization } : {});
    expect((await ask()).body.error.code).toBe("PICKAPIC_JUDGE_KEY_MISSING");
    expect((await ask("Bearer pj_wrong")).body.error.code).toBe("PICKAPIC_JUDGE_KEY_UNKNOWN");
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
    now.time += 31 * 86_400_000;
    const expired = await ask(`Bearer ${key}`);
    expect([expired.status, expired.body.error.code]).toEqual([401, "PICKAPIC_JUDGE_KEY_EXPIRED"]);
    expect(expired.body.error.message).toMatch(/^The key "trainer" expired on 20\d\d-\d\d-\d\d: ask/);
    await revokeKey(file, "trainer");
    now.time += 1_000;
    expect((await ask(`Bearer ${key}`)).body.error.code).toBe("PICKAPIC_JUDGE_KEY_UNKNOWN");
    expect((await fetch(`${keyed.url}/api/health`)).status).toBe(200);
  } finally {
    await keyed.close();
  }
});

test("memory of bodies goes from question to question, never to two at a time, and is refused when it is full", () => {
  const room = new BodyRoom(300_000);
  const [first, second] = [room.take(100_000), room.take(100_000)];
  const memory = first.memory();
  expect(first.memory()?.buffer).toBe(memory?.buffer);
  expect(second.memory()?.buffer).not.toBe(memory?.buffer);
  expect(() => room.take(100_001)).toThrow(/questions that arrive at this moment/);
  first.release();
  first.release();
  expect(first.memory()).toBeNull();
  const [third, fourth] = [room.take(99_000), room.take(99_000)];
  expect([third.memory()?.buffer === memory?.buffer, third.memory()?.length]).toEqual([true, 99_000]);
  expect(fourth.memory()?.buffer).not.toBe(memory?.buffer);
});
