import { GENERATION_PROMPT_LIMIT } from "@pickapic/generation";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROMPT_MAX_CHARACTERS, Round } from "../src/api.ts";
import { imagesMissing, imagesNeeded, isStuck, nextPair } from "../src/rounds/plan.ts";
import {
  answer,
  answerAndGoOn,
  codeOf,
  type House,
  meOf,
  messageOf,
  must,
  openHouse,
  PATIENT,
  roundOf,
  startRound,
  until,
  type Visitor,
  writePrompt,
} from "./house.ts";

describe("the next pair", () => {
  const ids = fc.uniqueArray(fc.uuid(), { minLength: 0, maxLength: 5 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("keeps the preferred image, and replaces the other by the first new one", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.constantFrom("left", "right"), ids, chance, (left, right, preferred, images, r) => {
        const pair = nextPair([{ left, right, choice: preferred }], images, () => r);
        if (images.length === 0) {
          expect(pair).toBeNull();
          return;
        }
        const kept = preferred === "left" ? left : right;
        expect(pair?.kept).toBe(kept);
        expect(new Set([pair?.left, pair?.right])).toEqual(new Set([kept, images[0]]));
      }),
    );
  });

  test("begins a round with two new images, and waits while there is only one", () => {
    fc.assert(
      fc.property(ids, chance, (images, r) => {
        const pair = nextPair([], images, () => r);
        if (images.length < 2) {
          expect(pair).toBeNull();
          return;
        }
        expect(pair?.kept).toBeNull();
        expect(new Set([pair?.left, pair?.right])).toEqual(new Set(images.slice(0, 2)));
      }),
    );
  });

  test("looks at the last answer only", () => {
    const old = { left: "a", right: "b", choice: "left" } as const;
    expect(nextPair([old, { left: "c", right: "d", choice: "right" }], ["e"], () => 0)).toEqual({
      left: "d",
      right: "e",
      kept: "d",
    });
  });

  test("puts the kept image left and right equally often, and keeps either one after a tie", () => {
    let state = 1;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const pairs = Array.from({ length: 4000 }, () => nextPair([{ left: "l", right: "r", choice: "tie" }], ["n"], random));
    const share = (is: (pair: (typeof pairs)[number]) => boolean) => pairs.filter(is).length / pairs.length;
    expect(share((pair) => pair?.kept === pair?.left)).toBeCloseTo(0.5, 1);
    expect(share((pair) => pair?.kept === "l")).toBeCloseTo(0.5, 1);
    expect(share((pair) => pair?.kept === "l" && pair.left === "l")).toBeCloseTo(0.25, 1);
  });

  test("two images are needed at first, then one, and none while somebody looks; `ahead` more are prepared", () => {
    expect(imagesNeeded({ open: false, stays: false, ready: 0, coming: 0 })).toBe(2);
    expect(imagesMissing({ open: false, stays: false, ready: 0, coming: 0 }, 2)).toBe(4);
    expect(imagesMissing({ open: true, stays: true, ready: 1, coming: 0 }, 2)).toBe(1);
    expect(imagesMissing({ open: false, stays: true, ready: 0, coming: 1 }, 1)).toBe(1);
    expect(isStuck({ open: false, stays: true, ready: 0, coming: 0 })).toBe(true);
    expect(isStuck({ open: false, stays: false, ready: 1, coming: 1 })).toBe(false);
  });
});

