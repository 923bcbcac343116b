/** @file The best-of-n page: its images come after those of pairs, are ranked by the scorer, and enter nothing else. */
import type { BackendModel } from "@pickapic/generation";
import { openNamedScorer } from "@pickapic/pickscore/scorers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { BestOf, BestOfOffer } from "../src/api.ts";
import { forgetBestOf } from "../src/bestOf/forget.ts";
import { connect } from "../src/database/database.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import { imageFiles } from "../src/files/imageFiles.ts";
import { openFileStore } from "../src/files/openFileStore.ts";
import { codeOf, fakeBackend, type House, idOf, meOf, must, openHouse, until, type Visitor, writePrompt } from "./house.ts";

const backend = fakeBackend(["model-a", "model-b"], 32);
/** The models as a test wants them. */
let models: readonly BackendModel[] = backend.models;
/** Images that a person may have made in a week. */
const WEEKLY_LIMIT = 500;
let house: House;
let person: Visitor;
beforeAll(async () => {
  const backends = () => [{ ...backend, models, generate: backend.generate.bind(backend) }];
  house = await openHouse({
    backends,
    judge: "random",
    concurrency: 2,
    imagesAhead: 0,
    queueLimit: 6,
    attempts: 1,
    userWeeklyLimit: WEEKLY_LIMIT,
  });
});
afterAll(() => house.close());
beforeEach(async () => {
  backend.requests.length = 0;
  backend.before = async () => undefined;
  models = backend.models;
  person = await house.judge();
});

const start = (body: object, visitor = person) =>
  visitor.send("POST", "/api/best-of", { body: { prompt: "a red cat", n: 4, ...body } });
const started = async (body: object = {}) => BestOf.parse((await must(start(body))).body);
const read = async ({ id }: BestOf) => BestOf.parse((await must(person.send("GET", `/api/best-of/${id}`))).body);
const ended = async (first: BestOf): Promise<BestOf> => {
  await expect.poll(async () => (await read(first)).state).not.toMatch(/waiting|running/);
  return read(first);
};

test("ranks the images as the scorer does, with their settings, and shows them to nobody else", async () => {
  const first = await started({ n: 6, model: "model-b" });
  expect(first).toMatchObject({ n: 6, model: "model-b", images: [], failed: 0 });
  const done = await ended(first);
  expect(done).toMatchObject({ state: "done", fraction: 1 });
  expect(done.images).toHaveLength(6);
  const files = imageFiles(await openFileStore(house.folder, undefined));
  const scorer = await openNamedScorer("random");
  const scores: number[] = [];
  for (const { url, score, seed, guidanceScale } of done.images) {
    const [row] = await house.sql<{ content_hash: string; seed: number }>("select content_hash, seed from images where id = $1", [
      idOf(url),
    ]);
    expect(await scorer.score("a red cat", [await files.get(row?.content_hash ?? "")])).toEqual([score]);
    expect(backend.requests).toContainEqual(
      expect.objectContaining({ seed, guidanceScale, model: "model-b", prompt: "a red cat" }),
    );
    scores.push(score);
  }
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  const url = done.images[0]?.url ?? "";
  expect((await must(person.send("GET", url))).headers.get("cache-control")).toBe("private, no-cache");
  const other = await house.judge();
  expect(codeOf(await other.send("GET", url))).toBe("PICKAPIC_IMAGE_UNKNOWN");
  for (const path of [`/api/best-of/${first.id}`, `/api/best-of/${first.id}/events`])
    expect(codeOf(await other.send("GET", path))).toBe("PICKAPIC_BEST_OF_UNKNOWN");
  for (const way of ["", "/events"])
    expect(codeOf(await person.send("GET", `/api/rounds/${first.id}${way}`))).toBe("PICKAPIC_ROUND_UNKNOWN");
  expect(codeOf(await person.send("POST", `/api/rounds/${first.id}/finish`, { body: {} }))).toBe("PICKAPIC_ROUND_UNKNOWN");
  expect(await house.sql("select 1 from comparisons where round_id = $1", [first.id])).toEqual([]);
  const offer = BestOfOffer.parse((await must(person.send("GET", "/api/best-of"))).body);
  expect(offer).toEqual({
    scorer: "random",
    models: ["model-a", "model-b"].map((name) => ({ name, title: name })),
    latest: done,
  });
});

test("never delays the images of pairs, and leaves their limits alone", async () => {
  const gate = Promise.withResolvers<void>();
  backend.before = () => (backend.requests.length === 1 ? gate.promise : Promise.resolve());
  // People who judge are refused at 24 images that wait, and those of this page do not count.
  await started({ n: 32, prompt: "aside" });
  await expect.poll(() => backend.requests.length).toBe(1);
  const judge = await house.judge();
  const round = await writePrompt(judge, "a pair");
  const own = await writePrompt(person, "my own pair");
  expect(round.progress.queuePosition).toBe(0);
  // The page has one of the two images that the worker makes at the same time; the other one is free for pairs.
  await Promise.all([until(judge, round.id, "ready"), until(person, own.id, "ready")]);
  const prompts = backend.requests.map(({ prompt }) => prompt);
  expect(prompts.slice(1, 5).sort()).toEqual(["a pair", "a pair", "my own pair", "my own pair"]);
  gate.resolve();
  expect(codeOf(await start({ n: 4 }, await house.judge()))).toBe("PICKAPIC_QUEUE_FULL");
  await must(start({ n: 4 }));
});

