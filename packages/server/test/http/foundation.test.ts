/** @file What every application of the package stands on, without a database and without a port. */
import { connect } from "node:net";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { App } from "../../src/http/app.ts";
import { type Additions, type HttpSettings, openFoundation } from "../../src/http/foundation.ts";

/** A text of some thousand characters, which another quality makes shorter or longer. */
const LONG = Array.from({ length: 900 }, (_, i) => `${(i * 7919) % 1000} cats`).join(" ");
const SETTINGS: HttpSettings = {
  host: "localhost",
  publicUrl: undefined,
  trustProxy: false,
  requestTimeoutMs: 5_000,
  connectionLimit: 9,
  addressConnectionLimit: 2,
  rateLimit: 3,
};
const api = { title: "t", about: "a", tags: [], server: "/", securitySchemes: {} };
const open: App[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function appWith(settings: Partial<HttpSettings> = {}, more: Partial<Additions> = {}) {
  const guard = (app: App) => void app.decorateRequest("person", null);
  const additions = { guard, onStop: () => undefined, api, ...more };
  const { app, refuse } = await openFoundation({ ...SETTINGS, ...settings }, pino({ level: "silent" }), additions);
  open.push(app);
  const config = { access: "public" } as const;
  const hidden = { hide: true };
  app.post("/echo", { config, schema: hidden }, ({ body }) => ({ came: body ?? null }));
  app.get("/ip", { config: { access: "admin" }, schema: hidden }, ({ ip }) => ({ ip }));
  app.get("/long", { config: { access: "admin" }, schema: hidden }, () => ({ text: LONG }));
  app.get("/short", { config: { access: "admin" }, schema: hidden }, () => ({ text: "x".repeat(1_500) }));
  app.get("/bug", { config, schema: hidden }, () => Promise.reject(new Error("secret")));
  return { app, refuse };
}

describe("a body", () => {
  const send = async (payload: string, type = "application/json") => {
    const { app } = await appWith();
    const reply = await app.inject({ method: "POST", url: "/echo", payload, headers: { "content-type": type } });
    return [reply.statusCode, reply.statusCode === 200 ? reply.json().came : reply.json().error.code];
  };

  test.each([
    ['{"a":[1]}', 200, { a: [1] }],
    ["", 200, null],
    ["{", 400, "PICKAPIC_BODY_NOT_JSON"],
    ['{"__proto__":1}', 400, "PICKAPIC_BODY_NOT_JSON"],
    ['{"constructor":{"prototype":1}}', 400, "PICKAPIC_BODY_NOT_JSON"],
    ["[".repeat(21) + "]".repeat(21), 400, "PICKAPIC_BODY_INVALID"],
    [`"${"x".repeat(64 * 1024)}"`, 413, "PICKAPIC_BODY_TOO_LARGE"],
  ])("of JSON is taken or refused: %s", async (payload, status, came) => {
    expect(await send(payload)).toEqual([status, came]);
  });

  test("of another type is refused, whatever it holds", async () => {
    for (const type of ["text/plain", "application/xml"]) expect(await send("x", type)).toEqual([415, "PICKAPIC_BODY_TYPE"]);
  });
});

describe("an address behind proxies", () => {
  const seen = async (trustProxy: HttpSettings["trustProxy"]) => {
    const { app } = await appWith({ trustProxy });
    const headers = { "x-forwarded-for": "1.1.1.1, 2.2.2.2, 3.3.3.3" };
    return (await app.inject({ url: "/ip", headers, remoteAddress: "9.9.9.9" })).json().ip;
  };

  test("is as many steps from this server as there are proxies; what a visitor wrote before them is ignored", async () => {
    expect([await seen(false), await seen(1), await seen(2)]).toEqual(["9.9.9.9", "3.3.3.3", "2.2.2.2"]);
  });
});

describe("every application", () => {
  test("refuses what the host, the address or the rate does not allow, and hides what went wrong", async () => {
    const { app, refuse } = await appWith();
    const ask = async (url: string, headers: Record<string, string> = {}) => {
      const reply = await app.inject({ url, headers });
      return [reply.statusCode, reply.json().error?.code];
    };
    expect(await ask("/bug", { host: "evil.example" })).toEqual([421, "PICKAPIC_HOST_FOREIGN"]);
    expect(await ask("/none")).toEqual([404, "PICKAPIC_ROUTE_UNKNOWN"]);
    expect(await ask("/ip?%")).toEqual([200, undefined]);
    expect(await ask("/%")).toEqual([400, "PICKAPIC_ADDRESS_INVALID"]);
    for (let i = 0; i < 3; i++) expect(await ask("/bug")).toEqual([500, "PICKAPIC_INTERNAL"]);
    expect(await ask("/bug")).toEqual([429, "PICKAPIC_TOO_MANY_REQUESTS"]);
    expect(() => refuse({ url: "/x", method: "GET" } as never, {} as never)).toThrow(/GET \/x/);
  });

  test("checks what comes against the schemas, and what it sends", async () => {
    const { app } = await appWith();
    const schema = {
      hide: true,
      querystring: z.object({ n: z.coerce.number() }),
      response: { 200: z.object({ n: z.number() }) },
    };
    app.get("/double", { config: { access: "admin" }, schema }, ({ query }) => ({ n: query.n + 2, secret: 1 }));
    expect((await app.inject("/double?n=2")).json()).toEqual({ n: 4 });
    const refused = await app.inject("/double?n=x");
    expect([refused.statusCode, refused.json().error.code]).toEqual([400, "PICKAPIC_BODY_INVALID"]);
    expect(refused.json().error.message).toBe('GET /double: "n": expected a number; got "x".');
  });

  test("asks first what was added, then the host, and the guard only for addresses that are there", async () => {
    const asked: string[] = [];
    const noting = (name: string) => (app: App) => {
      if (name === "guard") app.decorateRequest("person", null);
      app.addHook("onRequest", async () => void asked.push(name));
    };
    const { app } = await appWith({}, { first: noting("first"), guard: noting("guard") });
    await app.inject({ url: "/ip", headers: { host: "evil.example" } });
    expect(asked.splice(0)).toEqual(["first"]);
    await app.inject("/none");
    expect(asked.splice(0)).toEqual(["first"]);
    await app.inject("/ip");
    expect(asked).toEqual(["first", "guard"]);
  });

  test("compresses what is long, as well as it can in a short time", async () => {
    const { app } = await appWith();
    const ask = (url: string) => app.inject({ url, headers: { "accept-encoding": "br" } });
    const [long, short] = [await ask("/long"), await ask("/short")];
    expect([long.headers["content-encoding"], short.headers["content-encoding"]]).toEqual(["br", undefined]);
    expect(JSON.parse(brotliDecompressSync(long.rawPayload).toString())).toEqual({ text: LONG });
    const sizeAt = (quality: number) =>
      brotliCompressSync(JSON.stringify({ text: LONG }), { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length;
    expect(Math.abs(long.rawPayload.length - sizeAt(4))).toBeLessThan(20);
    expect(long.rawPayload.length - sizeAt(11)).toBeGreaterThan(20);
  });

  test("has limits for connections, answers what is no request, and stops in an orderly way", async () => {
    const onStop = vi.fn();
    const { app } = await appWith({}, { onStop });
    await app.ready();
    const { server, initialConfig } = app;
    expect([server.maxConnections, server.requestTimeout, server.headersTimeout]).toEqual([9, 5_000, 5_000]);
    expect([server.listenerCount("checkExpectation"), server.listenerCount("connection") > 1]).toEqual([1, true]);
    expect(initialConfig).toMatchObject({ forceCloseConnections: "idle", bodyLimit: 64 * 1024 });
    await app.close();
    expect(onStop).toHaveBeenCalledOnce();
  });
});

describe("an application that stops", () => {
  /** One that listens, and a connection to it that waits for an answer. `release` gives the answer. */
  async function waiting(more: Partial<Additions> = {}) {
    const [asked, answer, onStop] = [vi.fn(), Promise.withResolvers<string>(), vi.fn()];
    const { app } = await appWith({}, { onStop, ...more });
    app.get("/slow", { config: { access: "admin" }, schema: { hide: true } }, () => {
      asked();
      return answer.promise;
    });
    const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(port), "127.0.0.1");
    let came = "";
    const closed = new Promise<string>((done) => socket.on("data", (bytes) => (came += bytes)).on("close", () => done(came)));
    socket.write("GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await expect.poll(() => asked, { interval: 5 }).toHaveBeenCalled();
    return { app, closed, onStop, release: () => answer.resolve("done") };
  }

  test("answers what it was asked before, and closes the connection; what comes then is refused by the error for that", async () => {
    let late: Response | undefined;
    const first = (app: App) => {
      app.addHook("preClose", async () => {
        // Hooks run one after the other, and the server listens until they are done.
        late = await fetch(new URL("/ip", app.listeningOrigin));
      });
    };
    const { app, closed, onStop, release } = await waiting({ first });
    const stopped = app.close();
    await expect.poll(() => late, { interval: 5 }).toBeDefined();
    expect(onStop).toHaveBeenCalledOnce();
    expect([late?.status, await late?.json()]).toMatchObject([503, { error: { code: "PICKAPIC_STOPPING" } }]);
    release();
    expect(await closed).toMatch(/^HTTP\/1.1 200 .*connection: close.*done$/is);
    await stopped;
  });

  test("closes the connection of what takes longer than it may", async () => {
    const { app, closed, release } = await waiting({ finishMs: 20 });
    await app.close();
    expect(await closed).toBe("");
    release();
  });
});

describe("the headers by which browsers protect pages", () => {
  const headersWith = async (publicUrl: string | undefined) => {
    const { app } = await appWith({ publicUrl });
    return (await app.inject("/ip")).headers;
  };

  test("are those of helmet with a policy of our own, on every reply", async () => {
    const headers = await headersWith(undefined);
    expect(headers).toMatchObject({
      "content-security-policy": [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join(";"),
      "referrer-policy": "same-origin",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
    });
    // What every server adds by itself is not one of them.
    expect(headers["content-length"]).toBe(String('{"ip":"127.0.0.1"}'.length));
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

  test("ask for https for a year where the public address has it", async () => {
    expect((await headersWith("https://localhost"))["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
    expect((await headersWith("http://localhost"))["strict-transport-security"]).toBeUndefined();
    expect((await headersWith("http://localhost/https:"))["strict-transport-security"]).toBeUndefined();
  });
});