describe("a round", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ imagesAhead: 1 });
  });
  afterAll(() => house.close());

  test("goes from a prompt to two images, and each image has its own seed, guidance and model", async () => {
    const judge = await house.judge();
    const before = house.backend.requests.length;
    const { round, comparison } = await startRound(judge, "a blue boat [rain, fog]");
    expect(round).toMatchObject({ prompt: "a blue boat", negativePrompt: "rain, fog", state: "ready", answers: 0 });
    expect(comparison.left.url).not.toBe(comparison.right.url);
    for (let i = 0, { id } = comparison; i < 12; i++) id = (await answerAndGoOn(judge, id, "left")).next.id;
    const requests = house.backend.requests.slice(before);
    expect(new Set(requests.map(({ seed }) => seed)).size).toBe(requests.length);
    expect(new Set(requests.map(({ model }) => model)).size).toBeGreaterThan(1);
    expect(requests.every(({ guidanceScale }) => guidanceScale >= 3 && guidanceScale < 12)).toBe(true);
    expect(requests.every(({ prompt, negativePrompt }) => prompt === "a blue boat" && negativePrompt === "rain, fog")).toBe(true);
  });

  test("prepares the next image while the person looks: the reply to an answer has the next pair", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    await expect.poll(() => readyImages(round.id), PATIENT).toBe(3);
    const reply = await answer(judge, comparison.id, "right");
    expect(reply.round.state).toBe("ready");
    expect(reply.round.comparison?.id).not.toBe(comparison.id);
    await expect.poll(() => readyImages(round.id), PATIENT).toBe(4);
  });

  function readyImages(round: string): Promise<number> {
    return house
      .sql<{ n: number }>("select count(*) n from images where round_id = $1 and state = 'ready'", [round])
      .then((rows) => rows[0]?.n ?? 0);
  }

  test("says nothing about the generators before the answer", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const image = await must(judge.send("GET", comparison.left.url));
    const seen = [JSON.stringify(round), JSON.stringify([...image.headers]), String(image.body)].join(" ");
    for (const word of ["model-a", "model-b", "model-c", "fake", "guidance", "seed", "Artist"]) expect(seen).not.toContain(word);
  });

  test.each([
    ["empty", ""],
    ["blank", " \n\t "],
    ["of 10,000 characters", "x".repeat(10_000)],
    ["of 10,000 emoji", "🦊".repeat(10_000)],
    ["with control characters", "a cat\u0000\u001b[2J"],
    ["of only a negative prompt", "[ugly]"],
    ["with commands for the backend", "a cat <lora:x:1>"],
  ])("refuses a prompt %s in one sentence, and queues nothing", async (_name, prompt) => {
    const judge = await house.judge();
    const before = await house.sql<{ n: number }>("select (select count(*) from rounds) + (select count(*) from images) n");
    const reply = await judge.send("POST", "/api/rounds", { body: { prompt } });
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toMatch(/^PICKAPIC_PROMPT_/);
    expect(messageOf(reply)).toMatch(/^[A-Z].*[.]$/);
    expect(await house.sql("select (select count(*) from rounds) + (select count(*) from images) n")).toEqual(before);
  });

  test("the contract names the same prompt limit as the generation package", () => {
    expect(PROMPT_MAX_CHARACTERS).toBe(GENERATION_PROMPT_LIMIT);
  });

  test("of somebody else does not exist", async () => {
    const { id } = await writePrompt(await house.judge());
    const other = await house.judge();
    for (const path of [
      `/api/rounds/${id}`,
      `/api/rounds/${id}/events`,
      "/api/rounds/nonsense",
      "/api/rounds/00000000-0000-4000-8000-000000000000",
    ]) {
      const reply = await other.send("GET", path);
      expect([reply.status, codeOf(reply)]).toEqual([404, "PICKAPIC_ROUND_UNKNOWN"]);
    }
  });

  test("is created once for one idempotency key, also when both requests come at once", async () => {
    const judge = await house.judge();
    const headers = { "idempotency-key": "11111111-2222-4333-8444-555555555555" };
    const call = { body: { prompt: "two owls" }, headers };
    const [one, two] = await Promise.all([
      must(judge.send("POST", "/api/rounds", call)),
      must(judge.send("POST", "/api/rounds", call)),
    ]);
    expect(two.body).toEqual(one.body);
    const other = await judge.send("POST", "/api/rounds", { body: { prompt: "three owls" }, headers });
    expect([other.status, codeOf(other)]).toEqual([409, "PICKAPIC_KEY_REUSED"]);
  });

  test("streams its progress as events, up to the comparison", async () => {
    const judge = await house.judge();
    let open = () => {};
    const gate = new Promise<void>((done) => {
      open = done;
    });
    house.backend.before = () => gate;
    const { id } = await writePrompt(judge);
    const response = await fetch(`${house.url}/api/rounds/${id}/events`, { headers: { cookie: judge.cookie() } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const rounds: Round[] = [];
    for await (const round of eventsOf(response)) {
      rounds.push(round);
      open();
      if (round.state === "ready") break;
    }
    house.backend.before = async () => undefined;
    expect(rounds[0]).toMatchObject({ id, state: "generating", comparison: null, progress: { done: 0, total: 2, fraction: 0 } });
    expect(rounds.at(-1)?.comparison).not.toBeNull();
  });

  test("tries a failing generator again, and the person notices nothing", async () => {
    const judge = await house.judge();
    const failed = new Set<number>();
    house.backend.before = async ({ seed }) => {
      if (failed.has(seed)) return;
      failed.add(seed);
      throw new Error("out of memory");
    };
    const { round } = await startRound(judge);
    house.backend.before = async () => undefined;
    expect(round.problem).toBeNull();
    expect(failed.size).toBeGreaterThanOrEqual(2);
  });

  test("says so when the generator fails for good, leaks no slot, and goes on after another try", async () => {
    const judge = await house.judge();
    house.backend.before = async () => {
      throw new Error("secret-host:7860 refused");
    };
    const { id } = await writePrompt(judge);
    const round = await until(judge, id, "failed");
    expect(round.problem?.code).toBe("PICKAPIC_GENERATION_FAILED");
    expect(round.problem?.message).toMatch(/try again/);
    expect(JSON.stringify(round)).not.toContain("secret-host");
    await expect.poll(() => house.sql("select 1 from images where state = 'generating'"), PATIENT).toEqual([]);
    house.backend.before = async () => undefined;
    expect(Round.parse((await must(judge.send("POST", `/api/rounds/${id}/retry`))).body).state).toBe("generating");
    expect((await until(judge, id, "ready")).problem).toBeNull();
    const again = await judge.send("POST", `/api/rounds/${id}/retry`);
    expect([again.status, codeOf(again)]).toEqual([409, "PICKAPIC_ROUND_NOT_FAILED"]);
  });

  test("a picture that is no picture counts as a failure", async () => {
    const judge = await house.judge();
    const { generate } = house.backend;
    house.backend.generate = async () => ({
      bytes: new Uint8Array([1, 2, 3]),
      mediaType: "image/png",
      width: 1,
      height: 1,
      warnings: [],
    });
    const { id } = await writePrompt(judge);
    await until(judge, id, "failed");
    house.backend.generate = generate;
  });

  test("is refused to one who has too many images waiting, and to all when the queue is four times full", async () => {
    const small = await openHouse({ runWorker: false, imagesAhead: 1, userQueueLimit: 6, queueLimit: 2 });
    const ask = async (judge: Visitor) => judge.send("POST", "/api/rounds", { body: { prompt: "a cat" } });
    const [one, two, three] = [await small.judge(), await small.judge(), await small.judge()];
    expect([(await ask(one)).status, (await ask(one)).status]).toEqual([201, 201]);
    const own = await ask(one);
    expect([own.status, codeOf(own)]).toEqual([429, "PICKAPIC_QUEUE_SHARE"]);
    expect((await ask(two)).status).toBe(201);
    const full = await ask(three);
    expect([full.status, codeOf(full)]).toEqual([503, "PICKAPIC_QUEUE_FULL"]);
    await small.close();
  });

  test("stands still, and says why, for one who has had a week's share of images; what was prepared is shown before", async () => {
    const small = await openHouse({ imagesAhead: 1, userWeeklyLimit: 4 });
    const judge = await small.judge();
    const { id } = await writePrompt(judge);
    const images = () => small.sql("select 1 from images where state = 'ready'");
    for (let answers = 0; answers < 2; answers++) {
      const { comparison } = await until(judge, id, "ready");
      await expect.poll(async () => (await images()).length, PATIENT).toBe(3 + answers);
      await answer(judge, comparison!.id, "left");
    }
    const { comparison } = await until(judge, id, "ready");
    const { round } = await answer(judge, comparison!.id, "left");
    expect([round.state, round.answers, round.problem?.code]).toEqual(["failed", 3, "PICKAPIC_WEEKLY_SHARE"]);
    const again = Round.parse((await must(judge.send("POST", `/api/rounds/${id}/retry`))).body);
    expect(again.problem?.code).toBe("PICKAPIC_WEEKLY_SHARE");
    const refused = await judge.send("POST", "/api/rounds", { body: { prompt: "a cat" } });
    expect([refused.status, codeOf(refused)]).toEqual([429, "PICKAPIC_WEEKLY_SHARE"]);
    await startRound(await small.judge());
    await small.sql("update daily_orders set day = day - 7");
    expect((await must(judge.send("POST", `/api/rounds/${id}/retry`))).status).toBe(200);
    await until(judge, id, "ready");
    await small.close();
  });

  test("is streamed to at most 20 pages of one person at once, and again when one of them is closed", async () => {
    const judge = await house.judge();
    const { id } = (await startRound(judge)).round;
    const follow = async () => {
      const closing = new AbortController();
      const headers = { cookie: judge.cookie() };
      const { status } = await fetch(`${house.url}/api/rounds/${id}/events`, { headers, signal: closing.signal });
      return { status, close: () => closing.abort() };
    };
    const open = await Promise.all(Array.from({ length: 20 }, follow));
    expect(open.map(({ status }) => status)).toEqual(new Array(20).fill(200));
    const refused = await judge.send("GET", `/api/rounds/${id}/events`);
    expect([refused.status, codeOf(refused)]).toEqual([429, "PICKAPIC_STREAMS_SHARE"]);
    open[0]?.close();
    await expect.poll(async () => (await follow()).status, PATIENT).toBe(200);
    for (const { close } of open) close();
  });

  test("whose user withdrew the consent meanwhile leaves no trouble behind", async () => {
    const judge = await house.judge();
    const { id } = await writePrompt(judge);
    await must(judge.send("DELETE", "/api/consent"));
    const made = () => house.sql("select 1 from images where round_id = $1 and state = 'ready'", [id]);
    await expect.poll(made, PATIENT).toHaveLength(3);
    await must(judge.send("POST", "/api/consent", { body: { version: (await meOf(judge)).consent.version } }));
    const { comparison } = await until(judge, id, "ready");
    await answer(judge, comparison!.id, "left");
  });

  test("tells the place in the queue", async () => {
    const judge = await house.judge();
    // Images that an earlier test has ordered would take the worker's hands.
    const unmade = () => house.sql("select 1 from images where state in ('queued', 'generating')");
    await expect.poll(unmade, PATIENT).toEqual([]);
    let open = () => {};
    const gate = new Promise<void>((done) => {
      open = done;
    });
    house.backend.before = () => gate;
    const first = await writePrompt(judge);
    const second = await writePrompt(judge, "a prompt that comes later");
    const third = await writePrompt(judge, "a prompt that comes last");
    await expect.poll(() => house.sql("select 1 from images where state = 'generating'"), PATIENT).toHaveLength(2);
    const { progress } = await roundOf(judge, third.id);
    house.backend.before = async () => undefined;
    open();
    // The pair of the second prompt; images that are only prepared come after all pairs.
    expect(progress.queuePosition).toBe(2);
    await Promise.all([first, second, third].map(({ id }) => until(judge, id, "ready")));
  });
});

async function* eventsOf(response: Response): AsyncGenerator<Round> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) yield Round.parse(JSON.parse(event.slice(6)));
  }
}
