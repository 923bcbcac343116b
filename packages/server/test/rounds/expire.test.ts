/** @file Which pictures and rounds a night deletes, in the database. */
import pg from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import { expireRounds, forgetRounds } from "../../src/rounds/expire.ts";
import { rowsOfFile } from "./rows.ts";

const DAYS = 30;
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000);
/** A picture that is older than the limit. */
const OLD = { created_at: daysAgo(31), ready_at: daysAgo(31) };
const LONG_AGO = { created_at: daysAgo(31) };

const { rows, told } = rowsOfFile("pickapic_round");
let person: Person;
let round: string;
beforeEach(async () => {
  await rows.sql("truncate rounds, loose_files cascade");
  person = await rows.person();
  round = await rows.round(person);
  await told();
});

const imagesOf = (of: string) =>
  rows.sql<{ id: string; state: string; content_hash: string | null }>(
    "select id, state, content_hash from images where round_id = $1 order by number",
    [of],
  );
const statesOf = async (of: string) => (await imagesOf(of)).map(({ state }) => state);
const looseFiles = async () =>
  (await rows.sql<{ content_hash: string }>("select content_hash from loose_files order by 1")).map(
    ({ content_hash }) => content_hash,
  );

/** An old pair of two old pictures. */
async function oldPair(of: string, columns: object = {}): Promise<string> {
  const [left_image, right_image] = [await rows.image(of, "ready", OLD), await rows.image(of, "ready", OLD)];
  return rows.pair(of, { ...LONG_AGO, left_image, right_image, ...columns });
}

describe("a round in which nothing happened for so many days", () => {
  test("loses its pictures without an answer, closes its pair and says so, which its pages are told", async () => {
    const pair = await oldPair(round);
    await rows.sql("update rounds set comparison_id = $1 where id = $2", [pair, round]);
    await rows.image(round, "failed", { created_at: daysAgo(31) });
    const hashes = (await imagesOf(round)).map(({ content_hash }) => content_hash).filter((hash) => hash !== null);
    await expireRounds(rows.db, DAYS);
    expect((await imagesOf(round)).map(({ state, content_hash }) => [state, content_hash])).toEqual([
      ["expired", null],
      ["expired", null],
      ["failed", null],
    ]);
    expect(await looseFiles()).toEqual(hashes.sort());
    expect(await rows.row("rounds", round)).toMatchObject({
      comparison_id: null,
      problem_code: "PICKAPIC_PAIR_EXPIRED",
      problem_message: expect.stringContaining("30 days"),
    });
    expect(await told()).toEqual([round]);
  });

  test("keeps the pictures of a pair with an answer, unless the answer was taken back", async () => {
    const [answered, withdrawn] = [await oldPair(round), await oldPair(round)];
    await rows.answer(answered, person, LONG_AGO);
    await rows.answer(withdrawn, person, { ...LONG_AGO, withdrawn_at: daysAgo(31) });
    await expireRounds(rows.db, DAYS);
    expect(await statesOf(round)).toEqual(["ready", "ready", "expired", "expired"]);
    await told();
    await expireRounds(rows.db, DAYS);
    expect(await told()).toEqual([]);
  });

  test("is another one than those of which a picture, a pair or an answer is newer", async () => {
    const kept = [await rows.round(person), await rows.round(person), await rows.round(person), await rows.round(person)];
    const [picture = "", pair = "", answer = "", undo = ""] = kept;
    for (const each of [round, picture, pair]) await rows.image(each, "ready", OLD);
    await rows.image(picture, "queued");
    await rows.image(picture, "ready", { ...OLD, ready_at: daysAgo(29) });
    await oldPair(pair, { created_at: daysAgo(29) });
    await rows.answer(await oldPair(answer), person, { created_at: daysAgo(29) });
    await rows.image(answer, "ready", OLD);
    await rows.answer(await oldPair(undo), person, { ...LONG_AGO, withdrawn_at: daysAgo(29) });
    await expireRounds(rows.db, DAYS);
    for (const each of kept) expect(new Set(await statesOf(each))).not.toContain("expired");
    expect(await statesOf(round)).toEqual(["expired"]);
    expect(await told()).toEqual([round]);
  });

  test("keeps its reason when it was finished, and loses its pictures all the same", async () => {
    const finished = await rows.round(person, {
      finished_at: daysAgo(31),
      problem_code: "PICKAPIC_ROUND_FINISHED",
      problem_message: "x",
    });
    await rows.image(finished, "ready", OLD);
    await expireRounds(rows.db, DAYS);
    expect(await statesOf(finished)).toEqual(["expired"]);
    expect(await rows.row("rounds", finished)).toMatchObject({ problem_code: "PICKAPIC_ROUND_FINISHED" });
    expect(await told()).toEqual([]);
  });

  test.each([
    [
      "to which the person comes back stays",
      "insert into images (id, round_id, backend, model) values (gen_random_uuid(), $1, 'b', 'm')",
      ["ready", "queued"],
    ],
    ["that was deleted is none", "delete from rounds where id = $1", []],
  ])("is looked at once more under its lock: one %s", async (_what, change, states) => {
    await rows.image(round, "ready", OLD);
    const person = new pg.Client({ connectionString: rows.url });
    await person.connect();
    await person.query("begin");
    await person.query(change, [round]);
    await person.query("select 1 from rounds where id = $1 for update", [round]);
    const night = expireRounds(rows.db, DAYS);
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'update \"?rounds'";
    await expect.poll(async () => (await rows.sql(waiting)).length, { timeout: 30_000, interval: 5 }).toBe(1);
    await person.query("commit");
    await night;
    await person.end();
    expect(await statesOf(round)).toEqual(states);
    expect((await rows.row("rounds", round)).problem_code ?? null).toBeNull();
    expect(await told()).toEqual([]);
  });

  test("names each of its files once, anew where it was loose before", async () => {
    await rows.sql("insert into loose_files (content_hash, since) values ('twice', now() - interval '9 days')");
    for (let i = 0; i < 2; i++) await rows.image(round, "ready", { ...OLD, content_hash: "twice" });
    await expireRounds(rows.db, DAYS);
    expect(await looseFiles()).toEqual(["twice"]);
    expect(await rows.sql("select 1 from loose_files where since > now() - interval '1 day'")).toHaveLength(1);
  });
});

test("a round older than a year is forgotten when it has neither an answer nor a picture", async () => {
  const old = { created_at: daysAgo(366) };
  const [empty, answered, withdrawn, pictured] = [
    await rows.round(person, old),
    await rows.round(person, old),
    await rows.round(person, old),
    await rows.round(person, old),
  ];
  const young = await rows.round(person, { created_at: daysAgo(364) });
  for (const each of [empty, young, withdrawn])
    for (const state of ["failed", "expired", "cancelled"] as const) await rows.image(each, state);
  const pairOf = async (of: string) =>
    rows.pair(of, { left_image: await rows.image(of, "expired"), right_image: await rows.image(of, "expired") });
  await rows.answer(await pairOf(answered), person);
  await rows.answer(await pairOf(withdrawn), person, { withdrawn_at: new Date() });
  await rows.image(pictured);
  await forgetRounds(rows.db);
  const left = (await rows.sql<{ id: string }>("select id from rounds")).map(({ id }) => id);
  expect(left.sort()).toEqual([round, answered, pictured, young].sort());
});
