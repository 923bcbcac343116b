import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ErrorBody } from "../src/api.ts";
import { authOptions } from "../src/auth/auth.ts";
import { admitGuest, networkOf } from "../src/auth/newcomers.ts";
import { adoptGuest } from "../src/auth/people.ts";
import { connect } from "../src/database/database.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import { folderStore } from "../src/files/folderStore.ts";
import { imageFiles } from "../src/files/imageFiles.ts";
import { forget } from "../src/jobs/forget.ts";
import { resolveSettings } from "../src/resolveSettings.ts";
import {
  adminToken,
  answerAndGoOn,
  codeOf,
  fakeBackend,
  type House,
  idOf,
  meOf,
  messageOf,
  must,
  openHouse,
  startRound,
  stranger,
} from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ signInLimit: 1000 });
});
afterAll(() => house.close());

interface Operation {
  security?: unknown;
}

async function operations(): Promise<[string, string][]> {
  const { paths } = (await must(stranger(house.url).send("GET", "/api/openapi.json"))).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [method.toUpperCase(), path]),
  );
}

describe("routes", () => {
  /** All that works without a session. Everything else has to refuse a stranger. */
  const PUBLIC = [
    "GET /api/auth/callback/{provider}",
    "GET /api/auth/error",
    "GET /api/docs",
    "GET /api/health",
    "GET /api/images/{id}",
    "GET /api/leaderboard",
    "GET /api/me",
    "GET /api/openapi.json",
    "GET /api/ready",
    "GET /api/statistics",
    "POST /api/auth/sign-in/anonymous",
    "POST /api/auth/sign-in/social",
    "POST /api/auth/sign-out",
  ];

  test("that are public are exactly these", async () => {
    const open: string[] = [];
    for (const [method, path] of await operations()) {
      const reply = await stranger(house.url).send(
        method,
        path.replace("{id}", "00000000-0000-4000-8000-000000000000"),
        method === "GET" ? {} : { body: {} },
      );
      if (reply.status !== 401) open.push(`${method} ${path}`);
    }
    expect(open.sort()).toEqual(PUBLIC);
  });

  test("of the operator want the token from the data folder, and nothing else opens them", async () => {
    const { comparison } = await startRound(await house.judge());
    const path = `/api/admin/images/${idOf(comparison.left.url)}`;
    const ask = (authorization: string) => stranger(house.url).send("GET", path, { headers: { authorization } });
    const good = await ask(`Bearer ${await adminToken(house.folder)}`);
    expect(good.body).toMatchObject({
      backend: "fake",
      scheduler: "none",
      request: { prompt: "a red cat", steps: 4, width: 64 },
    });
    expect(house.backend.requests).toContainEqual((good.body as { request: object }).request);
    for (const wrong of ["", "Bearer ", "Bearer x", await adminToken(house.folder)]) expect((await ask(wrong)).status).toBe(401);
    const metrics = await stranger(house.url).send("GET", "/api/metrics", {
      headers: { authorization: `Bearer ${await adminToken(house.folder)}` },
    });
    expect(String(metrics.body)).toMatch(/pickapic_images\{state="ready"\} \d+/);
  });

  test("of better-auth that this app does not use are closed", async () => {
    const judge = await house.judge();
    for (const path of [
      "/api/auth/update-user",
      "/api/auth/sign-up/email",
      "/api/auth/change-email",
      "/api/auth/list-sessions",
    ]) {
      expect((await judge.send("POST", path, { body: {} })).status).toBe(404);
    }
  });

  test("where a provider's refusal ends lead back to the pages, which say so", async () => {
    const visitor = stranger(house.url);
    const { headers } = await visitor.send("GET", "/api/auth/callback/google?error=access_denied&state=x");
    const end = await visitor.send("GET", new URL(headers.get("location") ?? "", house.url).pathname);
    expect([end.status, end.headers.get("location")]).toEqual([302, "/?sign-in=failed"]);
  });

  test("that do not exist answer with the error body, for every method", async () => {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const reply = await stranger(house.url).send(method, "/api/nonsense");
      expect(reply.status).toBe(404);
      expect(ErrorBody.parse(reply.body).error.code).toBe("PICKAPIC_ROUTE_UNKNOWN");
    }
    expect(ErrorBody.parse((await stranger(house.url).send("GET", "/api/%zz")).body).error.status).toBe(400);
  });

  test("that change something refuse other sites, and take programs that send no origin", async () => {
    const judge = await house.judge();
    const write = (headers: Record<string, string>) => judge.send("POST", "/api/rounds", { body: { prompt: "a cat" }, headers });
    for (const origin of ["https://evil.example", "null", `${house.url}.evil.example`, "http://localhost:1"]) {
      const reply = await write({ origin });
      expect([reply.status, codeOf(reply)]).toEqual([403, "PICKAPIC_ORIGIN_FOREIGN"]);
    }
    expect((await write({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await write({ origin: house.url })).status).toBe(201);
    expect((await write({})).status).toBe(201);
    expect(
      (await stranger(house.url).send("POST", "/api/auth/sign-in/anonymous", { headers: { origin: "https://evil.example" } }))
        .status,
    ).toBe(403);
  });
});

describe("a session", () => {
  test("makes a guest, in a cookie that scripts cannot read, and ends with sign-out", async () => {
    const visitor = stranger(house.url);
    expect(await meOf(visitor)).toMatchObject({ user: null, signIn: { guests: true, providers: [] }, simulatedWorld: true });
    const { headers, body } = await must(visitor.send("POST", "/api/auth/sign-in/anonymous", { headers: { origin: house.url } }));
    expect(headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Lax/);
    expect(body).toEqual({});
    expect((await meOf(visitor)).user).toMatchObject({ guest: true, karma: 0, consentVersion: null });
    const stolen = visitor.cookie();
    await must(visitor.send("POST", "/api/auth/sign-out"));
    const replay = await fetch(`${house.url}/api/me`, { headers: { cookie: stolen } });
    expect(await replay.json()).toMatchObject({ user: null });
  });

  test("cannot be forged, and no header or body names the user", async () => {
    const judge = await house.judge();
    const { user } = await meOf(judge);
    const [session] = await house.sql<{ token: string }>('select token from session where "userId" = $1', [user?.id]);
    for (const cookie of [
      `pickapic.session_token=${session?.token}`,
      `pickapic.session_token=${session?.token}.AAAA`,
      "pickapic.session_token=x.y",
    ]) {
      const reply = await fetch(`${house.url}/api/me`, { headers: { cookie, "x-user-id": user?.id ?? "" } });
      expect(await reply.json()).toMatchObject({ user: null });
    }
  });

  test("agrees to the current text only, and may withdraw", async () => {
    const visitor = await house.visitor();
    const old = await visitor.send("POST", "/api/consent", { body: { version: "1999" } });
    expect([old.status, codeOf(old)]).toEqual([409, "PICKAPIC_CONSENT_OUTDATED"]);
    const { consent } = await meOf(visitor);
    await must(visitor.send("POST", "/api/consent", { body: { version: consent.version } }));
    expect((await meOf(visitor)).user?.consentVersion).toBe(consent.version);
    await must(visitor.send("DELETE", "/api/consent"));
    const reply = await visitor.send("POST", "/api/rounds", { body: { prompt: "a cat" } });
    expect([reply.status, codeOf(reply)]).toEqual([403, "PICKAPIC_CONSENT_REQUIRED"]);
  });

  test("of a guest who signs in to an account brings answers and karma along", async () => {
    const guest = await house.judge();
    const { comparison } = await startRound(guest);
    await answerAndGoOn(guest, comparison.id, "left");
    const account = await house.judge();
    const ids = [(await meOf(guest)).user?.id ?? "", (await meOf(account)).user?.id ?? ""] as const;
    const connection = connect((await runningEmbedded(house.folder)) ?? "", {}, () => undefined);
    await adoptGuest(connection.db, ...ids);
    await connection.close();
    expect((await meOf(account)).user?.karma).toBe(1);
    expect((await must(account.send("GET", "/api/history"))).body).toMatchObject({ items: [{ choice: "left" }] });
    expect((await meOf(guest)).user?.karma).toBe(0);
  });

  test("finds every table that better-auth wants in our migrations", async () => {
    const pool = new pg.Pool({ connectionString: (await runningEmbedded(house.folder)) ?? "" });
    const settings = resolveSettings({ backends: [fakeBackend()] }, {});
    const options = authOptions(settings, "x".repeat(32), { pool, adopt: async () => undefined });
    const { toBeCreated, toBeAdded } = await getMigrations(options);
    await pool.end();
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
  });
});

test.each([100, -100])("a clock that jumps by %i days for a few requests ends no session", async (days) => {
  const guest = await house.judge();
  const { user } = await meOf(guest);
  // The clock of the database is the machine's, too: by it the session has come nearer to its end, or further away.
  const moveEnd = (by: number) =>
    house.sql(`update session set "expiresAt" = "expiresAt" + $1 * interval '1 day' where "userId" = $2`, [by, user?.id]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 24 * 60 * 60 * 1000 });
  await moveEnd(-days);
  await meOf(guest);
  await guest.send("GET", "/api/history");
  await guest.send("POST", "/api/rounds", { body: { prompt: "a red cat" } });
  vi.useRealTimers();
  await moveEnd(days);
  expect((await meOf(guest)).user?.id).toBe(user?.id);
  expect((await guest.send("GET", "/api/history")).status).toBe(200);
});

