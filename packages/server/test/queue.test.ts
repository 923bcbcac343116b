import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Backend } from "@pickapic/generation";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readyDatabase } from "../../../test/support/readyDatabase.ts";
import { type Connection, connect } from "../src/database/database.ts";
import { type EmbeddedDatabase, openEmbedded } from "../src/database/embedded.ts";
import { beat, LEASE_MS, putBack, takeImage } from "../src/jobs/leases.ts";
import { claimNight } from "../src/jobs/nightly.ts";
import { enterQueue, imagesBefore, networkMark, orderImages } from "../src/jobs/queue.ts";
import { fakeBackend, temporaryFolder } from "./house.ts";

let folder: string;
let database: EmbeddedDatabase;
let connection: Connection;
beforeAll(async () => {
  folder = await temporaryFolder();
  await readyDatabase(folder);
  database = await openEmbedded(folder);
  connection = connect(database.url, {}, () => undefined);
});
afterAll(async () => {
  await connection.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await connection.pool.query('truncate "user", chores, workers cascade');
  await connection.pool.query("alter sequence turn_now restart");
});

const backends: readonly Backend[] = [fakeBackend()];
const LIMITS = { queueLimit: 100_000, addressQueueLimit: 100_000, userQueueLimit: 100_000, userWeeklyLimit: 100_000 };

async function arrive(...people: string[]): Promise<void> {
  for (const id of people)
    await connection.pool.query(
      `insert into "user" (id, name, email, "emailVerified", "updatedAt") values ($1, 'Guest', $1, false, now())`,
      [id],
    );
}

/** A person writes a prompt: so many images of which the first two are urgent. */
async function write(person: string, network: string, images: number, limits = LIMITS): Promise<string> {
  const id = randomUUID();
  const request = {
    prompt: "a",
    negativePrompt: "",
    model: "model-a",
    seed: 1,
    guidanceScale: 5,
    steps: 4,
    width: 64,
    height: 64,
  };
  await connection.db.transaction().execute(async (tx) => {
    await enterQueue(tx, person, network, limits);
    await orderImages(
      tx,
      sql`insert into rounds (id, user_id, prompt, negative_prompt) values (${id}, ${person}, 'a', '') returning id, user_id`,
      Array.from({ length: images }, (_, i) => ({
        id: randomUUID(),
        request,
        prompt: "a",
        probability: 1,
        backends,
        urgent: i < 2,
      })),
    );
  });
  return id;
}

/** Whose image is taken, image by image; null: none waits. */
async function take(count: number): Promise<(string | null)[]> {
  const takers: (string | null)[] = [];
  for (let i = 0; i < count; i++) {
    const image = await takeImage(connection.db, "a");
    const owner = image && (await connection.pool.query("select user_id from rounds where id = $1", [image.round_id]));
    takers.push(owner ? String(owner.rows[0].user_id) : null);
  }
  return takers;
}

const people = (count: number, prefix = "p") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

