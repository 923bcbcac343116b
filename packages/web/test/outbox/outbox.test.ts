import "fake-indexeddb/auto";
import type { AnswerReply } from "@pickapic/server/api";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Refusal, Unreachable } from "../../src/http/client.ts";
import { newKey } from "../../src/http/key.ts";
import { afterFailure, type Draft, dueEntries, type Entry, newEntry, pauseAfter } from "../../src/outbox/entry.ts";
import { type News, Outbox, type OutboxEffects } from "../../src/outbox/outbox.ts";
import { type OutboxStore, openOutboxStore } from "../../src/outbox/store.ts";

const draft: Draft = { owner: "ada", round: "round", comparison: "comparison", prompt: "a cat", choice: "left", elapsedMs: 900 };
const reply = { ranking: 1, karma: 1, round: { id: "round" } } as AnswerReply;
const unknown = new Refusal(404, "PICKAPIC_COMPARISON_UNKNOWN", "There is no such comparison among yours.");

let databases = 0;
let store: OutboxStore;
beforeEach(async () => {
  store = await openOutboxStore(`test-${++databases}`);
});

/** A server that carries a key out once, and a network and a clock that the test controls. */
class World {
  now = 1_000_000;
  counted = new Map<string, string>();
  sent: string[] = [];
  fail: (entry: Entry) => unknown = () => null;
  losesReply = false;
  timers: { at: number; task: () => void }[] = [];
  news: News[] = [];
  outbox: Outbox;

  constructor(from: OutboxStore) {
    this.outbox = new Outbox(this.effects(from));
    this.outbox.subscribe((news) => this.news.push(news));
  }

  effects(from: OutboxStore): OutboxEffects {
    return {
      store: from,
      send: (entry) => this.send(entry),
      newKey: () => newKey(),
      now: () => this.now,
      random: () => 0.5,
      later: (task, ms) => {
        const timer = { at: this.now + ms, task };
        this.timers.push(timer);
        return () => void this.timers.splice(this.timers.indexOf(timer), 1);
      },
      alone: (task) => task(),
      broadcast: () => {},
    };
  }

  async send(entry: Entry): Promise<AnswerReply> {
    this.sent.push(entry.key);
    const failure = this.fail(entry);
    if (failure) throw failure;
    this.counted.set(entry.key, entry.choice);
    if (this.losesReply) throw new Unreachable("the reply was lost");
    return reply;
  }

