/** @file Reading, locking and changing rounds, in the database. */
import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import { ServerError } from "../../src/errors.ts";
import { closeOpenPair, handOut, lockRound, newState, readState, setProblem, stateOf } from "../../src/rounds/queries.ts";
import { rowsOfFile } from "./rows.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

const { rows } = rowsOfFile("pickapic_round");
let person: Person;
let round: string;
beforeEach(async () => {
  await rows.sql("truncate rounds cascade");
  person = await rows.person();
  round = await rows.round(person);
});

const read = async (of = round) => {
  const state = await readState(rows.db, of);
  if (!state) throw new Error("there is no such round");
  return state;
};

describe("the state of a round", () => {
  test("that was just ordered is the one that newState tells", async () => {
    const told = newState({ id: round, user_id: person.id, prompt: "a cat", negative_prompt: "rain" });
    expect(await read()).toMatchObject({ ...told, wait: { ahead: 0, meanMs: null } });
    expect(told).toEqual({
      round: {
        id: round,
        user_id: person.id,
        prompt: "a cat",
        negative_prompt: "rain",
        comparison_id: null,
        problem_code: null,
        problem_message: null,
        version: 0,
        finished_at: null,
        best_of: null,
      },
      answers: 0,
      last: null,
      images: [],
      shown: null,
      warnings: [],
      wait: null,
    });
    expect(await readState(rows.db, UNKNOWN)).toBeUndefined();
  });

  test("has the images that no pair has shown and that may still be shown, oldest first", async () => {
    const [first, second] = [await rows.image(round), await rows.image(round, "generating", { fraction: 0.5 })];
    for (const state of ["failed", "expired", "cancelled"] as const) await rows.image(round, state);
    const third = await rows.image(round, "queued");
    await rows.pair(round);
    await rows.image(await rows.round(person));
    const { images } = await read();
    expect(images).toEqual([
      { id: first, number: expect.any(Number), state: "ready", fraction: 0, width: 64, height: 48 },
      { id: second, number: expect.any(Number), state: "generating", fraction: 0.5, width: null, height: null },
      { id: third, number: expect.any(Number), state: "queued", fraction: 0, width: null, height: null },
    ]);
  });

  test("has the open pair, the last answer that was not taken back, and the number of those that count", async () => {
    const answered = [await rows.pair(round), await rows.pair(round), await rows.pair(round)];
    const [first = "", second = "", third = ""] = answered;
    const ranking = await rows.answer(first, person, { choice: "tie" });
    expect(await read()).toMatchObject({ answers: 1, last: { ranking, choice: "tie", reported: false, stands: true } });
    const fast = await rows.answer(second, person, { choice: "right", too_fast: true });
    await rows.answer(third, person, { withdrawn_at: new Date() });
    const shown = await rows.shownPair(round);
    const [shownRow, lastRow] = [await rows.row("comparisons", shown), await rows.row("comparisons", second)];
    const size = { width: 64, height: 48 };
    expect(await read()).toMatchObject({
      answers: 1,
      shown: { id: shown, left: { id: shownRow.left_image, ...size }, right: { id: shownRow.right_image, ...size } },
      last: { ranking: fast, choice: "right", left: { id: lastRow.left_image, ...size }, right: { id: lastRow.right_image } },
    });
  });

  test("says of the last answer that it stands no more when its picture was reported or a pair was skipped since", async () => {
    const pair = await rows.pair(round);
    await rows.answer(pair, person, { created_at: new Date(Date.now() - 60_000) });
    const skipped = await rows.pair(round, { skipped_at: new Date(Date.now() - 90_000) });
    expect((await read()).last).toMatchObject({ reported: false, stands: true });
    await rows.sql("update comparisons set skipped_at = now() where id = $1", [skipped]);
    expect((await read()).last).toMatchObject({ reported: false, stands: false });
    await rows.sql("update comparisons set skipped_at = null where id = $1", [skipped]);
    const { left_image } = await rows.row("comparisons", pair);
    await rows.sql("insert into reports (image_id, user_id, reason) values ($1, $2, 'other')", [left_image, person.id]);
    expect((await read()).last).toMatchObject({ reported: true, stands: false });
  });

  test("has the warnings of ready pictures, each once, without those that name their model", async () => {
    const warnings = JSON.stringify(["No negative prompts.", "MODEL-A takes 4 steps."]);
    for (const state of ["ready", "ready", "queued"] as const) await rows.image(round, state, { warnings });
    await rows.image(round, "queued", { warnings: JSON.stringify(["Not ready."]) });
    expect((await read()).warnings).toEqual(["No negative prompts."]);
  });

  test("says how long the next picture may take, unless a pair is shown and another picture is ready", async () => {
    const other = await rows.round(person);
    for (const ms of [100, 300]) await rows.image(other, "ready", { generation_ms: ms });
    for (const turn of [1, 2]) await rows.image(other, "queued", { urgent: true, turn });
    await rows.image(round, "queued", { urgent: true, turn: 3 });
    expect((await read()).wait).toEqual({ ahead: 2, meanMs: 200 });
    await rows.shownPair(round);
    expect((await read()).wait).toMatchObject({ ahead: 2 });
    await rows.image(round);
    expect((await read()).wait).toBeNull();
  });

  test("is read before a change that the same statement makes", async () => {
    const change = sql`update rounds set problem_code = 'X' where id = ${round}`;
    expect((await readState(rows.db, round, change))?.round.problem_code).toBeNull();
    expect((await read()).round.problem_code).toBe("X");
  });
});

