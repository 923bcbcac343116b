/** @file Writing what was planned for a round, in the database. What is planned is tested in advance.test.ts. */
import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import { runTogether } from "../../src/database/tableExpressions.ts";
import { type Advance, advanceExpressions, advanceLocked, planAdvance } from "../../src/rounds/advance.ts";
import { type RoundState, readState } from "../../src/rounds/queries.ts";
import type { ServerSettings } from "../../src/settings.ts";
import { rowsOfFile, settingsOf } from "./rows.ts";

const { rows, told } = rowsOfFile("pickapic_image");
let person: Person;
let round: string;
beforeEach(async () => {
  await rows.sql("truncate model_troubles");
  person = await rows.person();
  round = await rows.round(person);
  await told();
});

const read = async (): Promise<RoundState> => {
  const state = await readState(rows.db, round);
  if (!state) throw new Error("there is no such round");
  return state;
};
const plan = async (given: Partial<ServerSettings> = {}) =>
  planAdvance(await read(), settingsOf({ imagesAhead: 1, ...given }), 0, {});
const write = (advance: Advance, more: { gate?: ReturnType<typeof sql>; handedOut: boolean }) =>
  runTogether(rows.db, advanceExpressions(advance, more), sql<{ id: string; user_id: string }>`select * from moved`);
const pairOf = async (id: string | undefined) => rows.row("comparisons", id ?? "00000000-0000-4000-8000-000000000000");
const queued = () =>
  rows.sql<{ urgent: boolean; state: string }>(
    "select urgent, state from images where round_id = $1 and state = 'queued' order by number",
    [round],
  );

describe("a planned change", () => {
  test("is written whole: the pair with its models and consent, the images that were ordered, and the round", async () => {
    const [a, b] = [
      await rows.image(round, "ready", { model: "model-a", draw_probability: 0.25 }),
      await rows.image(round, "ready", { model: "model-b", draw_probability: 0.5 }),
    ];
    await rows.sql("update rounds set problem_code = 'X', problem_message = 'x' where id = $1", [round]);
    const advance = await plan();
    expect(await write(advance, { handedOut: true })).toEqual([{ id: round, user_id: person.id }]);
    const { left_image, right_image, ...pair } = await pairOf(advance.pair?.id);
    expect(new Set([left_image, right_image])).toEqual(new Set([a, b]));
    const models = left_image === a ? ["model-a", "model-b"] : ["model-b", "model-a"];
    expect(pair).toMatchObject({
      round_id: round,
      kept_image: null,
      left_model: models[0],
      right_model: models[1],
      // Either order of the two models makes this pair.
      draw_probability: 0.25,
      consent_version: "v",
      shown_at: expect.any(Date),
      skipped_at: null,
    });
    expect(await rows.row("rounds", round)).toMatchObject({
      comparison_id: advance.pair?.id,
      version: 1,
      problem_code: null,
      problem_message: null,
    });
    expect(await queued()).toEqual([{ urgent: false, state: "queued" }]);
  });

  test("counts the order of two images of one model once", async () => {
    for (const _ of [1, 2]) await rows.image(round, "ready", { draw_probability: 0.5 });
    const advance = await plan();
    await write(advance, { handedOut: false });
    expect(await pairOf(advance.pair?.id)).toMatchObject({ draw_probability: 0.25, shown_at: null });
  });

  test.each(["left", "right"] as const)("keeps the %s image, and counts the draw of the new one only", async (choice) => {
    const [left_image, right_image] = [
      await rows.image(round, "ready", { draw_probability: 0.1 }),
      await rows.image(round, "ready", { draw_probability: 0.1 }),
    ];
    await rows.answer(await rows.pair(round, { left_image, right_image }), person, { choice });
    await rows.image(round, "ready", { model: "model-b", draw_probability: 0.75 });
    for (const random of [() => 0, () => 0.9]) {
      const advance = await plan({ random });
      await write(advance, { handedOut: true });
      expect(await pairOf(advance.pair?.id)).toMatchObject({
        kept_image: choice === "left" ? left_image : right_image,
        draw_probability: 0.75,
      });
      await rows.sql("delete from comparisons where id = $1", [advance.pair?.id]);
      await rows.sql("update rounds set comparison_id = null where id = $1", [round]);
    }
  });

  test("is not written at all when the round has changed since, or its further condition does not hold", async () => {
    for (const _ of [1, 2]) await rows.image(round);
    const advance = await plan();
    expect(await write(advance, { gate: sql`false`, handedOut: true })).toEqual([]);
    await rows.sql("update rounds set version = version + 1 where id = $1", [round]);
    expect(await write(advance, { handedOut: true })).toEqual([]);
    expect(await pairOf(advance.pair?.id)).toEqual({});
    expect(await queued()).toEqual([]);
    expect(await rows.row("rounds", round)).toMatchObject({ version: 1, comparison_id: null });
  });

  test("changes no other round", async () => {
    const other = await rows.round(person);
    const before = await rows.row("rounds", other);
    await write(await plan(), { handedOut: true });
    expect(await rows.row("rounds", other)).toEqual(before);
    expect((await queued()).length).toBe(3);
  });
});

describe("a round that is moved on under its lock", () => {
  const move = async (given: Partial<ServerSettings> = {}, more?: { handedOut: boolean }) => {
    const before = await read();
    return rows.inTransaction((tx) => advanceLocked(tx, before, settingsOf({ imagesAhead: 1, ...given }), more));
  };

  test("orders what the person waits for, of which the workers are told, and what comes after", async () => {
    const state = await move();
    expect(await queued()).toEqual([true, true, false].map((urgent) => ({ urgent, state: "queued" })));
    expect(state.images).toHaveLength(3);
    expect(await told()).toEqual([""]);
  });

  test("shows its pair, whose time begins unless another reply carries it; nobody waits for what it orders", async () => {
    for (const _ of [1, 2]) await rows.image(round);
    const state = await move();
    expect(state.shown?.id).toBe((await read()).shown?.id);
    expect(await pairOf(state.shown?.id)).toMatchObject({ shown_at: expect.any(Date) });
    expect(await told()).toEqual([]);
    await rows.sql("update rounds set comparison_id = null where id = $1", [round]);
    for (const _ of [1, 2]) await rows.image(round);
    expect(await pairOf((await move({}, { handedOut: false })).shown?.id)).toMatchObject({ shown_at: null });
  });

  test("orders nothing of a model that rests, and nothing above the images of a week", async () => {
    const rest = "insert into model_troubles (model, reason, failures, since, last_at) values ($1, 'r', 9, now(), now())";
    for (const model of ["model-a", "model-b"]) await rows.sql(rest, [model]);
    await move();
    const models = await rows.sql("select distinct model from images where round_id = $1", [round]);
    expect(models).toEqual([{ model: "model-c" }]);
    round = await rows.round(person);
    const state = await move({ userWeeklyLimit: 3 });
    expect(state.round.problem_code).toBe("PICKAPIC_WEEKLY_SHARE");
    expect(await queued()).toEqual([]);
    expect(await rows.row("rounds", round)).toMatchObject({ problem_code: "PICKAPIC_WEEKLY_SHARE" });
  });

  test("makes prepared images urgent when the person waits for them", async () => {
    for (const _ of [1, 2, 3]) await rows.image(round, "queued", { urgent: false });
    await move();
    expect((await queued()).map(({ urgent }) => urgent)).toEqual([true, true, false]);
    expect(await told()).toEqual([""]);
  });
});
