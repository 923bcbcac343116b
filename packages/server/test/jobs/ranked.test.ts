/** @file Ranked entries: the best of n images is shown under a name of its own, and everything that was made for it is counted. */
import { createHash } from "node:crypto";
import { type Backend, type BackendModel, GenerationError, type GenerationRequest, rankedModel } from "@pickapic/generation";
import type { Judge } from "@pickapic/judge";
import { openNamedScorer } from "@pickapic/pickscore/scorers";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { AdminImage, Leaderboard, type RankedPick } from "../../src/api.ts";
import type { Database } from "../../src/database/database.ts";
import { encodeImage } from "../../src/images/encode.ts";
import { makeRanked } from "../../src/jobs/ranked.ts";
import { openScorers } from "../../src/jobs/scorers.ts";
import { openStore, preferenceSource } from "../../src/store/index.ts";
import {
  adminToken,
  answer,
  type House,
  idOf,
  must,
  NO_ENVIRONMENT,
  openHouse,
  roundOf,
  startRound,
  until,
  type Visitor,
  writePrompt,
} from "../house.ts";

const BASE: BackendModel = { name: "flux", steps: 4, scheduler: "none", width: 32, height: 32 };
const RANKED = "flux (best of 4)";

/** A backend whose pictures follow from the request, and that remembers them. */
function coloured(models: readonly BackendModel[], before: (request: GenerationRequest, i: number) => unknown = () => undefined) {
  const made: { request: GenerationRequest; bytes: Uint8Array }[] = [];
  let asked = 0;
  const backend: Backend = {
    name: "coloured",
    simulated: false,
    models,
    async generate(request) {
      await before(request, asked++);
      const colour = createHash("sha256").update(JSON.stringify(request)).digest();
      const background = { r: colour[0], g: colour[1], b: colour[2] };
      const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .png()
        .toBuffer();
      made.push({ request, bytes });
      const warnings = ["FLUX has no guidance.", "A fog was asked for."];
      return { bytes, mediaType: "image/png", width: 32, height: 32, warnings, price: 0.25 };
    },
  };
  return { backend, made, asked: () => asked };
}

/** Only the ranked entry is drawn. */
const ranked = (more: Partial<BackendModel> = {}, patience?: number): BackendModel[] => {
  const base = { ...BASE, ...more };
  return [{ ...base, weight: 0 }, rankedModel(base, { n: 4, ...(patience !== undefined && { patience }) })];
};

interface Row {
  id: string;
  model: string;
  seed: number;
  price: number;
  content_hash: string;
  ranked: RankedPick;
}

