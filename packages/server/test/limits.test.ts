import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse, stranger } from "./house.ts";

/** A connection that says something and then nothing more; resolves to all that came back when it is closed. */
function half(url: string, text: string): { socket: Socket; closed: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let came = "";
  socket.on("data", (bytes) => {
    came += String(bytes);
  });
  socket.write(text);
  return { socket, closed: new Promise((done) => socket.once("close", () => done(came)).once("error", () => done(came))) };
}

describe("a request that is sent slowly", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ requestTimeoutMs: 500, host: "127.0.0.1" });
  });
  afterAll(() => house.close());

  test.each([
    [
      "body",
      "POST /api/auth/sign-in/anonymous HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{",
    ],
    ["head", "GET /api/health HTTP/1.1\r\nhost: localh"],
  ])("is closed with 408 in the shape of all errors: its %s does not arrive", async (_what, text) => {
    const came = await half(house.url, text).closed;
    expect(came).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(JSON.parse(came.slice(came.indexOf("{")))).toMatchObject({ error: { code: "PICKAPIC_REQUEST_SLOW", status: 408 } });
  });

  test("does not concern one that takes long to be answered", async () => {
    const judge = await house.judge();
    const { body } = await judge.send("POST", "/api/rounds", { body: { prompt: "a" } });
    const { id } = body as { id: string };
    const events = await fetch(`${house.url}/api/rounds/${id}/events`, { headers: { cookie: judge.cookie() } });
    await new Promise((done) => setTimeout(done, 2_500));
    const reader = events.body?.getReader();
    const { done } = (await reader?.read()) ?? { done: true };
    expect([events.status, done]).toEqual([200, false]);
    await reader?.cancel();
  });

  test("what is no HTTP, or too much of it, is refused in the same shape", async () => {
    const noise = await half(house.url, "hello\r\n\r\n").closed;
    expect(noise).toMatch(/^HTTP\/1\.1 400 .*PICKAPIC_REQUEST_MALFORMED/s);
    const heavy = await half(house.url, `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(40_000)}\r\n\r\n`).closed;
    expect(heavy).toMatch(/^HTTP\/1\.1 431 .*PICKAPIC_HEADERS_TOO_LARGE/s);
  });
});

test("connections of an address above its limit are closed at once; when some of them end, others may come", async () => {
  const house = await openHouse({ addressConnectionLimit: 3, host: "127.0.0.1" });
  // The connection that the house's own visitors may hold counts, too: three of these fill the limit at least.
  const held = Array.from({ length: 3 }, () => half(house.url, "GET /api/health HTTP/1.1\r\nhost: l"));
  await new Promise((done) => setTimeout(done, 300));
  expect(await half(house.url, "GET /api/health HTTP/1.1\r\nhost: localhost\r\n\r\n").closed).toBe("");
  for (const { socket } of held) socket.destroy();
  await expect
    .poll(
      async () =>
        (
          await stranger(house.url)
            .send("GET", "/api/health")
            .catch(() => null)
        )?.status,
    )
    .toBe(200);
  await house.close();
});
