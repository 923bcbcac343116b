import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Streams } from "../src/http/streams.ts";
import { type House, meOf, must, openHouse, startRound, type Visitor } from "./house.ts";

const HEARTBEAT_MS = 50;

describe("streams are bounded", () => {
  const limits = { userStreamLimit: 2, addressStreamLimit: 4, streamLimit: 6, heartbeatMs: 60_000 };
  const from = (person: string, address: string) => ({ person, session: person, address, beat() {}, end() {} });

  test.each([
    [[from("a", "1.1.1.1")], null],
    [[from("a", "1.1.1.1"), from("a", "2.2.2.2")], "PICKAPIC_STREAMS_SHARE"],
    [["b", "c", "d", "e"].map((person) => from(person, "1.1.1.1")), "PICKAPIC_STREAMS_ADDRESS"],
    [["b", "c", "d", "e", "f", "g"].map((person, i) => from(person, `2.2.2.${i}`)), "PICKAPIC_STREAMS_FULL"],
    [["b", "c", "d", "e", "f"].map((person, i) => from(person, `2.2.2.${i}`)), null],
  ])("by person, by address and over all: %j", (open, code) => {
    const streams = new Streams(
      limits,
      async (sessions) => new Set(sessions),
      () => undefined,
    );
    const [first, ...others] = open.map((stream) => streams.add(stream));
    const add = () => streams.add(from("a", "1.1.1.1"));
    if (code === null) expect(add).not.toThrow();
    else expect(add).toThrow(expect.objectContaining({ code }));
    for (const close of [first, ...others]) close?.();
    expect(add).not.toThrow();
    streams.close();
  });

  test("and stay open while nobody can say which sessions live", async () => {
    let [beats, ended] = [0, 0];
    const errors: unknown[] = [];
    const streams = new Streams(
      { ...limits, heartbeatMs: 10 },
      async () => {
        throw new Error("database away");
      },
      (error) => errors.push(error),
    );
    streams.add({ ...from("a", "1.1.1.1"), beat: () => beats++, end: () => ended++ });
    await expect.poll(() => Math.min(beats, errors.length)).toBeGreaterThan(1);
    expect(ended).toBe(0);
    streams.close();
    expect(ended).toBe(1);
  });
});

describe("a stream ends with the session", () => {
  let [house, quiet]: House[] = [];
  beforeAll(async () => {
    [house, quiet] = await Promise.all([openHouse({ heartbeatMs: HEARTBEAT_MS }), openHouse({ heartbeatMs: 3_600_000 })]);
  });
  afterAll(() => Promise.all([house!.close(), quiet!.close()]));

  interface Followed {
    judge: Visitor;
    user: string;
    round: string;
    /** Settles when the server ends the stream. */
    ended: Promise<"ended">;
  }

  async function follow({ url }: House, judge: Visitor): Promise<Followed> {
    const { round } = await startRound(judge);
    const response = await fetch(`${url}/api/rounds/${round.id}/events`, { headers: { cookie: judge.cookie() } });
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    await reader.read();
    const drain = async (): Promise<"ended"> => {
      for (;;) if ((await reader.read()).done) return "ended";
    };
    return { judge, user: (await meOf(judge)).user?.id ?? "", round: round.id, ended: drain() };
  }

  /** What of a stream is true after many signs of life. */
  const afterAWhile = ({ ended }: Followed) => Promise.race([ended, wait(20 * HEARTBEAT_MS, "open")]);

  test("at once at a sign-out, without a sign of life, and another person's goes on", async () => {
    const [mine, other] = [await follow(quiet!, await quiet!.judge()), await follow(quiet!, await quiet!.judge())];
    await must(mine.judge.send("POST", "/api/auth/sign-out", { body: {} }));
    expect(await mine.ended).toBe("ended");
    expect(await afterAWhile(other)).toBe("open");
  });

  test("at once when the consent is withdrawn", async () => {
    const followed = await follow(quiet!, await quiet!.judge());
    await must(followed.judge.send("DELETE", "/api/consent"));
    expect(await followed.ended).toBe("ended");
  });

  test("although a sign-out without a session is answered as before", async () => {
    const stranger = await quiet!.visitor();
    await must(stranger.send("POST", "/api/auth/sign-out", { body: {} }));
    const again = await stranger.send("POST", "/api/auth/sign-out", { body: {} });
    expect(again.status).toBeLessThan(500);
  });

  test.each([
    ["was signed out by another process", 'delete from session where "userId" = $1'],
    ["ran out", 'update session set "expiresAt" = now() where "userId" = $1'],
    ["belongs to a person who was banned", "update people set banned_at = now() where user_id = $1"],
    ["belongs to a person who withdrew elsewhere", "update people set consent_version = null where user_id = $1"],
    ["belongs to a person who was deleted", 'delete from "user" where id = $1'],
  ])("at the next sign of life when it %s", async (_what, change) => {
    const followed = await follow(house!, await house!.judge());
    expect(await afterAWhile(followed)).toBe("open");
    await house!.sql(change, [followed.user]);
    expect(await followed.ended).toBe("ended");
  });

  test("and a change of the round after that harms nothing", async () => {
    const followed = await follow(quiet!, await quiet!.judge());
    await must(followed.judge.send("POST", "/api/auth/sign-out", { body: {} }));
    await quiet!.sql("select pg_notify('pickapic_round', $1)", [followed.round]);
    expect((await quiet!.visitor()).cookie()).not.toBe("");
  });
});
