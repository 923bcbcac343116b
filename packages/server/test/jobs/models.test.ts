/** @file Models that are not all alike: settings that they lack, weights, limits per day, failures, and pictures that were made earlier. */
import { type Backend, type BackendModel, GenerationError, type GenerationRequest } from "@pickapic/generation";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/database/database.ts";
import { runningEmbedded } from "../../src/database/embedded.ts";
import { Troubles } from "../../src/jobs/troubles.ts";
import { openStore, preferenceSource } from "../../src/store/index.ts";
import {
  answer,
  answerAndGoOn,
  codeOf,
  type House,
  meOf,
  messageOf,
  NO_ENVIRONMENT,
  openHouse,
  roundOf,
  startRound,
  until,
  type Visitor,
  writePrompt,
} from "../house.ts";

/** A backend of models that lack every setting, unless the test gives them one. Its pictures are all different. */
function backendOf(models: readonly Partial<BackendModel>[], make: (request: GenerationRequest) => object = () => ({})): Backend {
  let made = 0;
  return {
    name: "real",
    simulated: false,
    models: models.map((model, i) => ({
      name: `model-${i}`,
      steps: null,
      scheduler: null,
      width: null,
      height: null,
      guidance: null,
      hasSeed: false,
      hasNegativePrompt: false,
      ...model,
    })),
    async generate(request) {
      const more = await make(request);
      const background = { r: ++made & 255, g: (made >> 8) & 255, b: 90 };
      const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .png()
        .toBuffer();
      return { bytes, mediaType: "image/png", width: 32, height: 32, warnings: [], ...more };
    },
  };
}

