import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Comparison, History, Leaderboard, Round, Statistics } from "../src/api.ts";
import { lookOf } from "../src/comparisons/answer.ts";
import { countLeftOut, openStore, preferenceSource } from "../src/store/index.ts";
import {
  adminToken,
  codeOf,
  type House,
  meOf,
  messageOf,
  must,
  openHouse,
  PATIENT,
  type Reply,
  roundOf,
  startRound,
  stranger,
  until,
  type Visitor,
} from "./house.ts";

/** An hour: no test takes so long, so what is answered at once is always too fast, however busy the machine is. */
const FASTEST_MS = 3_600_000;
/** Longer than that. */
const LOOK_MS = 2 * FASTEST_MS;

let house: House;
beforeAll(async () => {
  house = await openHouse({ fastestAnswerMs: FASTEST_MS, cacheMs: 0 });
});
afterAll(() => house.close());

interface Claim {
  elapsedMs: number;
  simulated?: object;
}

function send(visitor: Visitor, comparison: string, claim: Claim, headers: Record<string, string> = {}): Promise<Reply> {
  return visitor.send("POST", `/api/comparisons/${comparison}/answer`, { body: { choice: "left", ...claim }, headers });
}

/** Sets the clock of a pair as if it had been handed out so many ms ago. */
async function handedOut(comparison: string, msAgo: number): Promise<void> {
  const back = "update comparisons set shown_at = shown_at - $2 * interval '1 ms' where id = $1 returning id";
  expect(await house.sql(back, [comparison, msAgo])).toHaveLength(1);
}

interface Stored {
  too_fast: boolean;
  answer_ms: number;
}

async function storedFor(comparison: string): Promise<Stored | undefined> {
  const query = "select too_fast, answer_ms from rankings where comparison_id = $1 and withdrawn_at is null";
  return (await house.sql<Stored>(query, [comparison]))[0];
}

async function shownAt(comparison: string): Promise<Date | null | undefined> {
  return (await house.sql<{ shown_at: Date | null }>("select shown_at from comparisons where id = $1", [comparison]))[0]
    ?.shown_at;
}

describe("the time of an answer", () => {
  test.each([
    ["what the page measured", 400, 5_000, { ms: 400, tooFast: false }],
    ["what passed since the pair was handed out, when the page claims more", 60_000, 100.7, { ms: 100, tooFast: true }],
    ["what the page measured, however long ago the pair was handed out", 299, 5_000, { ms: 299, tooFast: true }],
    ["the shortest that counts", 300, 300, { ms: 300, tooFast: false }],
    ["nothing, when the pair was never handed out", 60_000, null, { ms: 0, tooFast: true }],
    ["what the page measured, when the clock was set back since", 2_000, -1, { ms: 2_000, tooFast: false }],
    ["at most some 25 days", 2 ** 40, 2 ** 50, { ms: 2 ** 31 - 1, tooFast: false }],
  ])("is %s", (_what, elapsedMs, shownMs, look) => {
    expect(lookOf({ choice: "left", elapsedMs }, shownMs, 300)).toEqual(look);
  });

  test("of a simulated person is taken as it is", () => {
    const answer = { choice: "left", elapsedMs: 3_000, simulated: { seed: 1 } } as const;
    expect(lookOf(answer, 5, 300)).toEqual({ ms: 3_000, tooFast: false });
  });
});

