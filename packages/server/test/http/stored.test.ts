/** @file What requests read and write in the database before and after their routes: sessions, replies to repeated requests, live streams. */
import { createHmac, randomUUID } from "node:crypto";
import fastify, { type FastifyRequest } from "fastify";
import { beforeEach, describe, expect, test } from "vitest";
import { CONSENT } from "../../src/auth/consent.ts";
import type { Person } from "../../src/auth/sessions.ts";
import { enforceAccess } from "../../src/http/access.ts";
import { sendFailure } from "../../src/http/failures.ts";
import { once } from "../../src/http/idempotency.ts";
import { findLiveSessions } from "../../src/http/streams.ts";
import { rowsOfFile } from "../rounds/rows.ts";

const { rows } = rowsOfFile("pickapic_round");
const SECRET = "a secret of a test";
const DAY_MS = 24 * 3_600_000;

let person: Person;
beforeEach(async () => {
  person = await rows.person();
  await rows.sql("update people set consent_version = $1 where user_id = $2", [CONSENT.version, person.id]);
});

/** A session that ends so many ms from now. */
async function sessionOf({ id }: Person, lastsMs = 90 * DAY_MS): Promise<{ id: string; cookie: string }> {
  const [session, token] = [randomUUID(), randomUUID()];
  const text = `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt") values ($1, $2, $3, $4, now(), now())`;
  await rows.sql(text, [session, token, id, new Date(Date.now() + lastsMs)]);
  const signature = createHmac("sha256", SECRET).update(token).digest("base64");
  return { id: session, cookie: `pickapic.session_token=${encodeURIComponent(`${token}.${signature}`)}` };
}

describe("who sends a request", () => {
  const ask = async (url: string, cookie?: string) => {
    const app = fastify();
    app.setErrorHandler(sendFailure);
    enforceAccess(app as never, { settings: {}, db: rows.db, adminToken: "t", secret: SECRET, judge: null } as never);
    for (const access of ["user", "consented"] as const)
      app.get(`/${access}`, { config: { access } }, (request) => ({ who: request.person?.id }));
    const reply = await app.inject({ url, headers: cookie === undefined ? {} : { cookie } });
    await app.close();
    return { said: reply.json().who ?? reply.json().error.code, cookie: reply.headers["set-cookie"] };
  };

  test("is the person of the session cookie, which is renewed once a day", async () => {
    const { cookie } = await sessionOf(person);
    for (const url of ["/user", "/consented"]) expect(await ask(url, cookie)).toEqual({ said: person.id, cookie: undefined });
    const stale = await sessionOf(person, 80 * DAY_MS);
    const renewed = await ask("/user", stale.cookie);
    expect(renewed).toEqual({
      said: person.id,
      cookie: expect.stringContaining(`${decodeURIComponent(stale.cookie)}; Max-Age=`),
    });
    expect((await ask("/user", stale.cookie)).cookie).toBeUndefined();
  });

  test("is nobody without a session that lasts", async () => {
    const ended = await sessionOf(person, -1_000);
    for (const cookie of [undefined, ended.cookie, "pickapic.session_token=x"])
      expect((await ask("/user", cookie)).said).toBe("PICKAPIC_SIGN_IN_REQUIRED");
  });

  test("may be banned, or may have agreed to no text or to an older one", async () => {
    const { cookie } = await sessionOf(person);
    for (const version of [null, "an older text"]) {
      await rows.sql("update people set consent_version = $1 where user_id = $2", [version, person.id]);
      expect([(await ask("/user", cookie)).said, (await ask("/consented", cookie)).said]).toEqual([
        person.id,
        "PICKAPIC_CONSENT_REQUIRED",
      ]);
    }
    await rows.sql("update people set banned_at = now() where user_id = $1", [person.id]);
    expect((await ask("/user", cookie)).said).toBe("PICKAPIC_BANNED");
  });
});

describe("what is done under an Idempotency-Key", () => {
  let done = 0;
  beforeEach(() => {
    done = 0;
  });
  const requestOf = (key: string | undefined, body: unknown = {}) =>
    ({ method: "POST", url: "/x", body, headers: { "idempotency-key": key } }) as never as FastifyRequest;
  const act = (key: string | undefined, body?: unknown, of = person) =>
    once(rows.db, requestOf(key, body), of.id, async () => ({ status: 201, body: { done: ++done } }));

  test("is done once, and its reply comes again; without a key it is done each time", async () => {
    const key = randomUUID();
    const reply = { status: 201, body: { done: 1 } };
    expect([await act(key), await act(key), await act(key)]).toEqual([reply, reply, reply]);
    const [stored] = await rows.sql("select status, body from replies where user_id = $1 and key = $2", [person.id, key]);
    expect(stored).toEqual({ status: 201, body: { done: 1 } });
    expect([(await act(undefined)).body, (await act(undefined)).body]).toEqual([{ done: 2 }, { done: 3 }]);
    expect(await rows.sql("select 1 from replies where user_id = $1", [person.id])).toHaveLength(1);
  });

  test("belongs to the person, the key and the request: another one is done, or refused", async () => {
    const [key, other] = [randomUUID(), await rows.person()];
    expect([(await act(key)).body, (await act(key, {}, other)).body, (await act(randomUUID())).body]).toEqual([
      { done: 1 },
      { done: 2 },
      { done: 3 },
    ]);
    expect([(await act(key)).body, (await act(key, {}, other)).body]).toEqual([{ done: 1 }, { done: 2 }]);
    await expect(act(key, { another: true })).rejects.toMatchObject({ code: "PICKAPIC_KEY_REUSED" });
  });

  test("is done once when two requests come at the same moment: the second waits for the reply of the first", async () => {
    const key = randomUUID();
    const [one, two] = await Promise.all([act(key), act(key)]);
    expect([one, two]).toEqual([one, one]);
    expect(done).toBe(1);
  });

  test("leaves nothing behind when it fails, so that it may be done again", async () => {
    const key = randomUUID();
    const failing = once(rows.db, requestOf(key), person.id, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect((await act(key)).body).toEqual({ done: 1 });
  });

  test("without a stored reply is a bug", async () => {
    const key = randomUUID();
    await act(key);
    await rows.sql("update replies set status = null where key = $1", [key]);
    await expect(act(key)).rejects.toThrow("a reply was committed without its body");
  });
});

test("sessions live whose time is not over and whose person has agreed to the present text and is not banned", async () => {
  const people = [person, await rows.person(), await rows.person()];
  const [, banned, older] = people;
  await rows.sql("update people set consent_version = $1, banned_at = now() where user_id = $2", [CONSENT.version, banned?.id]);
  const sessions = await Promise.all(people.map((each) => sessionOf(each)));
  const over = await sessionOf(person, -1_000);
  const asked = [...sessions, over].map(({ id }) => id);
  expect(older?.consentVersion).toBe("v");
  expect(await findLiveSessions(rows.db, [...asked, "unknown"])).toEqual(new Set([sessions[0]?.id]));
  expect(await findLiveSessions(rows.db, [])).toEqual(new Set());
});
