/** @file Notifications about rounds, over a real connection. */
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runTogether } from "../../src/database/tableExpressions.ts";
import { listenForChanges, notifyExpression, notifyRound, type RoundChanges } from "../../src/rounds/changes.ts";
import { PATIENT } from "../house.ts";
import { rowsOfFile } from "./rows.ts";

const { rows } = rowsOfFile("pickapic_round");
let changes: RoundChanges;
let errors: unknown[];
beforeEach(async () => {
  errors = [];
  changes = await listenForChanges(rows.url, (error) => errors.push(error));
});
afterEach(() => changes.close());

/** What a listener of a round is told. */
function follow(round: string): { news: string[]; leave: () => void } {
  const news: string[] = [];
  return { news, leave: changes.on(round, (each) => news.push(each)) };
}

/** Waits until everything that was told before has come. */
async function settled(): Promise<void> {
  const last = follow("the last of all");
  await notifyRound(rows.db, "the last of all");
  await expect.poll(() => last.news.length, { ...PATIENT, interval: 2 }).toBe(1);
  last.leave();
}

test("a change of a round is told to those who listen for this round, as news of its state unless it is only progress", async () => {
  const [one, again, other] = [follow("one"), follow("one"), follow("other")];
  await notifyRound(rows.db, "one");
  await notifyRound(rows.db, "one", "progress");
  await notifyRound(rows.db, "one", "state");
  await settled();
  expect([one.news, again.news, other.news]).toEqual([["state", "progress", "state"], ["state", "progress", "state"], []]);
  one.leave();
  await notifyRound(rows.db, "one");
  await settled();
  expect([one.news.length, again.news.length]).toEqual([3, 4]);
  expect(changes.isSilent()).toBe(false);
});

test("a change is told when its transaction commits, and never when it is rolled back", async () => {
  const one = follow("one");
  await rows.inTransaction(async (tx) => {
    await notifyRound(tx, "one");
    await settled();
    expect(one.news).toEqual([]);
  });
  await settled();
  expect(one.news).toEqual(["state"]);
  const undone = rows.inTransaction(async (tx) => {
    await notifyRound(tx, "one");
    throw new Error("no");
  });
  await expect(undone).rejects.toThrow("no");
  await settled();
  expect(one.news).toEqual(["state"]);
});

test("a statement tells of a round only if it has made something", async () => {
  const one = follow("one");
  const make = (count: number, news: "state" | "progress") =>
    runTogether(
      rows.db,
      [{ name: "made", sql: sql`select generate_series(1, ${count}::int)` }, notifyExpression("one", news)],
      sql`select 1`,
    );
  await make(0, "state");
  await settled();
  expect(one.news).toEqual([]);
  await make(1, "state");
  await make(1, "progress");
  await settled();
  expect(one.news).toEqual(["state", "progress"]);
});

test("after the connection broke, everyone is told, because a change may have been missed", async () => {
  const [one, other] = [follow("one"), follow("other")];
  const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pickapic session'";
  expect(await rows.sql(end)).toHaveLength(1);
  await expect.poll(() => [one.news, other.news], { ...PATIENT, interval: 10 }).toEqual([["state"], ["state"]]);
  expect(errors.length).toBeGreaterThan(0);
  await settled();
  await notifyRound(rows.db, "one", "progress");
  await settled();
  expect([one.news, other.news]).toEqual([["state", "progress"], ["state"]]);
});

test("nothing is told after the end, and the database has no connection left", async () => {
  await changes.close();
  const open = "select 1 from pg_stat_activity where application_name = 'pickapic session'";
  await expect.poll(() => rows.sql(open), PATIENT).toEqual([]);
});