test("people share what is left evenly, and a new one stops the one before of the same person", async () => {
  const gate = Promise.withResolvers<void>();
  backend.before = () => gate.promise;
  const old = await started({ prompt: "old", n: 8 });
  const first = await started({ prompt: "first", n: 8 });
  expect(await read(old)).toMatchObject({ state: "stopped", images: [] });
  await must(start({ prompt: "second", n: 8 }, await house.judge()));
  gate.resolve();
  await ended(first);
  const order = backend.requests.flatMap(({ prompt }) => (["first", "second"].includes(prompt) ? [prompt] : []));
  for (const i of [2, 4, 6, 8]) expect(order.slice(0, i).filter((prompt) => prompt === "first")).toHaveLength(i / 2);
});

test("can be stopped early, goes on without images that fail, and says when none could be made", async () => {
  const gate = Promise.withResolvers<void>();
  backend.before = async () => {
    if (backend.requests.length === 2) throw new Error("no picture");
    if (backend.requests.length > 3) await gate.promise;
  };
  const first = await started({ n: 8 });
  await expect.poll(async () => (await read(first)).images.length).toBe(2);
  expect(await read(first)).toMatchObject({ state: "running", failed: 1 });
  const stopped = BestOf.parse((await must(person.send("POST", `/api/best-of/${first.id}/stop`, { body: {} }))).body);
  expect(stopped).toMatchObject({ state: "stopped", fraction: 1 });
  expect(stopped.images).toHaveLength(2);
  gate.resolve();
  backend.before = () => Promise.reject(new Error("no picture"));
  expect(await ended(await started())).toMatchObject({ state: "failed", images: [], failed: 4 });
});

test("refuses before anything is made: an n out of range, an unknown model, more than half of the day's limit", async () => {
  expect([(await start({ n: 3 })).status, (await start({ n: 33 })).status, (await start({ n: 4.5 })).status]).toEqual([
    400, 400, 400,
  ]);
  expect(codeOf(await start({ model: "no-such" }))).toBe("PICKAPIC_MODEL_UNKNOWN");
  expect(codeOf(await start({ prompt: "[fog]" }))).toBe("PICKAPIC_PROMPT_EMPTY");
  models = backend.models.map((model) => ({ ...model, perDay: { images: 15, reason: "15 images" } }));
  const limited = await start({ n: 8 });
  expect(limited).toMatchObject({ status: 429, body: { error: { message: expect.stringContaining("half of 15 images") } } });
  expect(backend.requests).toEqual([]);
});

test("promises no image twice: what others wait for counts for the day's limit, and what was stopped does not", async () => {
  models = backend.models.map((model) => ({ ...model, perDay: { images: 24, reason: "24 images" } }));
  const gate = Promise.withResolvers<void>();
  backend.before = () => gate.promise;
  await started({ n: 8, model: "model-b" });
  const other = await house.judge();
  const late = await start({ n: 8, model: "model-b" }, other);
  expect([late.status, codeOf(late)]).toEqual([429, "PICKAPIC_MODEL_SPENT"]);
  await must(start({ n: 4, model: "model-b" }, other));
  expect(codeOf(await start({ n: 4, model: "model-b" }, await house.judge()))).toBe("PICKAPIC_MODEL_SPENT");
  // The images of the person's own last one, of which one may be under way, are not waited for any more.
  await must(start({ n: 6, model: "model-b" }));
  gate.resolve();
});

test("a guest has the limits of a person: an agreement first, then so many images a week", async () => {
  const guest = await house.visitor();
  expect(codeOf(await start({}, guest))).toBe("PICKAPIC_CONSENT_REQUIRED");
  const { user } = await meOf(person);
  await house.sql("insert into daily_orders (user_id, day, images) values ($1, (now() at time zone 'utc')::date, $2)", [
    user?.id,
    WEEKLY_LIMIT,
  ]);
  const refused = await start({});
  expect([refused.status, codeOf(refused)]).toEqual([429, "PICKAPIC_WEEKLY_SHARE"]);
  expect(await house.sql("select 1 from rounds where user_id = $1", [user?.id])).toEqual([]);
});

test("its stream tells the last state, and ends with the session", async () => {
  const gate = Promise.withResolvers<void>();
  backend.before = () => gate.promise;
  const first = await started();
  const stream = await fetch(`${house.url}/api/best-of/${first.id}/events`, { headers: { cookie: person.cookie() } });
  let text = "";
  const ending = (async () => {
    for await (const chunk of stream.body ?? []) text += Buffer.from(chunk).toString();
    return "ended";
  })();
  await expect.poll(() => text).toMatch(/"state":"(waiting|running)"/);
  gate.resolve();
  await expect.poll(() => text).toContain('"state":"done"');
  await must(person.send("POST", "/api/auth/sign-out", { body: {} }));
  expect(await ending).toBe("ended");
});

test("is forgotten after a day, with its files", async () => {
  const done = await ended(await started());
  const connection = connect((await runningEmbedded(house.folder)) ?? "", { size: 1, name: "test" }, () => undefined);
  await forgetBestOf(connection.db);
  expect((await read(done)).images).toHaveLength(4);
  const hashes = await house.sql<{ content_hash: string }>("select content_hash from images where round_id = $1", [done.id]);
  await house.sql("update rounds set created_at = now() - interval '25 hours' where id = $1", [done.id]);
  await forgetBestOf(connection.db);
  await connection.close();
  expect(codeOf(await person.send("GET", `/api/best-of/${done.id}`))).toBe("PICKAPIC_BEST_OF_UNKNOWN");
  const loose = await house.sql<{ content_hash: string }>("select content_hash from loose_files");
  for (const hash of hashes) expect(loose).toContainEqual(hash);
});
