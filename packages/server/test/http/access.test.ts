/** @file Who may use which route, on an app without a database. */
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enforceAccess, isOperator } from "../../src/http/access.ts";
import { sendFailure } from "../../src/http/failures.ts";

const TOKEN = "token-of-the-operator";
const settings = { publicUrl: "https://pick.example" };

/** An app with these checks and a route of each level. Nobody is signed in, and there is no judge. */
function appWith(more: object = {}) {
  const app = fastify();
  app.setErrorHandler(sendFailure);
  // The checks use no more of the services than this, as long as no cookie comes.
  enforceAccess(app as never, { settings, adminToken: TOKEN, secret: "x", judge: null, ...more } as never);
  for (const access of ["public", "user", "consented", "admin", "caller"] as const)
    app.route({ url: `/${access}`, method: ["GET", "POST", "OPTIONS"], config: { access }, handler: () => access });
  return app;
}

const app = appWith();
beforeAll(() => app.ready());
afterAll(() => app.close());

async function ask(url: string, headers: Record<string, string> = {}, method: "GET" | "POST" | "OPTIONS" = "GET") {
  const reply = await app.inject({ url, method, headers });
  return { ...reply, said: reply.statusCode === 200 ? reply.body : reply.json().error.code };
}

test.each([
  ["/public", {}, "public"],
  ["/user", {}, "PICKAPIC_SIGN_IN_REQUIRED"],
  ["/consented", {}, "PICKAPIC_SIGN_IN_REQUIRED"],
  ["/admin", {}, "PICKAPIC_ADMIN_REQUIRED"],
  ["/admin", { authorization: `Bearer ${TOKEN}` }, "admin"],
  ["/user", { authorization: `Bearer ${TOKEN}` }, "PICKAPIC_SIGN_IN_REQUIRED"],
  ["/caller", {}, "PICKAPIC_INTERNAL"],
])("%s with %j is answered by %s, and no cache stores it", async (url, headers, said) => {
  const reply = await ask(url, headers);
  expect([reply.said, reply.headers["cache-control"]]).toEqual([said, "no-store"]);
});

test("a route of the judge takes callers where there is a judge, and is a bug where there is none", async () => {
  const judging = appWith({ judge: { keys: null } });
  judging.get("/who", { config: { access: "caller" } }, ({ caller }) => caller);
  const reply = await judging.inject("/who");
  expect([reply.statusCode, reply.json()]).toEqual([200, { name: "open", turn: "127.0.0.1" }]);
  await judging.close();
});

test("a route must say who may use it", () => {
  const open = fastify();
  enforceAccess(open as never, {} as never);
  expect(() => open.get("/z", () => "z")).toThrow("route GET /z does not say who may use it (config.access)");
  expect(() => open.get("/y", { config: {} }, () => "y")).toThrow("config.access");
});

test("an address that is not there is nobody's", async () => {
  const reply = await app.inject({ url: "/nowhere", method: "POST", headers: { origin: "https://evil.example" } });
  expect([reply.statusCode, reply.headers["cache-control"]]).toEqual([404, undefined]);
});

test.each([
  [`Bearer ${TOKEN}`, true],
  [`bearer ${TOKEN}`, true],
  [`Bearer ${TOKEN}x`, false],
  [`x Bearer ${TOKEN}`, false],
  [`Bearer${TOKEN}`, false],
  [TOKEN, false],
  ["", false],
  [undefined, false],
])("the authorization %j is the operator's: %s", (authorization, expected) => {
  expect(isOperator({ headers: { authorization } } as never, { adminToken: TOKEN })).toBe(expected);
});

describe("a page of another site", () => {
  const FOREIGN = "PICKAPIC_ORIGIN_FOREIGN";
  test.each([
    [{}, "public"],
    [{ origin: "https://pick.example" }, "public"],
    [{ origin: "http://localhost" }, "public"],
    [{ origin: "http://localhost:81" }, FOREIGN],
    [{ origin: "https://evil.example" }, FOREIGN],
    [{ origin: "null" }, FOREIGN],
    [{ origin: "https://pick.example", "sec-fetch-site": "cross-site" }, "public"],
    [{ "sec-fetch-site": "cross-site" }, FOREIGN],
    [{ "sec-fetch-site": "same-site" }, FOREIGN],
    [{ "sec-fetch-site": "same-origin" }, "public"],
    [{ "sec-fetch-site": "none" }, "public"],
  ])("changes nothing: %j is answered by %s; it may read", async (headers: Record<string, string>, said) => {
    const own = { host: "localhost", ...headers };
    expect((await ask("/public", own, "POST")).said).toBe(said);
    expect((await ask("/public", own, "GET")).said).toBe("public");
    expect((await ask("/public", own, "OPTIONS")).said).toBe("public");
  });

  test("is named, with the name of this one", async () => {
    const messageOf = async (headers: Record<string, string>, of = app) =>
      (await of.inject({ url: "/public", method: "POST", headers })).json().error.message;
    const message = await messageOf({ origin: "https://evil.example" });
    expect(message).toContain("https://evil.example");
    expect(message).toContain("pick.example");
    expect(await messageOf({ "sec-fetch-site": "cross-site" })).toContain("another site");
    const nameless = appWith({ settings: {} });
    const own = { host: "machine:80", origin: "https://evil.example" };
    expect(await messageOf(own, nameless)).toContain("machine:80");
    await nameless.close();
  });
});
