/** @file The HTTP layer of all backends, on answers that the test makes: no socket is opened. */

import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { readLimited } from "../../src/http/body.ts";
import { addressOf, type HttpCall, type HttpSettings, openHttp, sharedLimits } from "../../src/http/client.ts";
import { RetryLater, retryAfterMs, retryAfterOf } from "../../src/http/retryAfter.ts";

const Reply = z.object({ ok: z.boolean() });
const ok = () => Response.json({ ok: true });

/** What a server answers to a request with this signal. */
type AnswerOf = (signal?: AbortSignal | null) => Response | Promise<Response>;

/** Answers only when the request is given up. */
const hanging: AnswerOf = (signal) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("cut off"))));

/** A client whose server answers with these in turn, the last one again and again. */
function client(answers: readonly AnswerOf[], settings: Partial<HttpSettings> = {}, limits = sharedLimits(4, 20)) {
  const calls: { url: string; init: RequestInit | undefined }[] = [];
  const effects = {
    fetch: async (url: URL | RequestInfo, init?: RequestInit) => {
      calls.push({ url: String(url), init });
      const answer = answers[Math.min(calls.length, answers.length) - 1] ?? ok;
      return answer(init?.signal);
    },
    random: () => 0.5,
    now: () => Date.UTC(2026, 10, 27),
  };
  const http = openHttp(
    { name: "mine", address: "http://server/v1/", timeoutMs: 1000, retryDelayMs: 1, ...settings },
    limits,
    effects,
  );
  return { http, calls, get: (call?: HttpCall) => http.json("images", Reply, call) };
}

test.each([
  ["3", 3000],
  [" 0 ", 0],
  ["Fri, 27 Nov 2026 00:01:00 GMT", 60_000],
  ["Thu, 26 Nov 2026 00:00:00 GMT", 0],
  ["0.5", 500],
  ["12.34", 12_340],
  ["Friday, 27-Nov-26 00:00:01 GMT", 1000],
  ["-5", null],
  ["2 to 3", null],
  ["about 2", null],
  ["Wait", null],
  ["on Fri, 27 Nov 2026 00:01:00 GMT", null],
  ["Sunny", null],
  ["soon", null],
  [null, null],
])("Retry-After %s is %s ms from now", (header, expected) => {
  expect(retryAfterMs(header, Date.UTC(2026, 10, 27))).toBe(expected);
});

test("paths are joined to the address, whatever slashes it ends with", () => {
  expect(addressOf("http://a/v1/", "/images")).toBe("http://a/v1/images");
  expect(addressOf("http://a", "sdapi/v1")).toBe("http://a/sdapi/v1");
  expect(addressOf("http://a//", "//b/c/")).toBe("http://a/b/c/");
});

test("an error that asks to wait says how long; others say nothing of it", () => {
  const cause = new RetryLater(2600);
  expect(cause.message).toBe("the server asks to wait 3 s");
  expect(retryAfterOf(new Error("busy", { cause }))).toBe(2600);
  for (const other of [new Error("busy"), new Error("busy", { cause: { afterMs: 1 } }), { cause }, null])
    expect(retryAfterOf(other)).toBeNull();
});

const said = (text: string) => () => new Response(text, { status: 400 });

type Failure = [answer: AnswerOf, code: string, text: string];