describe("a round that is sent to its person", () => {
  test("starts the time of its open pair, once, and that of no other", async () => {
    const [open, closed] = [await rows.shownPair(round, { shown_at: null }), await rows.pair(round, { shown_at: null })];
    const other = await rows.shownPair(await rows.round(person), { shown_at: null });
    await read();
    expect((await rows.row("comparisons", open)).shown_at).toBeNull();
    expect((await handOut(rows.db, round))?.shown?.id).toBe(open);
    const { shown_at } = await rows.row("comparisons", open);
    expect(Math.abs(Date.now() - (shown_at as Date).getTime())).toBeLessThan(60_000);
    expect(await rows.inTransaction((tx) => stateOf(tx, round))).toMatchObject({ round: { id: round }, shown: { id: open } });
    expect((await rows.row("comparisons", open)).shown_at).toEqual(shown_at);
    for (const pair of [closed, other]) expect((await rows.row("comparisons", pair)).shown_at).toBeNull();
  });

  test("is none when it does not exist; a lock that was taken before makes that a bug", async () => {
    expect(await handOut(rows.db, UNKNOWN)).toBeUndefined();
    await expect(rows.inTransaction((tx) => stateOf(tx, UNKNOWN))).rejects.toThrow(`round ${UNKNOWN} is locked and has no row`);
  });
});

test("a lock gives the row of one round, raises its version, and lets nobody else change it until the end", async () => {
  const other = await rows.round(person);
  await rows.inTransaction(async (tx) => {
    expect(await lockRound(tx, round)).toMatchObject({ id: round, user_id: person.id, version: 1, comparison_id: null });
    const skip = "select id from rounds for update skip locked";
    expect(await rows.sql(skip)).toEqual([{ id: other }]);
    expect(await lockRound(tx, UNKNOWN)).toBeUndefined();
  });
  expect([(await rows.row("rounds", round)).version, (await rows.row("rounds", other)).version]).toEqual([1, 0]);
});

test("a problem is stored with its sentence, in its round only", async () => {
  const other = await rows.round(person);
  const error = new ServerError("PICKAPIC_PAIR_EXPIRED", 9);
  await rows.inTransaction((tx) => setProblem(tx, round, error));
  expect(await rows.row("rounds", round)).toMatchObject({ problem_code: error.code, problem_message: error.message });
  expect(await rows.row("rounds", other)).toMatchObject({ problem_code: null, problem_message: null });
});

test("a pair that is closed without an answer was skipped now, and its round shows none", async () => {
  const other = await rows.round(person);
  const [pair, kept] = [await rows.shownPair(round), await rows.shownPair(other)];
  await rows.inTransaction(async (tx) => {
    await sql`select pg_sleep(0.02)`.execute(tx);
    await closeOpenPair(tx, round, pair);
    const since = sql<{
      later: boolean;
    }>`select skipped_at >= now() + interval '20 ms' as later from comparisons where id = ${pair}`;
    expect((await since.execute(tx)).rows).toEqual([{ later: true }]);
  });
  expect((await read()).round.comparison_id).toBeNull();
  expect((await rows.row("comparisons", kept)).skipped_at).toBeNull();
  expect((await read(other)).round.comparison_id).toBe(kept);
});
