import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AnswerReply, History, Round } from "../src/api.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import {
  answer,
  answerAndGoOn,
  codeOf,
  type House,
  idOf,
  meOf,
  messageOf,
  must,
  openHouse,
  PATIENT,
  roundOf,
  send,
  startRound,
  stranger,
  until,
  type Visitor,
} from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

/** Whoever wants the round waits, in the order of asking, until the function is called. */
async function holdRound(id: string): Promise<() => Promise<void>> {
  const client = new pg.Client((await runningEmbedded(house.folder)) ?? "");
  await client.connect();
  await client.query("begin");
  await client.query("select 1 from rounds where id = $1 for update", [id]);
  return () => client.end();
}

/** How many requests wait for it; a worker that has made an image of the round may wait, too. */
async function waiting(): Promise<number> {
  const wait = `select 1 from pg_stat_activity
    where application_name = 'pickapic' and wait_event_type = 'Lock' and query ~ 'update "?rounds'`;
  return (await house.sql(wait)).length;
}

async function history(visitor: Visitor): Promise<History["items"]> {
  return History.parse((await must(visitor.send("GET", "/api/history"))).body).items;
}

describe("an answer", () => {
  test("to a pair that an undo removes at the same moment is refused as unknown, not as one that waited too long", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    const held = await holdRound(round.id);
    const undo = judge.send("DELETE", `/api/rankings/${reply.ranking}`);
    await expect.poll(waiting, PATIENT).toBe(1);
    const late = send(judge, next.id, "left");
    await expect.poll(waiting, PATIENT).toBe(2);
    await held();
    expect((await undo).status).toBe(200);
    expect([(await late).status, codeOf(await late)]).toEqual([404, "PICKAPIC_COMPARISON_UNKNOWN"]);
  });

  test("is stored before it is thanked, keeps the preferred image and replaces the other", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    await house.sql("update comparisons set shown_at = now() - interval '1 minute' where id = $1", [comparison.id]);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    const columns = "choice, answer_ms, comparison_id, too_fast, simulated, consent_version";
    const stored = await house.sql(`select ${columns} from rankings where id = $1`, [reply.ranking]);
    const { version } = (await meOf(judge)).consent;
    expect(stored).toEqual([
      {
        choice: "left",
        answer_ms: 1234,
        comparison_id: comparison.id,
        too_fast: false,
        simulated: null,
        consent_version: version,
      },
    ]);
    expect(reply.karma).toBe(1);
    expect([next.left.url, next.right.url]).toContain(comparison.left.url);
    expect([next.left.url, next.right.url]).not.toContain(comparison.right.url);
  });

  test("that finds no difference keeps one of the two, and never shows an image that was rejected again", async () => {
    const judge = await house.judge();
    let { comparison } = await startRound(judge);
    const rejected = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const shown = [comparison.left.url, comparison.right.url];
      expect(shown.some((url) => rejected.has(url))).toBe(false);
      comparison = (await answerAndGoOn(judge, comparison.id, "tie")).next;
      const kept = [comparison.left.url, comparison.right.url].filter((url) => shown.includes(url));
      expect(kept).toHaveLength(1);
      for (const url of shown) if (!kept.includes(url)) rejected.add(url);
    }
  });

  test("is bound to what was shown: images, slots, the kept one, models and consent come from the comparison", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const { next } = await answerAndGoOn(judge, comparison.id, "right");
    const [row] = await house.sql("select * from comparisons where id = $1", [next.id]);
    const models = await house.sql<{ id: string; model: string }>("select id, model from images");
    const modelOf = (url: string) => models.find(({ id }) => id === idOf(url))?.model;
    expect(row).toMatchObject({
      left_image: idOf(next.left.url),
      right_image: idOf(next.right.url),
      kept_image: idOf(comparison.right.url),
      left_model: modelOf(next.left.url),
      right_model: modelOf(next.right.url),
      consent_version: (await meOf(judge)).consent.version,
    });
  });

  test("sent again with the same key gets the same reply, also at the same moment, and counts once", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const key = randomUUID();
    const replies = await Promise.all([1, 2, 3].map(() => send(judge, comparison.id, "left", key)));
    const later = await send(judge, comparison.id, "left", key);
    for (const reply of [...replies, later]) expect([reply.status, reply.body]).toEqual([200, replies[0]?.body]);
    expect((await meOf(judge)).user?.karma).toBe(1);
    expect(await history(judge)).toHaveLength(1);
  });

  test("given twice with different keys counts once, also at the same moment", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const replies = await Promise.all(["left", "right", "tie"].map((choice) => send(judge, comparison.id, choice)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const late = await send(judge, comparison.id, "left");
    expect([late.status, codeOf(late)]).toEqual([409, "PICKAPIC_ALREADY_ANSWERED"]);
    expect((await meOf(judge)).user?.karma).toBe(1);
  });

  test("given again while the images of the next pair are still being made is a second one", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const held = Promise.withResolvers<void>();
    house.backend.before = () => held.promise;
    try {
      let last = comparison.id;
      for (let next: Round["comparison"] = comparison; next !== null; next = (await answer(judge, last, "left")).round.comparison)
        last = next.id;
      const late = await send(judge, last, "right");
      expect([late.status, codeOf(late)]).toEqual([409, "PICKAPIC_ALREADY_ANSWERED"]);
    } finally {
      house.backend.before = async () => undefined;
      held.resolve();
    }
  });

  test("to somebody else's comparison, or to an unknown one, is refused alike", async () => {
    const { comparison } = await startRound(await house.judge());
    const other = await house.judge();
    for (const id of [comparison.id, UNKNOWN, "1", "'; drop table rankings"]) {
      const reply = await send(other, encodeURIComponent(id), "left");
      expect([reply.status, codeOf(reply)]).toEqual([404, "PICKAPIC_COMPARISON_UNKNOWN"]);
    }
  });

  test.each([
    [{ choice: "both", elapsedMs: 5 }, "PICKAPIC_CHOICE_UNKNOWN", '"both"'],
    [{ elapsedMs: 5 }, "PICKAPIC_CHOICE_UNKNOWN", "got nothing"],
    [{ choice: "left", elapsedMs: -1 }, "PICKAPIC_BODY_INVALID", "elapsedMs"],
    [{ choice: "left", elapsedMs: 1.5 }, "PICKAPIC_BODY_INVALID", "elapsedMs"],
    [{ choice: "left", elapsedMs: "soon" }, "PICKAPIC_BODY_INVALID", "elapsedMs"],
    [{ choice: "left", elapsedMs: 5, simulated: "a robot" }, "PICKAPIC_BODY_INVALID", "simulated"],
    [{ choice: "left", elapsedMs: 5, simulated: { taste: "x".repeat(41) } }, "PICKAPIC_BODY_INVALID", '"simulated.taste"'],
    [{ choice: "left", elapsedMs: 5, simulated: { "\u0000": 1 } }, "PICKAPIC_BODY_INVALID", "simulated"],
    [{ choice: "left", elapsedMs: 5, simulated: { taste: "\ud800" } }, "PICKAPIC_BODY_INVALID", '"simulated.taste"'],
    [
      { choice: "left", elapsedMs: 5, simulated: Object.fromEntries([...Array(21).keys()].map((i) => [i, i])) },
      "PICKAPIC_BODY_INVALID",
      "at most 20 entries",
    ],
    [undefined, "PICKAPIC_BODY_INVALID", "body"],
    ["{broken", "PICKAPIC_BODY_NOT_JSON", "JSON"],
  ])("with the body %j is refused in one sentence and leaves the comparison open", async (body, code, part) => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const reply = await judge.send("POST", `/api/comparisons/${comparison.id}/answer`, { body });
    expect([reply.status, codeOf(reply)]).toEqual([400, code]);
    expect(messageOf(reply)).toContain(part);
    expect(JSON.stringify(reply.body)).not.toMatch(/at .*\.ts:\d+/);
    expect((await roundOf(judge, round.id)).comparison?.id).toBe(comparison.id);
  });

  test("of a simulated person described in thousands of levels is refused like any other", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const body = `{"choice":"left","elapsedMs":5,"simulated":{"a":${"[".repeat(9_000)}${"]".repeat(9_000)}}}`;
    const reply = await judge.send("POST", `/api/comparisons/${comparison.id}/answer`, { body });
    expect([reply.status, codeOf(reply)]).toEqual([400, "PICKAPIC_BODY_INVALID"]);
    expect(messageOf(reply)).toContain("at most 20 levels");
  });

  test("that took a month is kept", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const body = { choice: "left", elapsedMs: 31 * 24 * 3600 * 1000 };
    await must(judge.send("POST", `/api/comparisons/${comparison.id}/answer`, { body }));
  });

  test("with a bad idempotency key, or with one of another request, is refused", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const bad = await send(judge, comparison.id, "left", "short");
    expect([bad.status, codeOf(bad)]).toEqual([400, "PICKAPIC_KEY_INVALID"]);
    const key = randomUUID();
    await must(send(judge, comparison.id, "left", key));
    const reused = await send(judge, comparison.id, "right", key);
    expect([reused.status, codeOf(reused)]).toEqual([409, "PICKAPIC_KEY_REUSED"]);
  });

  test("needs a session and consent", async () => {
    const { comparison } = await startRound(await house.judge());
    const nobody = await send(stranger(house.url), comparison.id, "left");
    expect([nobody.status, codeOf(nobody)]).toEqual([401, "PICKAPIC_SIGN_IN_REQUIRED"]);
    const undecided = await send(await house.visitor(), comparison.id, "left");
    expect([undecided.status, codeOf(undecided)]).toEqual([403, "PICKAPIC_CONSENT_REQUIRED"]);
  });

  test("of a banned user is refused", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    await house.sql("update people set banned_at = now() where user_id = $1", [(await meOf(judge)).user?.id]);
    const reply = await send(judge, comparison.id, "left");
    expect([reply.status, codeOf(reply)]).toEqual([403, "PICKAPIC_BANNED"]);
  });

  test("that is larger than the body limit is refused", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const reply = await judge.send("POST", `/api/comparisons/${comparison.id}/answer`, {
      body: { choice: "left", elapsedMs: 1, simulated: { padding: "x".repeat(100_000) } },
    });
    expect([reply.status, codeOf(reply)]).toEqual([413, "PICKAPIC_BODY_TOO_LARGE"]);
  });
});