test.each<Failure>([
  [() => new Response(null, { status: 300 }), "PICKAPIC_BACKEND_REDIRECT", "(status 300)"],
  [() => new Response(null, { status: 399 }), "PICKAPIC_BACKEND_REDIRECT", "(status 399)"],
  [() => new Response("no", { status: 499 }), "PICKAPIC_BACKEND_REFUSED", "(status 499); it says: no. Check"],
  [() => new Response("no", { status: 500 }), "PICKAPIC_BACKEND_FAILED", "(status 500); it says: no"],
  ...[408, 425, 429, 503, 529].map(
    (status): Failure => [() => new Response("", { status }), "PICKAPIC_BACKEND_BUSY", `(status ${status}); it says: nothing`],
  ),
  [said(' two \n\n words "a": "b" '), "PICKAPIC_BACKEND_REFUSED", 'it says: two words "a": "b". Check'],
  [said('{"id": "x", "message" : "no \\"room\\" left", "b": "c"}'), "PICKAPIC_BACKEND_REFUSED", 'it says: no "room" left. Check'],
  [
    said('{"error":{"message":"Not this.","code":"moderation_blocked"}}'),
    "PICKAPIC_BACKEND_PROMPT",
    "(status 400); it says: Not this",
  ],
  [said('{"detail":"why"}'), "PICKAPIC_BACKEND_REFUSED", "it says: why. Check"],
  [said('{"error":""}'), "PICKAPIC_BACKEND_REFUSED", "it says: nothing. Check"],
  [said("x".repeat(201)), "PICKAPIC_BACKEND_REFUSED", `it says: ${"x".repeat(200)}. Check`],
  [said("x".repeat(64 * 1024)), "PICKAPIC_BACKEND_REFUSED", "it says: xxx"],
  [said("x".repeat(64 * 1024 + 1)), "PICKAPIC_BACKEND_REFUSED", "it says: nothing. Check"],
  [() => new Response(" \n<html>"), "PICKAPIC_BACKEND_REPLY", "expected JSON from its backend; got a page of HTML."],
  [
    () => new Response("a <b>"),
    "PICKAPIC_BACKEND_REPLY",
    "expected JSON from its backend; got something else (Unexpected token 'a'",
  ],
  [
    () => Response.json({}),
    "PICKAPIC_BACKEND_REPLY",
    "expected its documented fields from its backend; got ok: expected true or false; got nothing",
  ],
  [() => Response.json(7), "PICKAPIC_BACKEND_REPLY", "expected its documented fields from its backend; got the answer: "],
  [thrown(new TypeError("x", { cause: coded("ECONNREFUSED") })), "PICKAPIC_BACKEND_UNREACHABLE", "(ECONNREFUSED)"],
  [thrown(coded("ECONNRESET")), "PICKAPIC_BACKEND_UNREACHABLE", "(ECONNRESET)"],
  [thrown(coded(7)), "PICKAPIC_BACKEND_UNREACHABLE", "(Error)"],
  [thrown(new TypeError("http://server")), "PICKAPIC_BACKEND_UNREACHABLE", "(TypeError)"],
  [thrown("http://server"), "PICKAPIC_BACKEND_UNREACHABLE", "(unknown)"],
  [thrown(null), "PICKAPIC_BACKEND_UNREACHABLE", "(unknown)"],
])("a failure is told by its code and says what came: %#", async (answer, code, text) => {
  const { get } = client([answer], { retries: 0 });
  await expect(get()).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
});

function thrown(reason: unknown) {
  return () => Promise.reject(reason);
}

function coded(code: unknown): Error {
  return Object.assign(new Error("connect http://server"), { code });
}

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

  test("waits a random share of a delay that doubles before each further try, or as long as it is asked to", async () => {
    using timers = vi.spyOn(globalThis, "setTimeout");
    const failing = () => new Response("no", { status: 500 });
    const busy = () => new Response("", { status: 429, headers: { "retry-after": "0.003" } });
    const { get, calls } = client([failing, failing, busy, ok], { retryDelayMs: 8, retries: 3, longestWaitMs: 3 });
    await get();
    expect(calls).toHaveLength(4);
    expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([4, 8, 3]);
  });

  test("is tried three times by default, and a busy server is waited for half a minute at most", async () => {
    const unreachable = client([thrown(new Error("no"))]);
    await expect(unreachable.get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_UNREACHABLE" });
    expect(unreachable.calls).toHaveLength(3);
    const shortly = client([() => new Response("", { status: 429 })], { retries: 0 });
    await expect(shortly.get()).rejects.not.toHaveProperty("cause");
    const busy = client([() => new Response("", { status: 429, headers: { "retry-after": "31" } })]);
    await expect(busy.get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_BUSY" });
    expect(busy.calls).toHaveLength(1);
  });

  test("that takes too long is given up and not tried again", async () => {
    for (const signal of [undefined, new AbortController().signal]) {
      const { get, calls } = client([hanging], { timeoutMs: 5 });
      const sentence = expect.stringContaining("did not answer within 0.005 s");
      await expect(get({ signal })).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_TIMEOUT", message: sentence });
      expect(calls).toHaveLength(1);
    }
  });

  test.each<[HttpCall | undefined, object]>([
    [undefined, { method: "GET", body: null, headers: { authorization: "Bearer x" } }],
    [{ method: "POST" }, { method: "POST", body: null, headers: { authorization: "Bearer x" } }],
    [
      { body: { n: 1 } },
      { method: "POST", body: '{"n":1}', headers: { "content-type": "application/json", authorization: "Bearer x" } },
    ],
  ])("follows no redirect, and sends nothing but what it was given: %j", async (call, sent) => {
    const { get, calls } = client([ok], { headers: { authorization: "Bearer x" } });
    await get(call);
    expect(calls[0]?.init).toEqual({ ...sent, redirect: "manual", signal: expect.any(AbortSignal) });
  });

  test("needs no headers", async () => {
    const { get, calls } = client([ok]);
    await get();
    expect(calls[0]?.init?.headers).toEqual({});
  });

  test("says once that it is sent, however often it is tried", async () => {
    const { get, calls } = client([() => new Response("", { status: 500 }), ok]);
    const onSent = vi.fn(() => expect(calls).toHaveLength(0));
    await get({ onSent });
    expect(onSent).toHaveBeenCalledTimes(1);
  });

  test("beside another one takes no slot and is tried once; one of a job that has a slot is tried again", async () => {
    const limits = sharedLimits(1);
    const free = Promise.withResolvers<void>();
    void limits.slots.execute(() => free.promise);
    const failing = () => new Response("", { status: 500 });
    const beside = client([failing], {}, limits);
    for (let i = 0; i < 6; i++)
      await expect(beside.get({ isBeside: true })).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_FAILED" });
    expect(beside.calls).toHaveLength(6);
    const within = client([failing, ok], {}, limits);
    await expect(within.get({ hasSlot: true })).resolves.toEqual({ ok: true });
    const waiting = client([ok], {}, limits);
    const stop = new AbortController();
    const waited = waiting.get({ signal: stop.signal });
    await new Promise(setImmediate);
    expect(waiting.calls).toHaveLength(0);
    stop.abort(new Error("the worker stops"));
    free.resolve();
    await expect(waited).rejects.toThrow("the worker stops");
    expect(waiting.calls).toHaveLength(0);
  });

  test("ends with the reason of its caller when it is aborted", async () => {
    const stop = new AbortController();
    const { get } = client([hanging]);
    const asked = get({ signal: stop.signal });
    stop.abort(new Error("the worker stops"));
    await expect(asked).rejects.toThrow("the worker stops");
  });
});