describe("the clock of a pair", () => {
  test("starts when it is handed out for the first time, not when it is made, and goes on when it is read again", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const first = await shownAt(comparison.id);
    await roundOf(judge, round.id);
    expect(await shownAt(comparison.id)).toEqual(first);
    await house.sql("update comparisons set shown_at = null, created_at = now() - interval '1 hour' where id = $1", [
      comparison.id,
    ]);
    await roundOf(judge, round.id);
    const [{ s } = { s: 0 }] = await house.sql<{ s: number }>(
      "select extract(epoch from now() - shown_at)::float8 s from comparisons where id = $1",
      [comparison.id],
    );
    expect(s).toBeLessThan(600);
  });

  test("of a pair that a worker puts together stands still until somebody asks for it", async () => {
    const judge = await house.judge();
    const { id } = (await must(judge.send("POST", "/api/rounds", { body: { prompt: "a cat" } }))).body as { id: string };
    const open = () => house.sql<{ shown_at: Date | null }>("select shown_at from comparisons where round_id = $1", [id]);
    await expect.poll(async () => (await open()).length, PATIENT).toBe(1);
    expect(await open()).toEqual([{ shown_at: null }]);
    await roundOf(judge, id);
    expect((await open())[0]?.shown_at).toBeInstanceOf(Date);
  });

  test("of a prepared pair starts with the reply that carries it", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    await expect.poll(async () => (await roundOf(judge, round.id)).upcoming.length, PATIENT).toBe(2);
    await handedOut(comparison.id, LOOK_MS + 1_000);
    const reply = (await must(send(judge, comparison.id, { elapsedMs: LOOK_MS }))).body as { round: { comparison: Comparison } };
    const next = Comparison.parse(reply.round.comparison);
    expect(await shownAt(next.id)).toBeInstanceOf(Date);
    await must(send(judge, next.id, { elapsedMs: LOOK_MS }));
    expect(await storedFor(comparison.id)).toEqual({ too_fast: false, answer_ms: LOOK_MS });
    expect(await storedFor(next.id)).toMatchObject({ too_fast: true });
  });
});

describe("an answer that is faster than a person can see", () => {
  test("is kept and shown in the history, the round goes on, and it counts in nothing", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge, "seventeen unmistakable giraffes");
    const board = () =>
      stranger(house.url)
        .send("GET", "/api/leaderboard")
        .then(({ body }) => Leaderboard.parse(body));
    const figures = () =>
      stranger(house.url)
        .send("GET", "/api/statistics")
        .then(({ body }) => Statistics.parse(body));
    await figures();
    const before = await Promise.all([figures(), board()]);
    const reply = (await must(send(judge, comparison.id, { elapsedMs: LOOK_MS }))).body;
    expect(reply).toMatchObject({ karma: 0, round: { answers: 0, lastRanking: (reply as { ranking: number }).ranking } });
    const next = Comparison.parse((await until(judge, round.id, "ready")).comparison);
    expect([next.left.url, next.right.url]).toContain(comparison.left.url);
    expect(History.parse((await judge.send("GET", "/api/history")).body).items).toMatchObject([{ tooFast: true }]);
    const after = await Promise.all([figures(), board()]);
    expect(after.map(({ rankings }) => rankings)).toEqual(before.map(({ rankings }) => rankings));
    expect(after[0].topWords.map(({ word }) => word)).not.toContain("giraffes");

    const store = await openStore(house.folder);
    const exported: string[] = [];
    for await (const { caption } of preferenceSource(store).records()) exported.push(caption);
    const leftOut = await countLeftOut(store);
    await store.close();
    expect(exported).not.toContain("seventeen unmistakable giraffes");
    const [fast] = await house.sql<{ n: number }>("select count(*) n from rankings where too_fast and withdrawn_at is null");
    expect(leftOut.tooFast).toBe(fast?.n);

    await handedOut(next.id, LOOK_MS);
    expect((await must(send(judge, next.id, { elapsedMs: FASTEST_MS }))).body).toMatchObject({ karma: 1, round: { answers: 1 } });
    const counted = await Promise.all([figures(), board()]);
    expect(counted[0].rankings).toBe(before[0].rankings + 1);
  });

  test("can be taken back, which takes no karma", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const { ranking } = (await must(send(judge, comparison.id, { elapsedMs: 0 }))).body as { ranking: number };
    await must(judge.send("DELETE", `/api/rankings/${ranking}`));
    expect((await meOf(judge)).user?.karma).toBe(0);
    await handedOut(comparison.id, LOOK_MS);
    expect((await must(send(judge, comparison.id, { elapsedMs: LOOK_MS }))).body).toMatchObject({ karma: 1 });
  });
});