test("what serves nobody any more is forgotten at night: sessions that ran out, old replies, guests who did nothing", async () => {
  const [idle, active, fresh] = [await house.visitor(), await house.judge(), await house.visitor()];
  await startRound(active);
  const names = await Promise.all([idle, active, fresh].map(async (visitor) => (await meOf(visitor)).user?.id ?? ""));
  await house.sql(`update "user" set "createdAt" = now() - interval '31 days' where id = any($1)`, [names.slice(0, 2)]);
  await house.sql(`update session set "expiresAt" = now() - interval '1 second' where "userId" = $1`, [names[1]]);
  const reply = "insert into replies (user_id, key, request_hash, created_at) values ($1, $2, '', now() - $3 * interval '1 day')";
  await house.sql(reply, [names[1], "old-reply", 31]);
  await house.sql(reply, [names[1], "new-reply", 29]);
  const connection = connect((await runningEmbedded(house.folder)) ?? "", {}, () => undefined);
  const files = imageFiles(folderStore(join(house.folder, "files")));
  const settings = resolveSettings({ backends: [fakeBackend()] }, {});
  await forget({ db: connection.db, files, settings, log: pino({ level: "silent" }) });
  await connection.close();
  const users = await house.sql<{ id: string }>(`select id from "user" where id = any($1)`, [names]);
  expect(new Set(users.map(({ id }) => id))).toEqual(new Set(names.slice(1)));
  expect(await house.sql(`select 1 from session where "userId" = $1`, [names[1]])).toEqual([]);
  expect((await meOf(active)).user).toBeNull();
  expect((await meOf(fresh)).user?.id).toBe(names[2]);
  expect(await house.sql("select key from replies where user_id = $1", [names[1]])).toEqual([{ key: "new-reply" }]);
});

