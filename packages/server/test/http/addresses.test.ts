import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/http/app.ts";
import { sendFailure } from "../../src/http/failures.ts";
import { checkHosts } from "../../src/http/hosts.ts";
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