describe("a ranked entry", () => {
  let house: House;
  let judge: Visitor;
  let backends: readonly Backend[] = [];
  beforeAll(async () => {
    house = await openHouse({
      backends: () => backends,
      judge: "random",
      imagesAhead: 0,
      attempts: 1,
      concurrency: 1,
      generationTimeoutMs: 500,
      cacheMs: 0,
    });
    judge = await house.judge();
  });
  afterAll(() => house.close());
  // What the last answer of a test ordered is made with the backend of that test, and not counted by the next one.
  afterEach(() => expect.poll(() => house.sql("select id from images where state in ('queued', 'generating')")).toEqual([]));

  const imagesOf = (round: string) =>
    house.sql<Row>("select * from images where round_id = $1 and state = 'ready' order by number", [round]);
  const imageOf = async (url: string) => (await house.sql<Row>("select * from images where id = $1", [idOf(url)]))[0];
  const board = async () => Leaderboard.parse((await must(judge.send("GET", "/api/leaderboard"))).body).models;
  const countedToday = async () =>
    await house.sql<{ model: string; images: number }>("select model, images from model_days order by model");

  test("shows the one of n images that the scorer likes best, stores no other, and tells its name to the dataset alone", async () => {
    const { backend, made } = coloured(ranked());
    backends = [backend];
    const { round, comparison } = await startRound(judge, "a red cat [fog]");
    expect(JSON.stringify(round)).not.toMatch(/flux|best of/i);
    expect(round.warnings).toEqual(["A fog was asked for."]);
    const scorer = await openNamedScorer("random");
    const images = await imagesOf(round.id);
    expect(made).toHaveLength(8);
    for (const image of images) {
      // Each of the two images was picked from those whose first has the seed that was drawn for it.
      const all = await Promise.all(made.map(async (each) => ({ ...each, stored: (await encodeImage(each.bytes)).bytes })));
      const at = all.findIndex(({ stored }) => hashOf(stored) === image.content_hash);
      const four = all.slice(4 * Math.floor(at / 4), 4 * Math.floor(at / 4) + 4);
      const scores = await scorer.score(
        "a red cat",
        four.map(({ stored }) => stored),
      );
      const best = four[scores.indexOf(Math.max(...scores))];
      expect(hashOf(best?.stored ?? new Uint8Array())).toBe(image.content_hash);
      expect(image).toMatchObject({ model: RANKED, price: 1, seed: best?.request.seed });
      const pick = { base: "flux", n: 4, scored: 4, failed: 0, scorer: "random", identity: "seed 1", template: "bare" };
      expect(image.ranked).toEqual({ ...pick, score: Math.max(...scores), seed: image.seed });
    }
    expect(await house.sql("select * from loose_files")).toEqual([]);
    const headers = { authorization: `Bearer ${await adminToken(house.folder)}` };
    const { body } = await must(judge.send("GET", `/api/admin/images/${idOf(comparison.left.url)}`, { headers }));
    const shown = images.find(({ id }) => id === idOf(comparison.left.url));
    expect(AdminImage.parse(body)).toMatchObject({ request: { model: "flux", seed: shown?.seed }, ranked: shown?.ranked });
    await answer(judge, comparison.id, "left");
    const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
    for await (const row of preferenceSource(store).records())
      expect([row.model_0, row.model_1, row.negative_prompt_0]).toEqual([RANKED, RANKED, "fog"]);
    await store.close();
  });

  test("plays blind against its own model, and the leaderboard has both under their names", async () => {
    const [base, entry] = ranked({ weight: 1 });
    if (!base || !entry) throw new Error("expected a model and its ranked entry");
    const { backend } = coloured([{ ...base, weight: 1 }, entry]);
    backends = [backend];
    const before = new Map((await board()).map(({ model, games }) => [model, games]));
    let mixed = 0;
    // Both are drawn alike, so that half of the pairs are mixed.
    for (let i = 0; mixed < 3 && i < 40; i++) {
      const { round, comparison } = await startRound(judge, `a red cat, ${i}`);
      expect(JSON.stringify(round)).not.toMatch(/flux|best of/i);
      const sides = ["left", "right"] as const;
      const [left, right] = await Promise.all(sides.map((side) => imageOf(comparison[side].url)));
      if (left?.model === right?.model) continue;
      expect([left?.model, right?.model].sort()).toEqual(["flux", RANKED]);
      const best = left?.model === RANKED ? "left" : "right";
      // Two wins and a tie: no strength is infinite.
      await answer(judge, comparison.id, mixed++ === 1 ? "tie" : best);
    }
    expect(mixed).toBe(3);
    const games = async () => (await board()).map(({ model, games }) => [model, games - (before.get(model) ?? 0)]);
    await expect.poll(games).toEqual([
      [RANKED, 3],
      ["flux", 3],
    ]);
  });

  test("loses only the image that fails, and only the one that hangs", async () => {
    const { backend, asked } = coloured(ranked(), (_request, i) => {
      if (i % 4 === 1) throw new GenerationError("PICKAPIC_BACKEND_PICTURE", "flux", "it is black.");
      return i % 4 === 2 ? new Promise(() => undefined) : undefined;
    });
    backends = [backend];
    const { round } = await startRound(judge, "a blue cat");
    for (const { ranked: pick, price } of await imagesOf(round.id))
      expect({ ...pick, price }).toMatchObject({ n: 4, scored: 2, failed: 2, price: 0.5 });
    expect(asked()).toBe(8);
  });

  test("fails with the reason of its images when all fail, and asks no further when no try can help", async () => {
    const busy = coloured(ranked(), () => {
      throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", "flux", 240);
    });
    backends = [busy.backend];
    const failed = await until(judge, (await writePrompt(judge, "a failure")).id, "failed");
    expect(failed.problem?.message).toContain("1 try for an image: it did not answer in time");
    expect(busy.asked()).toBe(8);
    const refusing = coloured(ranked(), () => {
      throw new GenerationError("PICKAPIC_BACKEND_REFUSED", "flux", 401, "bad key");
    });
    backends = [refusing.backend];
    await until(judge, (await writePrompt(judge, "a refusal")).id, "failed");
    expect(refusing.asked()).toBe(2);
  });

  test("counts n images of its model's limit before it asks for the first, and gives back those that patience saved", async () => {
    const limit = { perDay: { images: 9, reason: "9 images" } };
    const { backend, asked } = coloured(ranked(limit));
    backends = [backend];
    const { round, comparison } = await startRound(judge, "a limit");
    await answer(judge, comparison.id, "left");
    expect((await roundOf(judge, round.id)).problem?.code).toBe("PICKAPIC_MODELS_SPENT");
    expect(asked()).toBe(8);
    expect(await countedToday()).toEqual([{ model: "flux", images: 8 }]);
    await house.sql("delete from model_days");
    const patient = coloured([
      { ...BASE, ...limit, perDay: { images: 40, reason: "40 images" }, weight: 0 },
      rankedModel({ ...BASE, perDay: { images: 40, reason: "40 images" } }, { n: 20, patience: 0.49 }),
    ]);
    backends = [patient.backend];
    await startRound(judge, "a patient cat");
    expect(patient.asked()).toBe(10);
    await expect.poll(countedToday).toEqual([{ model: "flux", images: 10 }]);
  });
});

