/** @file The HTTP layer of all backends, on answers that the test makes: no socket is opened. */

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { addressOf, type HttpSettings, openHttp, sharedLimits } from "../../src/http/client.ts";
import { retryAfterMs, retryAfterOf } from "../../src/http/retryAfter.ts";

const Reply = z.object({ ok: z.boolean() });
const ok = () => Response.json({ ok: true });

/** A client whose server answers with these in turn, the last one again and again. */
function client(
  answers: readonly (() => Response | Promise<Response>)[],
  settings: Partial<HttpSettings> = {},
  limits = sharedLimits(4, 20),
) {
  const calls: { url: string; init: RequestInit | undefined }[] = [];
  const effects = {
    fetch: async (url: URL | RequestInfo, init?: RequestInit) => {
      calls.push({ url: String(url), init });
      const answer = answers[Math.min(calls.length, answers.length) - 1] ?? ok;
      return answer();
    },
    random: () => 0.5,
    now: () => Date.UTC(2026, 10, 27),
  };
  const http = openHttp(
    { name: "mine", address: "http://server/v1/", timeoutMs: 1000, retryDelayMs: 1, ...settings },
    limits,
    effects,
  );
  return { http, calls, get: () => http.json("images", Reply) };
}

test.each([
  ["3", 3000],
  [" 0 ", 0],
  ["Fri, 27 Nov 2026 00:01:00 GMT", 60_000],
  ["Thu, 26 Nov 2026 00:00:00 GMT", 0],
  ["soon", null],
  [null, null],
])("Retry-After %s is %s ms from now", (header, expected) => {
  expect(retryAfterMs(header, Date.UTC(2026, 10, 27))).toBe(expected);
});

test("paths are joined to the address, whatever slashes it ends with", () => {
  expect(addressOf("http://a/v1/", "/images")).toBe("http://a/v1/images");
  expect(addressOf("http://a", "sdapi/v1")).toBe("http://a/sdapi/v1");
});

describe("a request", () => {
  test("is tried again when the server fails or is busy, and no more often than allowed", async () => {
    const failing = () => new Response("no", { status: 500 });
    const { get, calls } = client([failing, () => new Response("", { status: 429, headers: { "retry-after": "0" } }), ok]);
    await expect(get()).resolves.toEqual({ ok: true });
    expect(calls.map(({ url }) => url)).toEqual(Array(3).fill("http://server/v1/images"));
    const broken = client([failing], { retries: 1 });
    await expect(broken.get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_FAILED" });
    expect(broken.calls).toHaveLength(2);
  });

  test("is not tried again when it is refused, late, redirected or answered wrongly", async () => {
    const wrong: [() => Response | Promise<Response>, string][] = [
      [() => new Response("no", { status: 400 }), "PICKAPIC_BACKEND_REFUSED"],
      [() => Response.redirect("http://elsewhere/", 302), "PICKAPIC_BACKEND_REDIRECT"],
      [() => Response.json({ ok: 1 }), "PICKAPIC_BACKEND_REPLY"],
      [() => Promise.reject(new DOMException("late", "TimeoutError")), "PICKAPIC_BACKEND_UNREACHABLE"],
    ];
    for (const [answer, code] of wrong) {
      const { get, calls } = client([answer], { retries: code === "PICKAPIC_BACKEND_UNREACHABLE" ? 0 : 2 });
      await expect(get()).rejects.toMatchObject({ code });
      expect(calls).toHaveLength(1);
    }
  });

  test("waits as long as a busy server asks, but not for long: then the caller is told how long", async () => {
    const busy = () => new Response("", { status: 503, headers: { "retry-after": "120" } });
    const { get, calls } = client([busy], { longestWaitMs: 1000 });
    const error: unknown = await get().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "PICKAPIC_BACKEND_BUSY" });
    expect(retryAfterOf(error)).toBe(120_000);
    expect(calls).toHaveLength(1);
  });

  test("follows no redirect, and sends nothing but what it was given", async () => {
    const { http, calls } = client([ok], { headers: { authorization: "Bearer x" } });
    await http.json("a", Reply, { body: { n: 1 } });
    expect(calls[0]?.init).toMatchObject({
      method: "POST",
      redirect: "manual",
      body: '{"n":1}',
      headers: { authorization: "Bearer x" },
    });
  });

  test("ends with the reason of its caller when it is aborted", async () => {
    const stop = new AbortController();
    const { http } = client([
      () => new Promise((_, reject) => stop.signal.addEventListener("abort", () => reject(new Error("cut off")))),
    ]);
    const asked = http.json("a", Reply, { signal: stop.signal });
    stop.abort(new Error("the worker stops"));
    await expect(asked).rejects.toThrow("the worker stops");
  });
});

describe("an answer", () => {
  test("that is too large is cut off: by its announced length, or after so many bytes", async () => {
    let sent = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent++;
            controller.enqueue(new Uint8Array(1024));
          },
        }),
      );
    const { get } = client([endless], { mostBytes: 10 * 1024 });
    await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_TOO_LARGE" });
    expect(sent).toBeLessThan(20);
    const announced = client([() => new Response("{}", { headers: { "content-length": `${1024 ** 3}` } })]);
    await expect(announced.get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_TOO_LARGE" });
  });

  test("that repeats a secret is quoted without it", async () => {
    const { get } = client([() => new Response('{"detail": "bad key top-secret"}', { status: 401 })], {
      secrets: ["top-secret"],
    });
    await expect(get()).rejects.toThrow("it says: bad key ***. ");
  });
});

describe("a server", () => {
  test("gets no more requests at once than it may have", async () => {
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 2));
      running--;
      return ok();
    };
    const { get } = client([slow], {}, sharedLimits(3));
    await Promise.all(Array.from({ length: 20 }, get));
    expect(most).toBe(3);
  });

  test("that failed five times in a row is left alone, and asked again after a rest", async () => {
    let works = false;
    const { get, calls } = client(
      [() => (works ? ok() : new Response("", { status: 500 }))],
      { retries: 0 },
      sharedLimits(1, 30),
    );
    for (let i = 0; i < 5; i++) await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_FAILED" });
    await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_RESTING" });
    expect(calls).toHaveLength(5);
    works = true;
    await expect.poll(() => get().catch(() => null)).toEqual({ ok: true });
  });
});