describe("an answer", () => {
  test("that lacks a field within another one is told by the way to it", async () => {
    const shape = z.object({ a: z.object({ b: z.number() }) });
    const { http } = client([() => Response.json({ a: {} })]);
    await expect(http.json("x", shape)).rejects.toThrow("its documented fields from its backend; got a.b: ");
  });

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
    await expect(announced.get()).rejects.toMatchObject({
      code: "PICKAPIC_BACKEND_TOO_LARGE",
      message: expect.stringContaining("more than 96 MB"),
    });
  });

  test.each([
    [[], 0],
    [[[1, 2]], 2],
    [[[1], [2, 3]], 3],
  ])("of %j is read whole up to its limit; one byte more is too large", async (chunks, length) => {
    const answer = (announced?: number) => {
      const body = new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
          controller.close();
        },
      });
      return new Response(body, { headers: announced === undefined ? {} : { "content-length": `${announced}` } });
    };
    for (const announced of [undefined, length])
      expect([...(await readLimited(answer(announced), length, "mine"))]).toEqual(chunks.flat());
    if (length > 0) await expect(readLimited(answer(), length - 1, "mine")).rejects.toThrow("more than 1 MB");
    const tooLong = answer(length + 1);
    await expect(readLimited(tooLong, length, "mine")).rejects.toThrow(`more than ${length > 0 ? 1 : 0} MB`);
    await expect(tooLong.text()).rejects.toThrow();
  });

  test("without a body is read as nothing, and refused for the length that it announces", async () => {
    expect(await readLimited(new Response(null), 0, "mine")).toHaveLength(0);
    const announced = new Response(null, { headers: { "content-length": "3" } });
    await expect(readLimited(announced, 2, "mine")).rejects.toThrow("more than 1 MB");
  });

  test("that repeats a secret is quoted without it", async () => {
    const { get } = client([() => new Response('{"detail": "bad key top-secret"}', { status: 401 })], {
      secrets: ["", "top-secret", "bad"],
    });
    await expect(get()).rejects.toThrow("it says: *** key ***. ");
  });

  test("that is cut off within a secret does not tell its first half", async () => {
    const { get } = client([() => new Response(`${"x".repeat(195)}top-secret`, { status: 401 })], { secrets: ["top-secret"] });
    await expect(get()).rejects.toThrow(`it says: ${"x".repeat(195)}***. `);
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
    using clock = vi.spyOn(Date, "now").mockReturnValue(1_000);
    const failing = () => new Response("", { status: 500 });
    const { get, calls } = client([failing, failing, failing, failing, failing, ok], { retries: 0 }, sharedLimits(1));
    for (let i = 0; i < 5; i++) await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_FAILED" });
    clock.mockReturnValue(30_999);
    const resting: unknown = await get().catch((error: unknown) => error);
    expect(resting).toMatchObject({
      code: "PICKAPIC_BACKEND_RESTING",
      message: expect.stringContaining("failed 5 times in a row"),
    });
    expect([retryAfterOf(resting), calls.length]).toEqual([30_000, 5]);
    clock.mockReturnValue(31_000);
    await expect(get()).resolves.toEqual({ ok: true });
  });

  test.each<[string, AnswerOf, boolean]>([
    ["that cannot be reached", thrown(new Error("no")), true],
    ["that takes too long", hanging, true],
    ["that is busy", () => new Response("", { status: 429 }), false],
    ["that refuses", () => new Response("", { status: 400 }), false],
  ])("%s is left alone after five times: %#", async (_name, answer, rests) => {
    const { get, calls } = client([answer], { retries: 0, timeoutMs: answer === hanging ? 1 : 10_000 }, sharedLimits(1));
    for (let i = 0; i < 6; i++) await get().catch(() => null);
    expect(calls).toHaveLength(rests ? 5 : 6);
  });
});