describe("an answer of a simulated person", () => {
  const simulated = { seed: 1 };

  test.each([
    ["no token", {}],
    ["a wrong token", { authorization: "Bearer wrong" }],
    ["an empty token", { authorization: "Bearer " }],
    ["a token of another kind", { authorization: "Basic d3Jvbmc6d3Jvbmc=" }],
  ])("is refused with %s, and the pair stays open", async (_what, headers) => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const refused = await send(judge, comparison.id, { elapsedMs: 3_000, simulated }, headers as Record<string, string>);
    expect([refused.status, codeOf(refused)]).toEqual([403, "PICKAPIC_SIMULATED_REFUSED"]);
    expect(messageOf(refused)).toContain("admin-token");
    expect((await roundOf(judge, round.id)).comparison?.id).toBe(comparison.id);
  });

  test("counts at once with the operator's token, whatever time it claims", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    // The scheme is written in small or capital letters (RFC 9110, 11.1).
    const headers = { authorization: `bearer ${await adminToken(house.folder)}` };
    const reply = await must(send(judge, comparison.id, { elapsedMs: 3_000, simulated }, headers));
    expect(reply.body).toMatchObject({ karma: 1 });
    expect(await storedFor(comparison.id)).toEqual({ too_fast: false, answer_ms: 3_000 });
  });
});