describe("the turns of the queue", () => {
  test("are those of arrival among people who ask for little, pairs before prepared images", async () => {
    await arrive("ann", "ben");
    await write("ann", "x", 3);
    await write("ben", "x", 3);
    expect(await take(7)).toEqual(["ann", "ann", "ben", "ben", "ann", "ben", null]);
  });

  test("of an address that has ordered thousands of images come back after each pair of a newcomer, wherever the newcomer is", async () => {
    const flood = people(21);
    await arrive(...flood, "near", "far");
    for (let i = 0; i < 60; i++) await write(flood[i % 21] ?? "", "flooded", 40);
    await take(100);
    await write("far", "home", 4);
    await write("near", "flooded", 4);
    const takers = await take(60);
    expect(takers.indexOf("far")).toBe(0);
    expect(takers.lastIndexOf("far")).toBeLessThanOrEqual(3);
    expect(takers.indexOf("near")).toBeLessThanOrEqual(4);
    expect(takers.filter((taker) => taker === "near").length).toBeGreaterThanOrEqual(2);
  });

  test("of prepared images are shared evenly: by addresses first, then by the people of an address", async () => {
    await arrive("lone", "one", "two", "three");
    for (const person of ["one", "two", "three"]) await write(person, "shared", 62);
    await write("lone", "home", 62);
    const urgent = await take(8);
    expect(new Set(urgent).size).toBe(4);
    const takers = await take(120);
    const count = (person: string) => takers.filter((taker) => taker === person).length;
    // The three ordered before each other: the first had the whole share of the address at that moment, so they are only roughly even.
    expect(count("lone")).toBeGreaterThanOrEqual(36);
    expect(count("three")).toBeGreaterThanOrEqual(12);
    expect(count("one") + count("two") + count("three")).toBe(120 - count("lone"));
  });

  test("go on where they were for a person who orders again before the last order is done", async () => {
    await arrive("greedy", "modest");
    for (let i = 0; i < 10; i++) await write("greedy", "x", 2);
    await take(4);
    await write("modest", "y", 2);
    await write("greedy", "x", 2);
    expect(await take(6)).toEqual(["modest", "modest", "greedy", "greedy", "greedy", "greedy"]);
  });

  test("say how many images come before one", async () => {
    await arrive("ann", "ben");
    await write("ann", "x", 4);
    await write("ben", "x", 4);
    const first = async (person: string) => {
      const { rows } = await connection.pool.query(
        "select i.id from images i join rounds r on r.id = i.round_id where r.user_id = $1 order by i.number limit 1",
        [person],
      );
      const before = await sql<{ images: number }>`select ${imagesBefore(sql`${rows[0].id}`)} as images`.execute(connection.db);
      return before.rows[0]?.images;
    };
    expect([await first("ann"), await first("ben")]).toEqual([0, 2]);
    await take(4);
    expect(await first("ben")).toBe(0);
  });
});

describe("the limits of the queue", () => {
  const limits = { ...LIMITS, queueLimit: 40, addressQueueLimit: 20, userQueueLimit: 30 };

  test("refuse an address that has too many images waiting, but not its people who have few", async () => {
    await arrive("greedy", "modest", "other");
    await write("greedy", "x", 20, limits);
    await expect(write("greedy", "x", 4, limits)).rejects.toMatchObject({ code: "PICKAPIC_ADDRESS_SHARE", status: 429 });
    await write("modest", "x", 4, limits);
    await write("other", "y", 4, limits);
    // Another address does not help a person whose own images fill it.
    await expect(write("greedy", "z", 4, limits)).rejects.toMatchObject({ code: "PICKAPIC_ADDRESS_SHARE" });
  });

  test("let in people who have few images waiting when the whole queue is full, up to a hard limit", async () => {
    await arrive(...people(60));
    await write("p0", "a", 20, limits);
    await write("p1", "b", 20, limits);
    await expect(write("p0", "c", 4, limits)).rejects.toMatchObject({ code: "PICKAPIC_QUEUE_FULL", status: 503 });
    for (let i = 2; i < 32; i++) await write(`p${i}`, `n${i}`, 4, limits);
    await expect(write("p40", "n40", 4, limits)).rejects.toMatchObject({ code: "PICKAPIC_QUEUE_FULL" });
  });

  test("refuse a person who has too many images waiting", async () => {
    await arrive("greedy");
    await write("greedy", "x", 30, { ...limits, addressQueueLimit: 1000 });
    await expect(write("greedy", "y", 4, limits)).rejects.toMatchObject({ code: "PICKAPIC_QUEUE_SHARE", status: 429 });
  });

  test("know an address only by a keyed hash, another one each day, and an IPv6 network as one", () => {
    const at = (address: string, day = 1) => networkMark(address, "secret", new Date(Date.UTC(2026, 10, day)));
    expect(at("192.0.2.7")).toMatch(/^[\w-]{16}$/);
    expect(at("192.0.2.7")).not.toBe(at("192.0.2.8"));
    expect(at("192.0.2.7")).not.toBe(at("192.0.2.7", 2));
    expect(at("2001:db8::1")).toBe(at("2001:db8::2"));
    expect(networkMark("192.0.2.7", "other", new Date(Date.UTC(2026, 10, 1)))).not.toBe(at("192.0.2.7"));
  });
});

