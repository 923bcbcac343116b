import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/http/app.ts";
import { sendFailure } from "../../src/http/failures.ts";
import { checkHosts, isOwnHost } from "../../src/http/hosts.ts";
import { limitRates } from "../../src/http/limits.ts";
import { refuseUnknown } from "../../src/http/methods.ts";
import { stopGracefully } from "../../src/http/stopping.ts";

/** An app with these checks and three routes, and nothing else. */
function appWith(register: (app: App) => void) {
  const app = fastify();
  app.setErrorHandler(sendFailure);
  // The checks use no more of the app than fastify has by itself.
  register(app as never);
  for (const url of ["/a.b/:id", "/a.b/:id/c"]) app.get(url, () => ({ url }));
  app.route({ url: "/both", method: ["PUT", "POST"], handler: () => "both" });
  app.get("/files/*", () => "file");
  return app;
}

describe("an address", () => {
  const app = appWith(refuseUnknown);
  beforeAll(() => app.ready());
  afterAll(() => app.close());

  test.each([
    ["GET", "/a.b/x", 200, undefined],
    ["GET", "/a.b/x?y", 200, undefined],
    ["POST", "/a.b/x", 405, "GET, HEAD"],
    ["POST", "/a.b/x/c?y=/z", 405, "GET, HEAD"],
    ["GET", "/both", 405, "POST, PUT"],
    ["POST", "/a.b/x/", 404, undefined],
    ["POST", "/axb/x", 404, undefined],
    ["POST", "/a.b/", 404, undefined],
    ["POST", "/z/a.b/x", 404, undefined],
    ["POST", "/a.b/x/c/d", 404, undefined],
    ["POST", "/files/x", 404, undefined],
    ["POST", "/files/", 404, undefined],
    ["POST", `/z/${"x".repeat(200)}`, 404, undefined],
  ] as const)("%s %s is answered with %d and allows %s", async (method, url, status, allow) => {
    const reply = await app.inject({ method, url });
    expect([reply.statusCode, reply.headers.allow]).toEqual([status, allow]);
    if (status === 405)
      expect(reply.json().error).toMatchObject({ code: "PICKAPIC_METHOD_UNKNOWN", message: expect.stringContaining(allow) });
    if (status === 404) {
      const message = `The server knows no ${method} ${url.slice(0, 100)}. All addresses are listed at /api/docs.`;
      expect(reply.json().error).toMatchObject({ code: "PICKAPIC_ROUTE_UNKNOWN", message });
    }
  });
});

test("a route that knows no such file answers as an address that is not there", async () => {
  const app = appWith(refuseUnknown);
  app.get("/gone", (_request, reply) => reply.callNotFound());
  const reply = await app.inject("/gone");
  expect([reply.statusCode, reply.json().error.code]).toEqual([404, "PICKAPIC_ROUTE_UNKNOWN"]);
  await app.close();
});

test("an address or a method that is not there is refused before its body is read", async () => {
  const app = appWith(refuseUnknown);
  const headers = { "content-type": "application/json" };
  const ask = async (url: string) => (await app.inject({ method: "POST", url, headers, payload: "{broken" })).statusCode;
  expect([await ask("/nowhere"), await ask("/files/"), await ask("/a.b/x"), await ask("/both")]).toEqual([404, 404, 405, 400]);
  await app.close();
});

test("a Host is one of this server, or refused with what came", async () => {
  const app = appWith((each) => checkHosts(each, { publicUrl: "https://pick.example", host: "localhost" }));
  const ask = async (host: string) => {
    const { statusCode, body } = await app.inject({ url: "/a.b/x", headers: { host } });
    return [statusCode, statusCode === 200 ? "" : JSON.parse(body).error.message];
  };
  expect(await ask("PICK.example:80")).toEqual([200, ""]);
  expect(await ask("evil.example")).toEqual([421, expect.stringContaining("the name evil.example:")]);
  expect(await ask(`a b${"c".repeat(200)}`)).toEqual([400, expect.stringContaining(`"a b${"c".repeat(97)}"`)]);
  expect(await ask(`${"d".repeat(200)}.example`)).toEqual([421, expect.stringContaining(`${"d".repeat(100)}:`)]);
  await app.close();
});

test("localhost is this server whatever it listens on, and a name counts in any case of its letters", () => {
  const own = (name: string, host: string) => isOwnHost(name, { publicUrl: undefined, host }, "Studio");
  expect([own("localhost", "0.0.0.0"), own("a.localhost", "0.0.0.0"), own("studio", "0.0.0.0"), own("inside", "Inside")]).toEqual(
    [true, true, true, true],
  );
  expect([own("localhost.a", "0.0.0.0"), own("alocalhost", "0.0.0.0")]).toEqual([false, false]);
});

test("requests are counted by person, or by address where nobody is signed in; those of the operator are not", async () => {
  const app = fastify({ trustProxy: true });
  app.setErrorHandler(sendFailure);
  app.decorateRequest("person", null);
  app.addHook("onRequest", async (request) => {
    const id = request.headers["x-person"];
    if (id !== undefined) Object.assign(request, { person: { id } });
  });
  await limitRates(app as never, { rateLimit: 2 });
  for (const access of ["public", "admin"] as const) app.get(`/${access}`, { config: { access } }, () => "yes");
  app.post("/write", { config: { access: "public" } }, () => "yes");
  const ask = (headers: Record<string, string>, url = "/public") => app.inject({ url, headers });
  const statuses = async (times: number, ...call: Parameters<typeof ask>) => {
    const found: number[] = [];
    for (let i = 0; i < times; i++) found.push((await ask(...call)).statusCode);
    return found;
  };
  const class1 = { "x-forwarded-for": "9.9.9.9" };
  expect(await statuses(3, { ...class1, "x-person": "a" })).toEqual([200, 200, 429]);
  expect(await statuses(3, { ...class1, "x-person": "b" })).toEqual([200, 200, 429]);
  expect(await statuses(3, class1)).toEqual([200, 200, 429]);
  expect(await statuses(1, { "x-forwarded-for": "8.8.8.8" })).toEqual([200]);
  expect(await statuses(4, class1, "/admin")).toEqual([200, 200, 200, 200]);
  // What is refused before its route is asked does not count.
  const broken = { method: "POST", url: "/write", payload: "{", headers: { "content-type": "application/json" } } as const;
  for (let i = 0; i < 3; i++) expect((await app.inject(broken)).statusCode).toBe(400);
  expect((await app.inject({ ...broken, payload: "{}" })).statusCode).toBe(200);
  const refused = (await ask(class1)).json().error;
  expect(refused.code).toBe("PICKAPIC_TOO_MANY_REQUESTS");
  const seconds = Number(/(\d+) s/.exec(refused.message)?.[1]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  await app.close();
});

test("an app that stops finishes what runs, and refuses what comes", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stopped: string[] = [];
  const app = appWith((each) => stopGracefully(each, () => stopped.push("stop")));
  app.get("/slow", () => promise);
  await app.ready();
  expect((await app.inject("/both")).headers.connection).not.toBe("close");
  const slow = app.inject("/slow");
  await new Promise(setImmediate);
  const closing = app.close();
  await new Promise(setImmediate);
  resolve("done");
  const reply = await slow;
  expect([reply.body, reply.headers.connection, stopped]).toEqual(["done", "close", ["stop"]]);
  await closing;
});