describe("secrets", () => {
  test("lie in the data folder, readable by their owner only, and differ", async () => {
    const files = ["secret", "admin-token", "postgres-password"];
    const texts = await Promise.all(files.map((file) => readFile(join(house.folder, file), "utf8")));
    expect(new Set(texts).size).toBe(3);
    for (const text of texts) expect(text.trim()).toMatch(/^[\w-]{43}$/);
    for (const file of files) expect((await stat(join(house.folder, file))).mode & 0o777).toBe(0o600);
  });
});

describe("headers", () => {
  test("forbid foreign and inline scripts, framing and guessing of types", async () => {
    const { headers } = await stranger(house.url).send("GET", "/");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("img-src 'self' blob: data:");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("limits", () => {
  test("hold per user, so that many users behind one address do not meet them", async () => {
    const small = await openHouse({ rateLimit: 20, signInLimit: 5 });
    try {
      const judges = await Promise.all([1, 2, 3].map(() => small.judge()));
      for (const judge of judges) for (let i = 0; i < 15; i++) await must(judge.send("GET", "/api/history"));
      const many = await Promise.all(Array.from({ length: 20 }, () => judges[0]!.send("GET", "/api/history")));
      const refused = many.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThan(0);
      expect(codeOf(refused[0]!)).toBe("PICKAPIC_TOO_MANY_REQUESTS");
      expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
      await must(judges[1]!.send("GET", "/api/history"));
      const signIns = await Promise.all(
        Array.from({ length: 6 }, () => stranger(small.url).send("POST", "/api/auth/sign-in/anonymous")),
      );
      expect(signIns.some(({ status }) => status === 429)).toBe(true);
    } finally {
      await small.close();
    }
  });

  test("hold for new guests of one address and day, whatever a visitor writes before the proxy's word; who is known goes on", async () => {
    const small = await openHouse({ guestsPerAddress: 2, trustProxy: true });
    try {
      const arrive = async (forwarded: string) => {
        const visitor = stranger(small.url);
        const headers = { "x-forwarded-for": forwarded };
        return { visitor, reply: await visitor.send("POST", "/api/auth/sign-in/anonymous", { headers }) };
      };
      const known = await arrive("198.51.100.7");
      const both = [known, await arrive("198.51.100.7")];
      expect(both.map(({ reply }) => reply.status)).toEqual([200, 200]);
      for (const forwarded of ["198.51.100.7", "203.0.113.9, 198.51.100.7", "::ffff:198.51.100.7"]) {
        const { reply } = await arrive(forwarded);
        expect([forwarded, reply.status, codeOf(reply)]).toEqual([forwarded, 429, "PICKAPIC_GUESTS_SHARE"]);
        expect(messageOf(reply)).toMatch(/^2 new guests .* please come back in \d+ hours?\.$/);
      }
      expect((await arrive("198.51.100.8")).reply.status).toBe(200);
      expect((await meOf(known.visitor)).user?.guest).toBe(true);
      const kept = await small.sql("select * from newcomers order by guests");
      expect(kept).toMatchObject([{ guests: 1 }, { guests: 2 }]);
      expect(JSON.stringify(kept)).not.toMatch(/198|51\.100/);
    } finally {
      await small.close();
    }
  });

  test("for new guests begin anew at midnight UTC, and another secret or day makes another mark of the same address", async () => {
    const connection = connect((await runningEmbedded(house.folder)) ?? "", {}, () => undefined);
    const admit = (secret: string, time: string) =>
      admitGuest(connection.db, { address: "2001:db8::1", secret, limit: 1 }, new Date(time));
    expect(await admit("a", "2020-01-01T12:00:00Z")).toBeNull();
    expect(await admit("a", "2020-01-01T12:00:00Z")).toBe(12);
    expect(await admit("a", "2020-01-01T23:59:59Z")).toBe(1);
    expect(await admit("b", "2020-01-01T12:00:00Z")).toBeNull();
    expect(await admit("a", "2020-01-02T00:00:00Z")).toBeNull();
    await connection.close();
    expect(await house.sql("select 1 from newcomers where day < '2021-01-01'")).toHaveLength(3);
  });

  test.each([
    ["198.51.100.7", "198.51.100.7"],
    ["::FFFF:198.51.100.7", "198.51.100.7"],
    ["2001:db8:0:1:aaaa:bbbb:cccc:dddd", "2001:db8:0:1::/64"],
    ["2001:0DB8::1:0:0:0:5", "2001:db8:0:1::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("take %s for %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