/** Has a judge pick of 20 images, of which it gets several batches. */
function pickWith(backend: Backend, judge: Pick<Judge, "judge">) {
  const request = { prompt: "a", negativePrompt: "", model: RANKED, seed: 1, guidanceScale: 7, steps: 4, width: 32, height: 32 };
  const settings = { backends: [backend], generationTimeoutMs: 20_000, random: Math.random };
  const effects = { db: {} as Database, settings, scorers: openScorers(undefined, null), onProgress: () => undefined };
  const offer = { backend, model: BASE, entry: { base: "flux", n: 20 }, judge: { ...({} as Judge), ...judge } };
  return makeRanked(request, offer, effects, new AbortController().signal);
}

test("images are scored again when the scorer was swapped between two batches", async () => {
  const { backend, made } = coloured(ranked());
  let batches = 0;
  // The second scorer likes what the first disliked.
  const { bytes, picked } = await pickWith(backend, {
    async judge(images) {
      const sign = batches++ === 0 ? 1 : -1;
      const results = images.map(({ image }) => ({ score: sign * liking(Buffer.from(image)) }));
      return { facts: { scorer: "s", identity: `${sign}`, calibration: null }, results, waitedMs: 0, fillMs: 0, computedMs: 0 };
    },
  });
  expect(batches).toBeGreaterThan(2);
  expect(picked?.pick).toMatchObject({ identity: "-1", scored: 20 });
  const stored = await Promise.all(made.map(async ({ bytes: each }) => (await encodeImage(each)).bytes));
  expect(picked?.pick.score).toBe(Math.max(...stored.map((each) => -liking(each))));
  expect(hashOf(bytes)).toBe(hashOf(stored[stored.map((each) => -liking(each)).indexOf(picked?.pick.score ?? 0)] ?? bytes));
});

test("a scorer that can score no image after it was swapped in is a failure with its reason", async () => {
  let batches = 0;
  const picking = pickWith(coloured(ranked()).backend, {
    async judge(images) {
      // The image that the second scorer gives a score is unknown to it when all are scored again.
      const [identity, score] = [["1", "2"][batches] ?? "2", [1, 2][batches++]];
      const unscored = { code: "PICKAPIC_IMAGE_UNREADABLE", message: "no picture" } as const;
      const results = images.map(() => (score === undefined ? unscored : { score }));
      return { facts: { scorer: "s", identity, calibration: null }, results, waitedMs: 0, fillMs: 0, computedMs: 0 };
    },
  });
  await expect(picking).rejects.toMatchObject({
    code: "PICKAPIC_BEST_OF_NONE",
    message: expect.stringContaining("after the scorer was exchanged"),
  });
});

test("a scorer that is absent or cannot be loaded is a sentence before anything is made", async () => {
  const { backend, asked } = coloured(ranked());
  await expect(openScorers(undefined, null).openAll([backend])).rejects.toThrow(
    /"flux \(best of 4\)" needs a scorer .* --scorer or PICKAPIC_JUDGE/,
  );
  const named = { ...backend, models: [BASE, rankedModel(BASE, { n: 2, scorer: "no/such-folder/at-all" })] };
  await expect(openScorers(undefined, null).openAll([named])).rejects.toThrow(
    /^The scorer no\/such-folder\/at-all, which says which image is best, cannot be used: /,
  );
  await expect(openHouse({ backends: [backend] })).rejects.toMatchObject({ code: "PICKAPIC_RANKED_SCORER_NONE" });
  expect(asked()).toBe(0);
});

const liking = (bytes: Uint8Array): number => Number.parseInt(hashOf(bytes).slice(0, 8), 16);
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
