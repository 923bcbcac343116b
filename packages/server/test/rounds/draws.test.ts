/** @file What may not be drawn for a round, in the database. */
import type { Backend, BackendModel } from "@pickapic/generation";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { notDrawn } from "../../src/rounds/draws.ts";
import { rowsOfFile } from "./rows.ts";

const { rows } = rowsOfFile("pickapic_round");
let round: string;
beforeEach(async () => {
  await rows.sql("truncate model_days");
  round = await rows.round(await rows.person());
});

// What may be drawn depends on no more of a backend than its models.
const backendOf = (...models: Partial<BackendModel>[]): Backend => ({ name: "b", models }) as never;
const limit = (images: number) => ({ perDay: { images, reason: "the limit of a test" } });
const pictures = { pictures: { prompts: ["a cat"], of: () => [0, 1] } } as never as Partial<BackendModel>;
const find = (backends: readonly Backend[], resting: readonly string[] = [], db: Database = rows.db) =>
  notDrawn(db, round, { backends }, resting);
/** Used up today: so many images of a model. */
const used = (model: string, images: number, day = "(now() at time zone 'utc')::date") =>
  rows.sql(`insert into model_days (model, day, images) values ($1, ${day}, $2)`, [model, images]);

describe("models that rest", () => {
  // The database would be asked through this.
  const none = undefined as never as Database;

  test("are those that are named, and entries that pick from several images of them; the database is asked nothing", async () => {
    const entry = { name: "m-best", ranked: { base: "m", n: 4 } } as never;
    const { isResting, ...more } = await find([backendOf({ name: "m" }, entry), backendOf({ name: "n" })], ["m", "gone"], none);
    expect(["m", "m-best", "n", "gone"].map((name) => isResting?.(name))).toEqual([true, true, false, false]);
    expect(more).toEqual({});
    const picked = await find([backendOf({ name: "m" }, entry)], ["m-best"], none);
    expect(["m", "m-best"].map((name) => picked.isResting?.(name))).toEqual([false, true]);
  });

  test("are none where none keeps failing", async () => {
    expect(await find([backendOf({ name: "m" })], [], none)).toEqual({});
  });
});

describe("a limit of the day", () => {
  test("is used up when one more image would be above it", async () => {
    const backends = [backendOf({ name: "m", ...limit(2) }, { name: "free" }), backendOf({ name: "n", ...limit(2) })];
    const closed = async () => {
      const { isClosed } = await find(backends);
      return ["m", "n", "free"].map((name) => isClosed?.(name));
    };
    expect(await closed()).toEqual([false, false, false]);
    await used("m", 2);
    await used("n", 1);
    expect(await closed()).toEqual([true, false, false]);
  });

  test("of another day is not that of today", async () => {
    await used("m", 9, "(now() at time zone 'utc')::date - 1");
    await used("m", 9, "(now() at time zone 'utc')::date + 1");
    expect((await find([backendOf({ name: "m", ...limit(2) })])).isClosed?.("m")).toBe(false);
  });

  test("of an entry that picks from several is that of the model that makes them, which it costs as many images", async () => {
    const entry = { name: "m-best", ranked: { base: "m", n: 4 }, ...limit(9) } as never;
    const backends = [backendOf({ name: "m", ...limit(9) }, entry)];
    await used("m", 5);
    expect((await find(backends)).isClosed?.("m-best")).toBe(false);
    await rows.sql("update model_days set images = 6");
    const { isClosed } = await find(backends);
    expect(["m", "m-best"].map((name) => isClosed?.(name))).toEqual([false, true]);
  });
});

test("a picture made earlier is shown once in a round, whatever another round or another model shows", async () => {
  const backends = [backendOf({ name: "m", ...pictures }, { name: "n", ...pictures })];
  await rows.image(round, "ready", { model: "m", picture: 1 });
  await rows.image(round, "queued", { model: "m" });
  await rows.image(await rows.round(await rows.person()), "ready", { model: "m", picture: 0 });
  const { isShown, isClosed } = await find(backends);
  expect([isShown?.("m", 1), isShown?.("m", 0), isShown?.("n", 1), isClosed?.("m")]).toEqual([true, false, false, false]);
});

test("one model with pictures or a limit among others is enough to be asked about", async () => {
  await rows.image(round, "ready", { model: "m", picture: 1 });
  await used("n", 2);
  const { isShown, isClosed } = await find([backendOf({ name: "free" }, { name: "m", ...pictures }, { name: "n", ...limit(2) })]);
  expect([isShown?.("m", 1), isClosed?.("n")]).toEqual([true, true]);
  expect((await find([backendOf({ name: "free" }, { name: "m", ...pictures })])).isShown?.("m", 1)).toBe(true);
  expect((await find([backendOf({ name: "free" }, { name: "n", ...limit(2) })])).isClosed?.("n")).toBe(true);
});
