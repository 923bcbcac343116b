import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { isExempt, proxyOf } from "../src/proxy.ts";
import { expectWhole, opened } from "./opened.ts";

/** A proxy of HTTP that knows one host, whatever it is called, and opens no tunnel. */
async function openProxy(target: string) {
  const seen: string[] = [];
  const authorized = new Set<string | undefined>();
  const forward = (request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.method} ${request.url!.split("?")[0]}`);
    authorized.add(request.headers["proxy-authorization"]);
    const { pathname, search } = new URL(request.url!);
    const { "proxy-authorization": _, ...headers } = request.headers;
    const onward = ask(`${target}${pathname}${search}`, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  };
  const server = createServer(forward);
  server.on("connect", ({ url, headers }: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${url}`);
    authorized.add(headers["proxy-authorization"]);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, authorized };
}

test("a model comes through the proxy of HTTP_PROXY, whole, also from where the hub sends on", async () => {
  const { get, hub, env } = await opened();
  const proxy = await openProxy(hub.url);
  const withUser = proxy.url.replace("//", "//me:p%40ss@");
  expectWhole(await get({ env: { ...env, HF_ENDPOINT: "http://hub.example", HTTP_PROXY: withUser } }));
  expect(proxy.seen).toHaveLength(hub.requests.length);
  expect(proxy.seen[0]).toBe("GET http://hub.example/api/models/someone/a-clip/revision/main");
  expect(proxy.seen.some((each) => /GET http:\/\/localhost:\d+\/storage\/model\.safetensors/.test(each))).toBe(true);
  expect([...proxy.authorized]).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  expect(hub.leaked).toEqual([]);
});

test("NO_PROXY counts for each host on its own", async () => {
  const { get, hub, env } = await opened();
  const proxy = await openProxy(hub.url);
  expectWhole(await get({ env: { ...env, HF_ENDPOINT: "http://hub.example", http_proxy: proxy.url, NO_PROXY: "localhost" } }));
  expect(proxy.seen.length).toBeGreaterThan(0);
  expect(proxy.seen.filter((each) => !each.includes("//hub.example/"))).toEqual([]);
  expect(hub.requests.some((each) => each.includes("/storage/"))).toBe(true);
});

test("an address with TLS goes through a tunnel of HTTPS_PROXY, and what the proxy answers is said", async () => {
  const { get, hub, env } = await opened();
  const proxy = await openProxy(hub.url);
  const failed = get({
    env: { ...env, HF_ENDPOINT: "https://hub.example", HTTPS_PROXY: proxy.url, HTTP_PROXY: "http://never.example" },
  });
  await expect(failed).rejects.toThrow(
    /https:\/\/hub\.example could not be used \(.*Proxy response \(403\).*\), after 5 attempts/,
  );
  expect(new Set(proxy.seen)).toEqual(new Set(["CONNECT hub.example:443"]));
});

test("a proxy that is not there, or whose address is none, is one sentence without its password", async () => {
  const { get, env } = await opened();
  const through = (proxy: string) => get({ env: { ...env, HF_ENDPOINT: "http://hub.example", HTTP_PROXY: proxy } });
  await expect(through("http://127.0.0.1:9")).rejects.toThrow(
    /\(nothing answers there \(ECONNREFUSED\)\), after 5 attempts: check the network/,
  );
  await expect(through("ftp://me:secret@proxy:21")).rejects.toThrow(
    'HTTP_PROXY: expected the address of a proxy such as http://proxy.example:3128; got "ftp://...@proxy:21": correct it, or unset it.',
  );
});

test("the variables are read as curl reads them", () => {
  const proxy = (url: string, env: Record<string, string>) => proxyOf(new URL(url), env);
  expect(proxy("https://a.b/", { HTTPS_PROXY: "http://p:1" })).toBe("http://p:1/");
  expect(proxy("https://a.b/", { HTTPS_PROXY: "p:1", https_proxy: "q:2" })).toBe("http://q:2/");
  expect(proxy("https://a.b/", { HTTP_PROXY: "p:1" })).toBeNull();
  expect(proxy("http://a.b/", { ALL_PROXY: "socks5://p:1" })).toBe("socks5://p:1");
  expect(proxy("http://a.b/", { HTTP_PROXY: "p", NO_PROXY: "c.d,a.b" })).toBeNull();
  expect(proxy("http://a.b/", {})).toBeNull();
});

test.each([
  ["http://hub.example", "hub.example", true],
  ["http://HUB.example", "Hub.Example", true],
  ["http://a.hub.example", "hub.example", true],
  ["http://a.hub.example", ".hub.example", true],
  ["http://a.hub.example", "*.hub.example", true],
  ["http://hub.example", ".hub.example", true],
  ["http://myhub.example", "hub.example", false],
  ["http://hub.example", "a.example  hub.example", true],
  ["http://hub.example", "a.example,,", false],
  ["http://hub.example", "*", true],
  ["http://hub.example:8080", "hub.example:8080", true],
  ["http://hub.example", "hub.example:8080", false],
  ["https://hub.example", "hub.example:443", true],
  ["http://10.1.2.3", "10.0.0.0/8", true],
  ["http://11.1.2.3", "10.0.0.0/8", false],
  ["http://10.1.2.3", "10.1.2.3", true],
  ["http://9.10.1.2", "10.1.2", false],
  ["http://[::1]:80", "::1", true],
  ["http://[::1]:80", "[::1]:80", true],
  ["http://hub.example", "", false],
])("%s with NO_PROXY=%s: exempt is %s", (url, noProxy, expected) => {
  expect(isExempt(new URL(url), noProxy)).toBe(expected);
});