  /** Lets `ms` pass and runs what falls due. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of this.timers.splice(0)) timer.at <= this.now ? timer.task() : this.timers.push(timer);
    await settled();
  }
}

/** fake-indexeddb answers in tasks, not microtasks. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("an answer is sent when it is kept, not earlier, and forgotten when the server has confirmed it", async () => {
  const disk = Promise.withResolvers<void>();
  const slow: OutboxStore = { ...store, put: (entry) => disk.promise.then(() => store.put(entry)) };
  const world = new World(slow);
  await world.outbox.setOwner("ada");
  void world.outbox.add(draft);
  await settled();
  expect(world.sent).toEqual([]);
  disk.resolve();
  await settled();
  expect(world.sent).toHaveLength(1);
  expect(world.news.filter(({ kind }) => kind === "delivered")).toMatchObject([
    { entry: { choice: "left" }, reply: { ranking: 1 } },
  ]);
  expect(await store.all()).toEqual([]);
});

test("an unreachable server is asked again after a growing pause, with the same key", async () => {
  const world = new World(store);
  await world.outbox.setOwner("ada");
  world.fail = () => new Unreachable("no network");
  await world.outbox.add(draft);
  await settled();
  expect(world.outbox.snapshot().waiting).toHaveLength(1);
  await world.pass(700);
  expect(world.sent).toHaveLength(1);
  await world.pass(100);
  expect(world.sent).toHaveLength(2);
  await world.pass(1_400);
  expect(world.sent).toHaveLength(2);
  world.fail = () => null;
  await world.pass(200);
  expect(new Set(world.sent).size).toBe(1);
  expect(world.counted.size).toBe(1);
  expect(world.outbox.snapshot().waiting).toEqual([]);
});

test("a lost reply leads to a second sending that counts once", async () => {
  const world = new World(store);
  await world.outbox.setOwner("ada");
  world.losesReply = true;
  await world.outbox.add(draft);
  await settled();
  world.losesReply = false;
  await world.outbox.flush(true);
  expect(world.sent).toHaveLength(2);
  expect(world.counted.size).toBe(1);
  expect(await store.all()).toEqual([]);
});

test("an answer outlives the page: a new outbox over the same database sends it", async () => {
  const before = new World(store);
  await before.outbox.setOwner("ada");
  before.fail = () => new Unreachable("no network");
  const { key } = await before.outbox.add(draft);
  await settled();
  const after = new World(await openOutboxStore(`test-${databases}`));
  await after.outbox.setOwner("ada");
  await settled();
  expect([...after.counted.keys()]).toEqual([key]);
});

test("a refused answer is kept and shown, not sent by itself, and can be sent again or dismissed", async () => {
  const world = new World(store);
  await world.outbox.setOwner("ada");
  world.fail = () => unknown;
  const { key } = await world.outbox.add(draft);
  await settled();
  await world.outbox.flush(true);
  await world.pass(3_600_000);
  expect(world.sent).toHaveLength(1);
  expect(world.outbox.snapshot().refused[0]).toMatchObject({ key, trouble: unknown.message, refusal: { status: 404 } });
  await world.outbox.retry(key);
  expect(world.sent).toEqual([key, key]);
  await world.outbox.discard(key);
  expect(await store.all()).toEqual([]);
});

test("an answer that may still arrive cannot be dismissed", async () => {
  const world = new World(store);
  await world.outbox.setOwner("ada");
  world.fail = () => new Unreachable("no network");
  const { key } = await world.outbox.add(draft);
  await settled();
  await world.outbox.discard(key);
  expect(await store.all()).toHaveLength(1);
});

test("a refused answer does not hold up the one behind it", async () => {
  const world = new World(store);
  await store.put(newEntry({ ...draft, comparison: "gone" }, "gone", 1));
  await store.put(newEntry(draft, "good", 2));
  world.fail = (entry) => (entry.comparison === "gone" ? unknown : null);
  await world.outbox.setOwner("ada");
  expect([...world.counted.keys()]).toEqual(["good"]);
});

test("answers of another account wait for it", async () => {
  const world = new World(store);
  await store.put(newEntry({ ...draft, owner: "grace" }, "hers", 1));
  await world.outbox.setOwner("ada");
  expect(world.sent).toEqual([]);
  expect(world.outbox.snapshot()).toMatchObject({ waiting: [], ofOthers: 1 });
  await world.outbox.setOwner("grace");
  expect([...world.counted.keys()]).toEqual(["hers"]);
});

test("a reply that confirms nothing (the sign-in page of a hotel) is no confirmation", async () => {
  const world = new World(store);
  await world.outbox.setOwner("ada");
  world.send = async () => ({}) as AnswerReply;
  await world.outbox.add(draft);
  await settled();
  expect(world.outbox.snapshot().waiting).toHaveLength(1);
});

test("where the database is blocked answers are kept in memory, and the outbox says so", async () => {
  const blocked = await withBrokenDatabase(() => openOutboxStore("broken"));
  const broken = new World(blocked);
  await broken.outbox.setOwner("ada");
  broken.fail = () => new Unreachable("no network");
  await broken.outbox.add(draft);
  await settled();
  expect(broken.outbox.snapshot()).toMatchObject({ lasting: false, waiting: [{ choice: "left" }] });
});

async function withBrokenDatabase<T>(run: () => Promise<T>): Promise<T> {
  const { open } = indexedDB;
  indexedDB.open = () => {
    throw new DOMException("storage is blocked", "SecurityError");
  };
  return run().finally(() => {
    indexedDB.open = open;
  });
}

test("whatever the network does, each answer counts exactly once in the end", async () => {
  const weather = fc.array(fc.constantFrom("fine", "down", "loses the reply", "busy", "reload"), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(weather, async (days) => {
      const name = `test-${++databases}`;
      let world = new World(await openOutboxStore(name));
      const { counted } = world;
      await world.outbox.setOwner("ada");
      const keys: string[] = [];
      for (const day of days) {
        if (day === "reload") {
          world = new World(await openOutboxStore(name));
          world.counted = counted;
        }
        world.losesReply = day === "loses the reply";
        world.fail = () =>
          day === "down" ? new Unreachable("") : day === "busy" ? new Refusal(503, "PICKAPIC_STOPPING", "") : null;
        await world.outbox.setOwner("ada");
        keys.push((await world.outbox.add({ ...draft, comparison: `${keys.length}` })).key);
        await world.outbox.flush(true);
      }
      world.losesReply = false;
      world.fail = () => null;
      await world.outbox.flush(true);
      expect([...counted.keys()].sort()).toEqual(keys.sort());
      expect(world.outbox.snapshot().waiting).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test.each([
  ["waits", "no network", new Unreachable("")],
  ["waits", "the server is down", new Refusal(503, "PICKAPIC_STOPPING", "")],
  ["waits", "too many requests", new Refusal(429, "PICKAPIC_TOO_MANY_REQUESTS", "", 5_000)],
  ["waits", "signed out", new Refusal(401, "PICKAPIC_SIGN_IN_REQUIRED", "")],
  ["waits", "a new consent text", new Refusal(403, "PICKAPIC_CONSENT_REQUIRED", "")],
  ["waits", "a 404 of something in between", new Refusal(404, "UNKNOWN", "")],
  ["is refused", "answered already", new Refusal(409, "PICKAPIC_ALREADY_ANSWERED", "")],
  ["is refused", "no such comparison", unknown],
  ["is refused", "no such choice", new Refusal(400, "PICKAPIC_CHOICE_UNKNOWN", "")],
])("an answer %s after %s", (fate, _what, error) => {
  const entry = afterFailure(newEntry(draft, "key", 0), error, 0, () => 0.5);
  expect(entry.refusal === null ? "waits" : "is refused").toBe(fate);
  expect(dueEntries([entry], "ada", 1e12, true)).toHaveLength(fate === "waits" ? 1 : 0);
});

test("the server's Retry-After is heeded", () => {
  const entry = afterFailure(newEntry(draft, "key", 0), new Refusal(429, "PICKAPIC_TOO_MANY_REQUESTS", "", 30_000), 0, () => 0);
  expect(dueEntries([entry], "ada", 29_999, false)).toEqual([]);
  expect(dueEntries([entry], "ada", 30_000, false)).toHaveLength(1);
});

test("pauses double from about a second to at most a minute", () => {
  expect([1, 2, 3, 7, 50].map((attempts) => pauseAfter(attempts, () => 1))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
  expect(pauseAfter(1, () => 0)).toBe(500);
});

test("keys are UUIDs of version 4, with or without crypto.randomUUID", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const key = newKey((target) => target.set(bytes));
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }),
  );
});