describe("the names of generators", () => {
  const history = async (visitor: Visitor) => History.parse((await must(visitor.send("GET", "/api/history"))).body).items;
  const modelsOf = async (visitor: Visitor) => (await history(visitor)).flatMap(({ left, right }) => [left.model, right.model]);
  const finish = (visitor: Visitor, round: string) => visitor.send("POST", `/api/rounds/${round}/finish`);
  const post = (visitor: Visitor, path: string) => must(visitor.send("POST", path));

  /** Answers a pair after a decent look, and waits for the next one. */
  async function judgePair(visitor: Visitor, comparison: string): Promise<{ ranking: number; next: Comparison; round: string }> {
    await handedOut(comparison, LOOK_MS);
    const { ranking, round } = (await must(send(visitor, comparison, { elapsedMs: LOOK_MS }))).body as {
      ranking: number;
      round: { id: string };
    };
    const next = Comparison.parse((await until(visitor, round.id, "ready")).comparison);
    return { ranking, next, round: round.id };
  }

  /** Answers every pair that is open and stops the round. An image that was begun before may still become a pair: then this is no stop yet. */
  async function answeredAndStopped(visitor: Visitor, id: string): Promise<string | undefined> {
    for (let round = await roundOf(visitor, id); round.comparison; round = await roundOf(visitor, id)) {
      await must(send(visitor, round.comparison.id, { elapsedMs: LOOK_MS }));
    }
    await post(visitor, `/api/rounds/${id}/cancel`);
    return (await roundOf(visitor, id)).problem?.code;
  }

  test("are in no reply before the round is finished, however often it was answered, skipped, stopped, taken back or left alone", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const first = await judgePair(judge, comparison.id);
    const second = await judgePair(judge, first.next.id);
    expect(await modelsOf(judge)).toEqual([null, null, null, null]);
    await post(judge, `/api/comparisons/${second.next.id}/skip`);
    const { comparison: third } = await until(judge, round.id, "ready");
    expect(await modelsOf(judge)).toEqual([null, null, null, null]);
    await house.sql("update comparisons set created_at = now() - interval '20 days', shown_at = now() - interval '20 days'");
    expect(await modelsOf(judge)).toEqual([null, null, null, null]);
    // Answered, and stopped while the next pair is being made: another try would open one.
    const held: (() => void)[] = [];
    house.backend.before = () => new Promise((done) => held.push(done));
    await must(send(judge, third!.id, { elapsedMs: LOOK_MS }));
    try {
      await expect.poll(() => answeredAndStopped(judge, round.id), { timeout: 20_000 }).toBe("PICKAPIC_ROUND_CANCELLED");
      expect(new Set(await modelsOf(judge))).toEqual(new Set([null]));
    } finally {
      house.backend.before = async () => undefined;
      for (const release of held) release();
    }
    const [last] = await history(judge);
    await must(judge.send("DELETE", `/api/rankings/${last?.ranking}`));
    expect(new Set(await modelsOf(judge))).toEqual(new Set([null]));
  });

  test("are all told when the round is finished, and then nothing of it can be judged, taken back, made or opened again", async () => {
    const judge = await house.judge();
    const other = await startRound(judge);
    await judgePair(judge, other.comparison.id);
    const { round, comparison } = await startRound(judge);
    const first = await judgePair(judge, comparison.id);
    const second = await judgePair(judge, first.next.id);
    const finished = Round.parse((await must(finish(judge, round.id))).body);
    expect(finished).toMatchObject({ state: "failed", comparison: null, upcoming: [], lastRanking: null, answers: 2 });
    expect(finished.problem?.code).toBe("PICKAPIC_ROUND_FINISHED");

    const items = await history(judge);
    const named = items.filter(({ left, right }) => left.model !== null && right.model !== null);
    expect(named.map((item) => item.round)).toEqual([round.id, round.id]);
    expect(items.filter((item) => item.round === other.round.id).flatMap(({ left, right }) => [left, right])).toEqual(
      [0, 1].map(() => expect.objectContaining({ model: null, seed: null, guidanceScale: null })),
    );

    const tried: [string, string, string][] = [
      ["DELETE", `/api/rankings/${second.ranking}`, "PICKAPIC_UNDO_REVEALED"],
      ["DELETE", `/api/rankings/${first.ranking}`, "PICKAPIC_UNDO_NOT_LAST"],
      ["POST", `/api/comparisons/${second.next.id}/skip`, "PICKAPIC_ROUND_FINISHED"],
      ["POST", `/api/rounds/${round.id}/retry`, "PICKAPIC_ROUND_FINISHED"],
    ];
    for (const [method, path, code] of tried) {
      const refused = await judge.send(method, path);
      expect([path, refused.status, codeOf(refused)]).toEqual([path, 409, code]);
    }
    const late = await send(judge, second.next.id, { elapsedMs: LOOK_MS });
    expect([late.status, codeOf(late)]).toEqual([409, "PICKAPIC_ROUND_FINISHED"]);
    expect(codeOf(await send(judge, comparison.id, { elapsedMs: LOOK_MS }))).toBe("PICKAPIC_ALREADY_ANSWERED");
    for (const path of ["cancel", "finish"]) {
      const again = Round.parse((await post(judge, `/api/rounds/${round.id}/${path}`)).body);
      expect([again.state, again.problem?.code, again.comparison]).toEqual(["failed", "PICKAPIC_ROUND_FINISHED", null]);
    }
    const left = "select 1 from images where round_id = $1 and state in ('queued', 'generating')";
    expect(await house.sql(left, [round.id])).toEqual([]);
  });

  test("are told to a person who withdrew, of one's own rounds only", async () => {
    const [judge, other] = [await house.judge(), await house.judge()];
    const { round, comparison } = await startRound(judge);
    await judgePair(judge, comparison.id);
    for (const id of [round.id, "nonsense"]) {
      const foreign = await finish(other, id);
      expect([foreign.status, codeOf(foreign)]).toEqual([404, "PICKAPIC_ROUND_UNKNOWN"]);
    }
    await must(judge.send("DELETE", "/api/consent"));
    await must(finish(judge, round.id));
    expect(await modelsOf(judge)).toEqual([expect.any(String), expect.any(String)]);
  });
});
