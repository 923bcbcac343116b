/** @file Storing an answer, skipping a pair and taking an answer back, in the database. What a browser sees of it is tested in comparisons.test.ts. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import { answerComparison, closedBy, lockRoundOf, withdrawRanking } from "../../src/comparisons/answer.ts";
import { skipComparison } from "../../src/comparisons/skip.ts";
import type { ServerSettings } from "../../src/settings.ts";
import { rowsOfFile, settingsOf } from "../rounds/rows.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

const { rows, told } = rowsOfFile("pickapic_image");
let person: Person;
let round: string;
beforeEach(async () => {
  person = await rows.person();
  round = await rows.round(person);
  await told();
});

const code = (of: string) => ({ code: `PICKAPIC_${of}` });
const look = { choice: "left", elapsedMs: 700 } as const;
const answer = (comparisonId: string, more: object = {}, given: Partial<ServerSettings> = {}) =>
  answerComparison(rows.db, { comparisonId, person, answer: look, key: null, ...more }, settingsOf({ imagesAhead: 1, ...given }));
const karma = async () =>
  (await rows.sql<{ karma: number }>("select karma from people where user_id = $1", [person.id])).map((each) => each.karma);
const rankingsOf = (pair: string) => rows.sql<{ id: number }>("select id from rankings where comparison_id = $1", [pair]);

describe("an answer", () => {
  test("is stored with what was shown and how long, thanked, and shows the next pair with the image that stays", async () => {
    const pair = await rows.shownPair(round, { shown_at: new Date(Date.now() - 60_000) });
    const fresh = await rows.image(round);
    const reply = await answer(pair, { answer: { ...look, simulated: { seed: 1 } } });
    expect(await rows.row("rankings", reply.ranking)).toMatchObject({
      comparison_id: pair,
      user_id: person.id,
      choice: "left",
      answer_ms: 700,
      too_fast: false,
      consent_version: "v",
      simulated: { seed: 1 },
      withdrawn_at: null,
    });
    const { left_image } = await rows.row("comparisons", pair);
    const next = reply.round.comparison;
    expect([next?.left.url, next?.right.url].sort()).toEqual([fresh, left_image].map((id) => `/api/images/${id}`).sort());
    expect(await rows.row("comparisons", next?.id ?? "")).toMatchObject({ kept_image: left_image, shown_at: expect.any(Date) });
    expect([reply.karma, reply.round.answers, reply.round.lastRanking]).toEqual([6, 1, reply.ranking]);
    expect(await karma()).toEqual([6]);
  });

  test("tells the workers when the person has to wait for the next pair, and not when it is there", async () => {
    const prepared = await rows.shownPair(round);
    await rows.image(round);
    const { round: shown } = await answer(prepared);
    expect(shown.state).toBe("ready");
    expect(await told()).toEqual([]);
    const { round: waiting } = await answer(shown.comparison?.id ?? "", { answer: { ...look, choice: "tie" } });
    expect(waiting).toMatchObject({ state: "generating", comparison: null });
    await expect.poll(() => told(), { timeout: 30_000 }).toEqual([""]);
  });

  test("that is faster than a person can see is stored, and neither counted nor thanked", async () => {
    const pair = await rows.shownPair(round, { shown_at: new Date(Date.now() - 60_000) });
    const fast = await answer(pair, {}, { fastestAnswerMs: 701 });
    expect([fast.karma, fast.round.answers, await karma()]).toEqual([5, 0, [5]]);
    expect(await rows.row("rankings", fast.ranking)).toMatchObject({ too_fast: true, answer_ms: 700 });
  });

  test("under a key is given once: the first reply comes again, and another request with the key is refused", async () => {
    const pair = await rows.shownPair(round);
    await rows.image(round);
    const key = { userId: person.id, key: "a-key-of-mine", hash: "h" };
    const first = await answer(pair, { key });
    expect(await answer(pair, { key })).toEqual(first);
    expect(await rankingsOf(pair)).toHaveLength(1);
    await expect(answer(pair, { key: { ...key, hash: "another" } })).rejects.toMatchObject(code("KEY_REUSED"));
    await expect(answer(pair)).rejects.toMatchObject(code("ALREADY_ANSWERED"));
  });

  test("to a pair of another person, or to one that is not there, is refused as unknown", async () => {
    const pair = await rows.shownPair(await rows.round(await rows.person()));
    for (const id of [pair, UNKNOWN]) await expect(answer(id)).rejects.toMatchObject(code("COMPARISON_UNKNOWN"));
    expect(await rankingsOf(pair)).toEqual([]);
  });
});

describe("a pair takes no answer", () => {
  const why = async (pair: string) => (await closedBy(rows.db, pair, settingsOf({ unansweredDays: 9 }))).message;
  const whyOf = async (pair: string) => (await closedBy(rows.db, pair, settingsOf())).code.slice("PICKAPIC_".length);

  test("because it is not there, was answered or skipped, or because its round is finished", async () => {
    expect(await whyOf(UNKNOWN)).toBe("COMPARISON_UNKNOWN");
    const pair = await rows.pair(round);
    expect(await whyOf(pair)).toBe("ALREADY_ANSWERED");
    await rows.sql("update comparisons set skipped_at = now() where id = $1", [pair]);
    expect(await whyOf(pair)).toBe("PAIR_SKIPPED");
    await rows.sql("update rounds set finished_at = now() where id = $1", [round]);
    expect(await whyOf(pair)).toBe("ROUND_FINISHED");
    await rows.sql("update comparisons set skipped_at = null where id = $1", [pair]);
    expect(await whyOf(pair)).toBe("ALREADY_ANSWERED");
  });

  test.each(["left_image", "right_image"])("because its picture expired: %s", async (side) => {
    const pair = await rows.pair(round, { [side]: await rows.image(round, "expired") });
    expect(await whyOf(pair)).toBe("PAIR_EXPIRED");
    expect(await why(pair)).toContain("9 days");
  });
});

describe("a pair that is skipped", () => {
  const skip = (pair: string) => rows.inTransaction((tx) => skipComparison(tx, pair, person, settingsOf({ imagesAhead: 1 })));

  test("is closed without an answer, two new images make the next one, and a second time changes nothing", async () => {
    const pair = await rows.shownPair(round);
    const fresh = [await rows.image(round), await rows.image(round)];
    const state = await skip(pair);
    expect(await rows.row("comparisons", pair)).toMatchObject({ skipped_at: expect.any(Date) });
    expect([state.shown?.left.id, state.shown?.right.id].sort()).toEqual(fresh.sort());
    const before = await rows.row("comparisons", state.shown?.id ?? "");
    expect((await skip(pair)).shown?.id).toBe(before.id);
    expect(await rows.row("comparisons", String(before.id))).toEqual(before);
    expect(await rankingsOf(pair)).toEqual([]);
  });

  test("is refused when it was answered, or is not the person's", async () => {
    const answered = await rows.pair(round);
    await rows.answer(answered, person);
    await expect(skip(answered)).rejects.toMatchObject(code("ALREADY_ANSWERED"));
    const foreign = await rows.shownPair(await rows.round(await rows.person()));
    for (const id of [foreign, UNKNOWN]) await expect(skip(id)).rejects.toMatchObject(code("COMPARISON_UNKNOWN"));
    expect(await rows.row("comparisons", foreign)).toMatchObject({ skipped_at: null });
    const locked = await rows.inTransaction((tx) => lockRoundOf(tx, answered, person.id));
    expect(locked).toMatchObject({ id: round, user_id: person.id });
  });
});

describe("an answer that is taken back", () => {
  const undo = (ranking: number, of = person) => rows.inTransaction((tx) => withdrawRanking(tx, ranking, of));

  test("opens its pair again, takes the karma back, and deletes the pair that was open", async () => {
    const pair = await rows.pair(round);
    const ranking = await rows.answer(pair, person);
    const open = await rows.shownPair(round);
    await rows.sql("update rounds set problem_code = 'X', problem_message = 'x' where id = $1", [round]);
    const state = await undo(ranking);
    expect(state).toMatchObject({
      shown: { id: pair },
      answers: 0,
      round: { id: round, problem_code: null, problem_message: null },
    });
    expect(await rows.row("rankings", ranking)).toMatchObject({ withdrawn_at: expect.any(Date) });
    expect([await karma(), await rows.row("comparisons", open)]).toEqual([[4], {}]);
    expect((await undo(ranking)).shown?.id).toBe(pair);
    expect(await karma()).toEqual([4]);
  });

  test("takes no karma when it was too fast to be thanked, and needs no open pair", async () => {
    const pair = await rows.pair(round);
    const ranking = await rows.answer(pair, person, { too_fast: true });
    expect((await undo(ranking)).shown?.id).toBe(pair);
    expect(await karma()).toEqual([5]);
  });

  test("is the last one of its round that stands, of a round that is not finished, and one's own", async () => {
    const [older, newer] = [await rows.answer(await rows.pair(round), person), await rows.answer(await rows.pair(round), person)];
    await expect(undo(older)).rejects.toMatchObject(code("UNDO_NOT_LAST"));
    await expect(undo(newer, await rows.person())).rejects.toMatchObject(code("RANKING_UNKNOWN"));
    await expect(undo(2 ** 40)).rejects.toMatchObject(code("RANKING_UNKNOWN"));
    await undo(newer);
    await undo(older);
    const other = await rows.round(person, { finished_at: new Date() });
    const last = await rows.answer(await rows.pair(other), person);
    await expect(undo(last)).rejects.toMatchObject(code("UNDO_REVEALED"));
    expect(await rows.row("rankings", last)).toMatchObject({ withdrawn_at: null });
    expect(await karma()).toEqual([3]);
  });
});