describe("models that are not all alike", () => {
  let house: House;
  let backends: readonly Backend[] = [];
  let judge: Visitor;
  beforeAll(async () => {
    house = await openHouse({ backends: () => backends, retryDelayMs: 1, imagesAhead: 1 });
    judge = await house.judge();
  });
  // An image that is left over from one test would be drawn of the models of the next one.
  afterEach(() => expect.poll(() => house.sql("select id from images where state in ('queued', 'generating')")).toEqual([]));
  afterAll(() => house.close());

  async function ready(): Promise<{ status: number; found: string }> {
    const { status, body } = await judge.send("GET", "/api/ready");
    const { checks } = body as { checks: { name: string; found: string }[] };
    return { status, found: checks.find(({ name }) => name === "models")?.found ?? "" };
  }

  test("a setting that a backend lacks is null up to the dataset; what it reports is stored as it reports it", async () => {
    const used = { seed: 42, guidanceScale: 6.5, steps: 9, scheduler: "euler" };
    backends = [
      backendOf([{ name: "bare" }, { name: "telling" }], ({ model }) => (model === "telling" ? { used, price: 0.04 } : {})),
    ];
    let { comparison } = await startRound(judge, "a red cat [fog]");
    for (let i = 0; i < 12; i++) comparison = (await answerAndGoOn(judge, comparison.id, "left")).next;
    const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
    const images: unknown[] = [];
    for await (const row of preferenceSource(store).records())
      for (const i of [0, 1] as const)
        images.push([
          row[`model_${i}`],
          row[`seed_${i}`],
          row[`guidance_scale_${i}`],
          row[`steps_${i}`],
          row[`scheduler_${i}`],
          row[`negative_prompt_${i}`],
        ]);
    await store.close();
    expect(images).toContainEqual(["bare", null, null, null, null, null]);
    expect(images).toContainEqual(["telling", 42n, 6.5, 9, "euler", null]);
    expect(new Set(images.map(String)).size).toBe(2);
    const prices = await house.sql("select distinct model, price from images where state = 'ready' order by model");
    expect(prices).toEqual([
      { model: "bare", price: null },
      { model: "telling", price: 0.04 },
    ]);
  });

  test("each image and each pair is stored with the probability with which its models were drawn", async () => {
    backends = [backendOf([{ name: "often", weight: 3 }, { name: "seldom" }, { name: "out", weight: 0 }])];
    let { round, comparison } = await startRound(judge, "a blue dog");
    for (let i = 0; i < 6; i++) comparison = (await answerAndGoOn(judge, comparison.id, "left")).next;
    const drawn = await house.sql<{ model: string; p: number }>(
      "select distinct model, draw_probability p from images where round_id = $1",
      [round.id],
    );
    for (const { model, p } of drawn) expect(p).toBe(model === "often" ? 0.75 : 0.25);
    expect(drawn.map(({ model }) => model)).not.toContain("out");
    const pairs = await house.sql<{ kept: string | null; l: string; r: string; li: string; p: number }>(
      "select kept_image kept, left_model l, right_model r, left_image li, draw_probability p from comparisons where round_id = $1 order by number",
      [round.id],
    );
    expect(pairs).toHaveLength(7);
    const one = (model: string) => (model === "often" ? 0.75 : 0.25);
    for (const { kept, l, r, li, p } of pairs) {
      const both = one(l) * one(r) * (l === r ? 1 : 2);
      expect(p).toBeCloseTo(kept === null ? both : one(kept === li ? r : l), 12);
    }
    const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
    const inDataset: (number | null)[] = [];
    for await (const row of preferenceSource(store).records())
      if (row.caption === "a blue dog") inDataset.push(row.draw_probability);
    await store.close();
    expect(inDataset).toEqual(pairs.slice(0, 6).map(({ p }) => p));
  });

  test("a prompt of a template is asked for, and the dataset has the person's own", async () => {
    const asked: string[] = [];
    const templates = [{ name: "oil", prompt: "an oil painting of {prompt}", negativePrompt: "photo" }];
    backends = [
      backendOf([{ name: "styled", templates, hasNegativePrompt: true }], ({ prompt, negativePrompt }) => ({
        warnings: asked.splice(asked.length, 0, `${prompt} [${negativePrompt}]`),
      })),
    ];
    const { round } = await startRound(judge, "a green bird [fog]");
    expect(asked[0]).toBe("an oil painting of a green bird [photo, fog]");
    expect(round.prompt).toBe("a green bird");
  });

  test("a limit of the day ends one model; another takes its place, and when none is left the person is told before anything is asked", async () => {
    const asked = { small: 0, large: 0 };
    const count = ({ model }: GenerationRequest) => ({ generation: model === "small" ? asked.small++ : asked.large++ });
    const small: Partial<BackendModel> = { name: "small", perDay: { images: 2, reason: "2 images" } };
    backends = [backendOf([small, { name: "large", perDay: { images: 6, reason: "0.5, the price of 6 images" } }], count)];
    let { round, comparison } = await startRound(judge, "a limit");
    for (let i = 0; i < 8; i++) {
      const reply = await answer(judge, comparison.id, "left");
      await expect.poll(async () => ["ready", "failed"].includes((await roundOf(judge, reply.round.id)).state)).toBe(true);
      const now = await roundOf(judge, round.id);
      if (now.comparison === null) break;
      comparison = now.comparison;
    }
    const stopped = await roundOf(judge, round.id);
    expect(stopped.problem?.code).toBe("PICKAPIC_MODELS_SPENT");
    expect(asked).toEqual({ small: 2, large: 6 });
    const another = await until(judge, (await writePrompt(judge, "one more")).id, "failed");
    expect(another.problem?.message).toMatch(/no new pictures until 00:00 UTC/);
    expect(asked).toEqual({ small: 2, large: 6 });
    const told = ["small", "large"].map((name) =>
      expect.stringContaining(`Model "${name}" has made all that it may make today (`),
    );
    await expect.poll(async () => (await ready()).found.split("; ")).toEqual(["2 of 2 models have no trouble", ...told]);
  });

  test("a failure is told to the person without the model, and to the operator with it; the queue goes on", async () => {
    let works = false;
    let tries = 0;
    backends = [
      backendOf([{ name: "flux" }], () => {
        tries++;
        if (!works) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", "flux", 240);
        return {};
      }),
    ];
    const failed = await until(judge, (await writePrompt(judge, "a failure")).id, "failed");
    expect(failed.problem?.message).toMatch(/failed \(3 tries for an image: it did not answer in time\)/);
    expect(JSON.stringify(failed)).not.toContain("flux");
    await expect.poll(ready).toMatchObject({
      status: 503,
      found: expect.stringMatching(/^0 of 1 models.*Model "flux": its backend did not answer within 240 s.*in a row/),
    });
    works = true;
    await judge.send("POST", `/api/rounds/${failed.id}/retry`, {});
    await until(judge, failed.id, "ready");
    await expect.poll(ready).toMatchObject({ status: 200, found: "1 of 1 models have no trouble" });
    expect(tries).toBeGreaterThan(6);
  });

  test.each([
    ["does not answer in time", new GenerationError("PICKAPIC_BACKEND_TIMEOUT", "hung", 240), 1],
    ["refuses the prompt", new GenerationError("PICKAPIC_BACKEND_PROMPT", "hung", 400, "no"), 1],
    ["is broken", new GenerationError("PICKAPIC_BACKEND_FAILED", "hung", 500, "no"), 3],
  ])("another model takes the place of one that %s, and the person's round goes on", async (_, failure, tries) => {
    let tried = 0;
    backends = [
      backendOf([{ name: "hung", weight: 99 }, { name: "sound" }], ({ model }) => {
        if (model !== "hung") return {};
        tried++;
        throw failure;
      }),
    ];
    const { id } = await writePrompt(judge, "a model fails");
    expect(await until(judge, id, "ready")).toMatchObject({ problem: null });
    // Each of the images of the failed model, two or three as orders were written, was replaced by one that is not of it.
    const images = () => house.sql(`select model, state, attempts from images where round_id = '${id}' order by model, number`);
    await expect
      .poll(async () => (await images()).filter(({ state }) => state === "queued" || state === "generating"))
      .toEqual([]);
    const all = await images();
    expect(all.filter(({ model }) => model === "sound").length).toBeGreaterThanOrEqual(2);
    expect(all.filter(({ model }) => model === "hung")).toEqual(
      new Array(tried / tries).fill({ model: "hung", state: "failed", attempts: tries }),
    );
    expect(tried).toBeGreaterThan(0);
    await house.sql("delete from model_troubles");
  });

  test("when every model of a round has failed, the person is told, and a try draws all of them again", async () => {
    const tried: string[] = [];
    let works = false;
    backends = [
      backendOf([{ name: "hung", weight: 99 }, { name: "hung too" }], ({ model }) => {
        tried.push(model);
        if (!works) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", model, 240);
        return {};
      }),
    ];
    const failed = await until(judge, (await writePrompt(judge, "all models fail")).id, "failed");
    expect(failed.problem?.message).toMatch(/it did not answer in time/);
    expect(new Set(tried)).toEqual(new Set(["hung", "hung too"]));
    works = true;
    await house.sql("delete from model_troubles");
    await judge.send("POST", `/api/rounds/${failed.id}/retry`, {});
    await until(judge, failed.id, "ready");
  });

  test("a model that keeps failing is not drawn until it may have recovered, and probabilities are those of the draw", async () => {
    backends = [backendOf([{ name: "broken", weight: 99 }, { name: "sound" }])];
    const failing = "insert into model_troubles values ('broken', 'It is out of memory.', 5, now() - interval '40 s', now() - ";
    const drawn = async () => {
      const { id } = await writePrompt(judge, "who draws it");
      const images = `from images where round_id = '${id}' order by number limit 2`;
      return house.sql(`select model, round(draw_probability::numeric, 3)::float8 as p ${images}`);
    };
    await house.sql(`${failing} interval '20 s')`);
    expect(await drawn()).toEqual(new Array(2).fill({ model: "sound", p: 1 }));
    const found = expect.stringContaining("It is out of memory. (5 in a row; new images are of other models for a while)");
    await expect.poll(ready).toMatchObject({ found });
    // It had failed for 10 s, so it rests for the shortest time, 30 s.
    await house.sql("update model_troubles set last_at = now() - interval '31 s'");
    expect(await drawn()).toContainEqual({ model: "broken", p: 0.99 });
    // One that has failed for 100 s rests as long.
    await house.sql("update model_troubles set since = now() - interval '131 s'");
    expect(await drawn()).toEqual(new Array(2).fill({ model: "sound", p: 1 }));
    backends = [backendOf([{ name: "broken" }])];
    expect(await drawn()).toEqual(new Array(2).fill({ model: "broken", p: 1 }));
    await house.sql("delete from model_troubles");
  });

  test("troubles: that a backend is left alone is neither a failure nor a reason, and an old trouble does not count", async () => {
    const { db, close } = connect((await runningEmbedded(house.folder)) ?? "", { size: 1 }, () => undefined);
    const troubles = new Troubles(db);
    const noted = () =>
      house.sql("select reason, failures, since > now() - interval '1 min' as young from model_troubles where model = 'flux'");
    for (let i = 0; i < 5; i++) await troubles.note("flux", new GenerationError("PICKAPIC_BACKEND_TIMEOUT", "flux", 240));
    await troubles.note("flux", new GenerationError("PICKAPIC_BACKEND_RESTING", "flux", 5));
    const reason = expect.stringContaining("did not answer within 240 s");
    expect(await noted()).toEqual([{ reason, failures: 5, young: true }]);
    await house.sql("update model_troubles set since = now() - interval '3 h', last_at = now() - interval '2 h'");
    await troubles.note("flux", new GenerationError("PICKAPIC_BACKEND_TIMEOUT", "flux", 240));
    expect(await noted()).toEqual([{ reason, failures: 1, young: true }]);
    await troubles.clear("flux");
    expect(await noted()).toEqual([]);
    await close();
  });

  test("what no other try can mend is tried once", async () => {
    let tries = 0;
    backends = [
      backendOf([{ name: "refusing" }, { name: "fine", weight: 0 }], () => {
        tries++;
        throw new GenerationError("PICKAPIC_BACKEND_REFUSED", "refusing", 401, "bad key");
      }),
    ];
    const failed = await until(judge, (await writePrompt(judge, "a refusal")).id, "failed");
    expect(failed.problem?.message).toContain("1 try for an image: it refused the request");
    await expect.poll(() => tries).toBe(3);
  });

  test("a backend that hangs leaves a hand of the worker to the others", async () => {
    const hang = Promise.withResolvers<object>();
    const hanging = backendOf([{ name: "hanging" }], () => hang.promise);
    const rarely = (backend: Backend): Backend => ({
      ...backend,
      models: backend.models.map((model) => ({ ...model, weight: 1e-9 })),
    });
    const sound = backendOf([{ name: "sound" }]);
    backends = [hanging, rarely(sound)];
    const stuck = await writePrompt(await house.judge(), "stuck");
    const made = async () => house.sql("select count(*)::int as n from images where model = 'hanging' and state = 'generating'");
    await expect.poll(made).toEqual([{ n: 1 }]);
    backends = [rarely(hanging), sound];
    await until(judge, (await writePrompt(judge, "goes on")).id, "ready");
    expect((await made())[0]).toEqual({ n: 1 });
    expect((await judge.send("GET", "/api/ready")).status).toBe(200);
    hang.resolve({});
    await expect
      .poll(() => house.sql(`select count(*)::int as n from images where round_id = '${stuck.id}' and state = 'ready'`))
      .not.toEqual([{ n: 0 }]);
  });

  test("a prompt that a backend does not draw is told to its person, and the model goes on for the others", async () => {
    backends = [
      backendOf([{ name: "careful" }], ({ prompt }) => {
        if (prompt.includes("forbidden")) throw new GenerationError("PICKAPIC_BACKEND_PROMPT", "careful", 400, "not this");
        return {};
      }),
    ];
    for (let i = 0; i < 3; i++) {
      const failed = await until(judge, (await writePrompt(judge, `a forbidden thing ${i}`)).id, "failed");
      expect(failed.problem?.message).toContain("1 try for an image: it does not draw this prompt, but may draw another one");
    }
    expect(await house.sql("select model from model_troubles where model = 'careful'")).toEqual([]);
    expect((await startRound(judge, "a red cat")).comparison.id).toBeTruthy();
  });

  test("pictures made earlier: only their prompts, each picture once, and then a sentence", async () => {
    const of = (prompt: string) => (prompt === "a red cat" ? [0, 1, 2, 3] : prompt === "a lone dog" ? [4] : []);
    const shown: number[] = [];
    const pictures = { prompts: ["a red cat", "a lone dog"], of };
    backends = [
      backendOf([{ name: "old", pictures }], ({ picture = -1 }) => ({
        warnings: shown.splice(shown.length, 0, picture).map(String),
      })),
    ];
    expect((await meOf(judge)).prompts).toEqual(["a red cat"]);
    for (const prompt of ["a green bird", "a lone dog"]) {
      const refused = await judge.send("POST", "/api/rounds", { body: { prompt } });
      expect([refused.status, codeOf(refused)]).toEqual([400, "PICKAPIC_PROMPT_NOT_OFFERED"]);
      expect(messageOf(refused)).toContain("for 1 prompt,");
    }
    let { round, comparison } = await startRound(judge, "a red cat");
    comparison = (await answerAndGoOn(judge, comparison.id, "left")).next;
    comparison = (await answerAndGoOn(judge, comparison.id, "right")).next;
    const { round: last } = await answer(judge, comparison.id, "left");
    expect(last.problem?.code).toBe("PICKAPIC_PICTURES_SHOWN");
    expect(shown.sort()).toEqual([0, 1, 2, 3]);
    expect((await roundOf(judge, round.id)).answers).toBe(3);
  });
});