describe("taking an answer back", () => {
  function undo(visitor: Visitor, ranking: number | string) {
    return visitor.send("DELETE", `/api/rankings/${ranking}`);
  }

  test("opens the comparison again, gives the karma back and forgets the answer", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    const round = Round.parse((await must(undo(judge, reply.ranking))).body);
    expect(round).toMatchObject({ state: "ready", answers: 0, comparison });
    expect((await meOf(judge)).user?.karma).toBe(0);
    expect(await history(judge)).toEqual([]);
    const gone = await send(judge, next.id, "left");
    expect([gone.status, codeOf(gone)]).toEqual([404, "PICKAPIC_COMPARISON_UNKNOWN"]);
  });

  test("twice changes nothing more, and another answer may follow", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const { reply } = await answerAndGoOn(judge, comparison.id, "left");
    await must(undo(judge, reply.ranking));
    await must(undo(judge, reply.ranking));
    const second = await answer(judge, comparison.id, "right");
    expect([second.karma, second.round.answers]).toEqual([1, 1]);
    expect((await history(judge)).map(({ choice }) => choice)).toEqual(["right"]);
    const [{ n } = { n: 0 }] = await house.sql<{ n: number }>(
      "select count(*) n from rankings where withdrawn_at is null and comparison_id = $1",
      [comparison.id],
    );
    expect(n).toBe(1);
  });

  test("works only for the last answer of a round, and only for one's own", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const first = await answerAndGoOn(judge, comparison.id, "left");
    const second = await answerAndGoOn(judge, first.next.id, "left");
    const old = await undo(judge, first.reply.ranking);
    expect([old.status, codeOf(old)]).toEqual([409, "PICKAPIC_UNDO_NOT_LAST"]);
    for (const ranking of [second.reply.ranking, 999_999_999, "x", 1.5]) {
      const foreign = await undo(await house.judge(), ranking);
      expect([foreign.status, codeOf(foreign)]).toEqual([404, "PICKAPIC_RANKING_UNKNOWN"]);
    }
    await must(undo(judge, second.reply.ranking));
    await must(undo(judge, first.reply.ranking));
    expect((await meOf(judge)).user?.karma).toBe(0);
  });

  test("and answering go on together: karma is always the number of answers that count", async () => {
    const judge = await house.judge();
    let { round, comparison } = await startRound(judge);
    for (let i = 0; i < 5; i++) {
      const reply = AnswerReply.parse((await must(send(judge, comparison.id, "tie"))).body);
      if (i % 2 === 1) await Promise.all([undo(judge, reply.ranking), undo(judge, reply.ranking), undo(judge, reply.ranking)]);
      round = await until(judge, round.id, "ready");
      comparison = round.comparison!;
    }
    expect((await meOf(judge)).user?.karma).toBe((await history(judge)).length);
    expect(round.answers).toBe(3);
  });
});