describe("a lease", () => {
  const stateOf = async () => (await connection.pool.query("select state, lost, worker_id from images")).rows;
  const worker = (id: string) => ({ id, concurrency: 2 });

  test("that its worker renews keeps the image; one that ends gives it to the next worker", async () => {
    await arrive("ann");
    await write("ann", "x", 1);
    const taken = await takeImage(connection.db, "a");
    expect(await takeImage(connection.db, "b")).toBeUndefined();
    await connection.pool.query("update images set lease_until = now() + interval '10 ms'");
    await beat(connection.db, worker("a"), [taken?.id ?? ""]);
    const { rows } = await connection.pool.query("select extract(epoch from lease_until - now()) * 1000 as left from images");
    expect(Number(rows[0].left)).toBeGreaterThan(LEASE_MS - 1_000);
    await beat(connection.db, worker("b"), []);
    expect(await stateOf()).toMatchObject([{ state: "generating", worker_id: "a" }]);
    await connection.pool.query("update images set lease_until = now() - interval '1 ms'");
    await beat(connection.db, worker("b"), []);
    expect(await stateOf()).toEqual([{ state: "queued", lost: 1, worker_id: null }]);
    expect((await takeImage(connection.db, "b"))?.id).toBe(taken?.id);
  });

  test("that its own worker does not know of, because the database was lost in that moment, ends at once and counts for nothing", async () => {
    await arrive("ann");
    await write("ann", "x", 1);
    await takeImage(connection.db, "a");
    await beat(connection.db, worker("a"), []);
    expect(await stateOf()).toEqual([{ state: "queued", lost: 0, worker_id: null }]);
  });

  test("that lies far ahead because the clock was set back has ended, and an image that is due far ahead is due", async () => {
    await arrive("ann");
    await write("ann", "x", 1);
    const taken = await takeImage(connection.db, "a");
    await connection.pool.query("update images set lease_until = now() + interval '2 days'");
    await beat(connection.db, worker("b"), []);
    await connection.pool.query("update images set due_at = now() + interval '2 days'");
    expect((await takeImage(connection.db, "b"))?.id).toBe(taken?.id);
  });

  test("of an image whose workers were lost five times is the last: the image has failed, and its round is named", async () => {
    await arrive("ann");
    const round = await write("ann", "x", 1);
    for (let i = 1; i <= 5; i++) {
      await takeImage(connection.db, `w${i}`);
      await connection.pool.query("update images set lease_until = now() - interval '1 ms'");
      expect(await beat(connection.db, worker("b"), [])).toEqual(i < 5 ? [] : [round]);
    }
    expect(await stateOf()).toMatchObject([{ state: "failed", lost: 5 }]);
  });

  test("that was given back is free at once or after a delay, and only its own worker can give it back", async () => {
    await arrive("ann");
    await write("ann", "x", 1);
    const taken = await takeImage(connection.db, "a");
    await putBack(connection.db, taken?.id ?? "", "b", 0);
    expect(await takeImage(connection.db, "b")).toBeUndefined();
    await putBack(connection.db, taken?.id ?? "", "a", 60_000);
    expect(await takeImage(connection.db, "b")).toBeUndefined();
    await connection.pool.query("update images set due_at = now()");
    expect((await takeImage(connection.db, "b"))?.id).toBe(taken?.id);
  });
});

describe("the nightly cleaning", () => {
  const at = (time: string) => claimNight(connection.db, sql<Date>`${time}::timestamptz`);

  test("is done once a night, after 3:17, when the clock has gone steadily for six hours", async () => {
    expect(await at("2026-11-27 20:00Z")).toBe(false);
    expect(await at("2026-11-28 01:00Z")).toBe(false);
    expect(await at("2026-11-28 03:16Z")).toBe(false);
    expect(await at("2026-11-28 03:18Z")).toBe(true);
    expect(await at("2026-11-28 03:19Z")).toBe(false);
    expect(await at("2026-11-29 03:16Z")).toBe(false);
    expect(await at("2026-11-29 09:00Z")).toBe(true);
  });

  test("waits after a jump of the clock, ahead or back, until the clock has gone steadily again", async () => {
    await at("2026-11-27 20:00Z");
    expect(await at("2026-11-28 03:18Z")).toBe(true);
    expect(await at("2027-03-08 10:00Z")).toBe(false);
    expect(await at("2027-03-08 15:00Z")).toBe(false);
    expect(await at("2026-11-28 12:00Z")).toBe(false);
    expect(await at("2026-11-28 19:00Z")).toBe(false);
    expect(await at("2026-11-29 03:18Z")).toBe(true);
  });
});
