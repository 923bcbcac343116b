/** @file Stopping a round that waits, and finishing one for good, in the database. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import { cancelRound, dropImages } from "../../src/rounds/cancel.ts";
import { finishRound } from "../../src/rounds/finish.ts";
import { rowsOfFile } from "./rows.ts";

const { rows, told } = rowsOfFile("pickapic_round");
let person: Person;
let round: string;
beforeEach(async () => {
  person = await rows.person();
  round = await rows.round(person);
  await told();
});

const statesOf = async (of: string) =>
  (await rows.sql<{ state: string }>("select state from images where round_id = $1 order by number", [of])).map(
    ({ state }) => state,
  );

async function waitingImages(of: string): Promise<void> {
  for (const state of ["queued", "generating", "ready", "failed", "expired"] as const) await rows.image(of, state);
}

test("images of a round that wait or are being made are dropped, and no others", async () => {
  const other = await rows.round(person);
  for (const each of [round, other]) await waitingImages(each);
  await rows.inTransaction((tx) => dropImages(tx, round));
  expect(await statesOf(round)).toEqual(["cancelled", "cancelled", "ready", "failed", "expired"]);
  expect(await statesOf(other)).toEqual(["queued", "generating", "ready", "failed", "expired"]);
});

describe("a round that is stopped", () => {
  test("has no waiting image and says that it was stopped, which its pages are told", async () => {
    await waitingImages(round);
    const state = await rows.inTransaction((tx) => cancelRound(tx, round));
    expect(await statesOf(round)).toEqual(["cancelled", "cancelled", "ready", "failed", "expired"]);
    expect(state.round).toMatchObject({ id: round, problem_code: "PICKAPIC_ROUND_CANCELLED" });
    expect(state.images.map((image) => image.state)).toEqual(["ready"]);
    expect(await rows.row("rounds", round)).toMatchObject({ problem_code: "PICKAPIC_ROUND_CANCELLED" });
    expect(await told()).toEqual([round]);
  });

  test.each([
    ["it shows a pair", {}],
    ["it is finished", { finished_at: new Date(), problem_code: "PICKAPIC_ROUND_FINISHED", problem_message: "It is finished." }],
  ])("stays as it is when %s", async (why, columns) => {
    const own = await rows.round(person, columns);
    if (why === "it shows a pair") await rows.shownPair(own);
    await rows.image(own, "queued");
    const before = await rows.row("rounds", own);
    const state = await rows.inTransaction((tx) => cancelRound(tx, own));
    expect([state.round.id, state.shown?.id ?? null]).toEqual([own, before.comparison_id]);
    expect(await rows.row("rounds", own)).toEqual(before);
    expect(state.images.map((image) => image.state)).toEqual(["queued"]);
    expect(await told()).toEqual([]);
  });
});

describe("a round that is finished", () => {
  test("closes its pair without an answer and drops its images, which its pages are told", async () => {
    const pair = await rows.shownPair(round);
    await rows.image(round, "queued");
    const state = await rows.inTransaction((tx) => finishRound(tx, round));
    expect(await rows.row("comparisons", pair)).toMatchObject({ skipped_at: expect.any(Date) });
    expect(await rows.row("rounds", round)).toMatchObject({
      comparison_id: null,
      finished_at: expect.any(Date),
      problem_code: "PICKAPIC_ROUND_FINISHED",
      problem_message: expect.stringMatching(/finished/),
    });
    expect(await statesOf(round)).toEqual(["ready", "ready", "cancelled"]);
    expect([state.round.id, state.round.problem_code, state.shown]).toEqual([round, "PICKAPIC_ROUND_FINISHED", null]);
    expect(await told()).toEqual([round]);
  });

  test("is finished once: a second time changes and tells nothing", async () => {
    await rows.inTransaction((tx) => finishRound(tx, round));
    await told();
    const before = await rows.row("rounds", round);
    const image = await rows.image(round, "queued");
    const state = await rows.inTransaction((tx) => finishRound(tx, round));
    expect(await rows.row("rounds", round)).toEqual({ ...before, version: Number(before.version) + 1 });
    expect(state.round.problem_code).toBe("PICKAPIC_ROUND_FINISHED");
    expect(await rows.row("images", image)).toMatchObject({ state: "queued" });
    expect(await told()).toEqual([]);
  });

  test("leaves another round, its pair and its answers alone, and one that was deleted is unknown", async () => {
    const other = await rows.round(person);
    const shown = await rows.shownPair(other);
    const answered = await rows.pair(round);
    await rows.answer(answered, person);
    const before = await Promise.all([
      rows.row("rounds", other),
      rows.row("comparisons", shown),
      rows.row("comparisons", answered),
    ]);
    await rows.inTransaction((tx) => finishRound(tx, round));
    expect(
      await Promise.all([rows.row("rounds", other), rows.row("comparisons", shown), rows.row("comparisons", answered)]),
    ).toEqual(before);
    const unknown = rows.inTransaction((tx) => finishRound(tx, "00000000-0000-4000-8000-000000000000"));
    await expect(unknown).rejects.toMatchObject({ code: "PICKAPIC_ROUND_UNKNOWN" });
  });
});
