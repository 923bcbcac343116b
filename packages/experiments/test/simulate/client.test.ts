import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type ClientSettings, openClient } from "../../src/simulate/client.ts";

let server: Server | undefined;
afterEach(() => new Promise((done) => (server ? server.close(done) : done(undefined))));

/** A server that answers the n-th request with the n-th reply, and the last one from then on. */
async function serving(...replies: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const requests: IncomingMessage[] = [];
  server = createServer((request, response) => {
    requests.push(request);
    (replies[requests.length - 1] ?? replies.at(-1)!)(request, response);
  });
  await new Promise<void>((done) => server!.listen(0, "127.0.0.1", done));
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), requests };
}

const reply =
  (status: number, body: object, headers: Record<string, string | string[]> = {}) =>
  (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
const broken = (request: IncomingMessage) => request.socket.destroy();

function settings(url: URL, more: Partial<ClientSettings> = {}): ClientSettings & { retries: () => number } {
  let retries = 0;
  const { signal } = new AbortController();
  return {
    url,
    awayTimeoutMs: 5000,
    signal,
    now: () => performance.now(),
    random: () => 0,
    onRetry: () => retries++,
    retries: () => retries,
    ...more,
  };
}

const Body = z.object({ n: z.int() });
const post = { method: "POST", path: "/x", body: { a: 1 }, key: "one key" } as const;

test("a request is sent again under the same key when the connection breaks or the app restarts", async () => {
  const { url, requests } = await serving(broken, reply(503, {}), reply(502, {}), reply(200, { n: 1 }));
  const client = settings(url);
  expect(await openClient(client).send(post, Body)).toEqual({ n: 1 });
  expect(requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["one key", "one key", "one key", "one key"]);
  expect(client.retries()).toBe(3);
});

test("a refusal is not repeated; its status and sentence are passed on", async () => {
  const { url, requests } = await serving(
    reply(409, { error: { code: "PICKAPIC_ALREADY_ANSWERED", message: "You have answered.", status: 409 } }),
  );
  const refused = openClient(settings(url)).send(post, Body);
  await expect(refused).rejects.toMatchObject({
    code: "PICKAPIC_CLI_APP_REFUSED",
    message: "The app refused POST /x with status 409: You have answered.",
  });
  expect(requests).toHaveLength(1);
});

test("a reply of another program is named, with what came", async () => {
  const { url } = await serving(reply(200, { hello: 1 }));
  const health = z.object({ status: z.literal("ok") });
  await expect(openClient(settings(url)).send({ method: "GET", path: "/health" }, health)).rejects.toMatchObject({
    code: "PICKAPIC_CLI_APP_STRANGE",
    message: expect.stringContaining(`GET /health with something else than the app does: "status": expected "ok"; got nothing.`),
  });
});

test("a request is given up when the app is away for longer than the timeout", async () => {
  const { url } = await serving(broken);
  const impatient = openClient(settings(url, { awayTimeoutMs: 300 })).send(post, Body);
  await expect(impatient).rejects.toMatchObject({ code: "PICKAPIC_CLI_APP_UNREACHABLE" });
});

test("an app that asks for time gets it", async () => {
  const { url } = await serving(reply(429, {}, { "retry-after": "0.3" }), reply(200, { n: 2 }));
  const started = performance.now();
  expect(await openClient(settings(url)).send(post, Body)).toEqual({ n: 2 });
  expect(performance.now() - started).toBeGreaterThan(290);
});

test("cookies are kept and sent, and the origin is that of the app", async () => {
  const { url, requests } = await serving(
    reply(200, { n: 1 }, { "set-cookie": ["session=a=b; HttpOnly; Path=/", "theme=dark"] }),
    reply(200, { n: 2 }),
  );
  const client = openClient(settings(url));
  await client.send({ method: "GET", path: "/a" }, Body);
  await client.send({ method: "GET", path: "/b" }, Body);
  expect(requests[1]?.headers.cookie).toBe("session=a=b; theme=dark");
  expect(requests[1]?.headers.origin).toBe(url.origin);
});

test("Ctrl-C ends the waiting at once", async () => {
  const { url } = await serving(broken);
  const controller = new AbortController();
  const waiting = openClient(settings(url, { signal: controller.signal })).send(post, Body);
  setTimeout(() => controller.abort(new DOMException("stopped", "AbortError")), 50);
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
