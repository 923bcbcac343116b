import { GenerationError } from "@pickapic/generation";
import { JudgeError } from "@pickapic/judge";
import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ServerError } from "../../src/errors.ts";
import { personOf } from "../../src/http/access.ts";
import { cached } from "../../src/http/cached.ts";
import { refusalFor, sendFailure } from "../../src/http/failures.ts";
import { hostName, isOwnHost } from "../../src/http/hosts.ts";
import { keyOf, repliedBefore, unlessRepliedMeanwhile } from "../../src/http/idempotency.ts";
import { rawPath } from "../../src/http/methods.ts";
import { type RoutePolicy, refusalsOf } from "../../src/http/refusals.ts";
import { isUuid, PageQuery, rowOf } from "../../src/http/schemas.ts";
import { compileValidator } from "../../src/http/validation.ts";

/** A request with no more than these decisions look at. */
const requestOf = (more: object = {}): FastifyRequest =>
  ({
    method: "POST",
    url: "/api/x?y=1",
    headers: {},
    routeOptions: { url: "/api/x", bodyLimit: 9 },
    log: { error: () => undefined },
    ...more,
  }) as never;

describe("what a failure is for its sender", () => {
  const failure = (error: unknown, request = requestOf()) => {
    const { code, status, message } = refusalFor(error, request);
    return { code, status, message };
  };
  const coded = (code: string, more: object = {}) => Object.assign(new Error("no"), { code, ...more });
  const shape = z.object({
    choice: z.enum(["left", "tie"]),
    deep: z.object({ er: z.number("too low").min(2, "too low") }),
    limit: z.coerce.number().min(1),
  });
  /** What Fastify throws when the route's schema finds this value wrong. */
  const wrong = (validationContext: string, field: keyof typeof shape.shape | null, value: object | null) => {
    const schema = field === null ? shape : shape.pick({ [field]: true } as never);
    const { error } = compileValidator({ schema, method: "POST", url: "/api/x" } as never)(value) as { error: Error };
    return Object.assign(error, { validationContext });
  };

  test("an error for users stays what it is", () => {
    for (const error of [new ServerError("PICKAPIC_ROUND_UNKNOWN"), new ServerError("PICKAPIC_QUEUE_FULL", 3)])
      expect(refusalFor(error, requestOf())).toBe(error);
    expect(refusalFor(Object.create(GenerationError.prototype), requestOf())).toBeInstanceOf(GenerationError);
  });

  test.each([
    [coded("FST_ERR_CTP_BODY_TOO_LARGE"), "PICKAPIC_BODY_TOO_LARGE", / 9 bytes/],
    [coded("FST_ERR_CTP_INVALID_MEDIA_TYPE"), "PICKAPIC_BODY_TYPE", /was "text\/x"/],
    [coded("FST_ERR_CTP_INVALID_MEDIA_TYPE_LENGTH"), "PICKAPIC_BODY_TYPE", /was "text\/x"/],
    [coded("FST_ERR_BAD_URL"), "PICKAPIC_ADDRESS_INVALID", /"\/api\/x\?y=1"/],
    [coded("FST_ERR_MAX_PARAM_LENGTH"), "PICKAPIC_ADDRESS_INVALID", /"\/api/],
    [coded("FST_ERR_CTP_EMPTY_JSON_BODY"), "PICKAPIC_BODY_NOT_JSON", /JSON/],
    [new SyntaxError("no"), "PICKAPIC_BODY_NOT_JSON", /JSON/],
    [coded("X", { statusCode: 400 }), "PICKAPIC_BODY_INVALID", /^no$/],
    [coded("X", { statusCode: 499 }), "PICKAPIC_BODY_INVALID", /^no$/],
    [coded("X", { statusCode: 399 }), "PICKAPIC_INTERNAL", /logged/],
    [coded("X", { statusCode: 500 }), "PICKAPIC_INTERNAL", /logged/],
    [new Error("no"), "PICKAPIC_INTERNAL", /logged/],
    [coded("ENOSPC"), "PICKAPIC_DISK_FULL", /disk/],
    [coded("ECONNRESET"), "PICKAPIC_DATABASE_UNREACHABLE", /database/],
  ])("%o (%#)", (error, code, message) => {
    const found = failure(error, requestOf({ headers: { "content-type": "text/x" } }));
    expect(found).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("an address is told by its first 100 characters", () => {
    const request = requestOf({ url: `/${"x".repeat(99)}y` });
    expect(failure(coded("FST_ERR_BAD_URL"), request).message).toContain(`"/${"x".repeat(99)}"`);
  });

  test.each([
    [wrong("body", "choice", { choice: "up" }), "PICKAPIC_CHOICE_UNKNOWN", 'got "up".'],
    [
      wrong("querystring", "choice", {}),
      "PICKAPIC_BODY_INVALID",
      'POST /api/x: "choice": expected "left" or "tie"; got nothing.',
    ],
    [wrong("body", "deep", { deep: { er: 1 } }), "PICKAPIC_BODY_INVALID", 'POST /api/x: "deep.er": too low; got 1.'],
    [wrong("body", "deep", { deep: null }), "PICKAPIC_BODY_INVALID", 'POST /api/x: "deep": expected an object; got null.'],
    [wrong("body", null, null), "PICKAPIC_BODY_INVALID", "POST /api/x: the body: expected an object; got null."],
    [
      wrong("querystring", "limit", { limit: "0" }),
      "PICKAPIC_BODY_INVALID",
      '"limit": expected a number of at least 1; got "0".',
    ],
  ])("a request that does not fit its schema (%#)", (error, code, words) => {
    expect(failure(error)).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("is sent with its status, not cached, logged when it is the server's fault, with a wait when it will pass", () => {
    const send = (error: unknown) => {
      const seen: Record<string, unknown> = { logged: 0 };
      const reply = {
        code: (status: number) => Object.assign(seen, { status }) && reply,
        header: (name: string, value: string) => Object.assign(seen, { [name]: value }) && reply,
        send: (body: unknown) => Object.assign(seen, { body }) && reply,
      };
      const log = { error: (line: object) => Object.assign(seen, { logged: line }) };
      sendFailure(error, requestOf({ log }), reply as never);
      return seen;
    };
    const bug = new Error("secret");
    expect(send(bug)).toMatchObject({
      status: 500,
      "cache-control": "no-store",
      logged: { error: "secret", stack: bug.stack, url: "/api/x" },
    });
    expect(JSON.stringify(send(bug).body)).not.toContain("secret");
    const gone = send(new ServerError("PICKAPIC_ROUND_UNKNOWN"));
    expect(gone).toMatchObject({ status: 404, logged: 0, body: { error: { code: "PICKAPIC_ROUND_UNKNOWN", status: 404 } } });
    expect(gone).not.toHaveProperty("retry-after");
    expect(send(new ServerError("PICKAPIC_STOPPING"))).toMatchObject({ status: 503, "retry-after": "1" });
    expect(send(new JudgeError("PICKAPIC_JUDGE_BUSY", "This caller", 3))).toMatchObject({ status: 429, "retry-after": "1" });
  });
});

describe("an Idempotency-Key", () => {
  const key = "abcdefgh";
  const asked = (more: object = {}) => requestOf({ headers: { "idempotency-key": key }, ...more });

  test("is 8 to 100 letters, digits, - and _; none is none", () => {
    expect(keyOf(requestOf(), "u")).toBeNull();
    for (const good of [key, "a-_9".repeat(25)])
      expect(keyOf(asked({ headers: { "idempotency-key": good } }), "u")).toMatchObject({ userId: "u", key: good });
    for (const bad of ["abcdefg", "x".repeat(101), "abcd efgh", " abcdefgh", "abcdefgh!", [key]])
      expect(() => keyOf(asked({ headers: { "idempotency-key": bad } }), "u")).toThrow("Idempotency-Key");
  });

  test("belongs to one request: method, address and body", () => {
    const hashOf = (more: object) => keyOf(asked(more), "u")?.hash ?? "";
    const hashes = [{}, { method: "PUT" }, { url: "/api/z" }, { body: 1 }].map(hashOf);
    expect(new Set(hashes).size).toBe(4);
    expect(hashOf({})).toMatch(/^[0-9a-f]{64}$/);
    expect(repliedBefore({ userId: "u", key, hash: "h" }, { hash: "h", status: 200, body: { a: 1 } })).toEqual({ a: 1 });
    expect(() => repliedBefore({ userId: "u", key, hash: "h" }, { hash: "i", status: 200, body: {} })).toThrow(ServerError);
  });

  test("whose reply was stored in between is looked at once more; any other failure is one", async () => {
    const failing = (...errors: unknown[]) => {
      let calls = 0;
      return { act: async () => (calls < errors.length ? Promise.reject(errors[calls++]) : ++calls), calls: () => calls };
    };
    const taken = Object.assign(new Error("taken"), { constraint: "replies_pkey" });
    expect(await unlessRepliedMeanwhile(failing(taken).act)).toBe(2);
    await expect(unlessRepliedMeanwhile(failing(taken, taken).act)).rejects.toBe(taken);
    for (const other of [new Error("no"), Object.assign(new Error("no"), { constraint: "x" }), { constraint: "replies_pkey" }]) {
      const { act, calls } = failing(other);
      await expect(unlessRepliedMeanwhile(act)).rejects.toBe(other);
      expect(calls()).toBe(1);
    }
  });
});

test.each([
  ["1", 1],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740992", null],
  ["0", null],
  ["01", null],
  ["-1", null],
  ["1.5", null],
  ["1x", null],
  ["x1", null],
  ["", null],
])("the row number in %j is %s", (text, row) => expect(rowOf(text)).toBe(row));

test("a list is read in pages of 1 to 200, 50 where nothing is said", () => {
  expect(PageQuery.parse({})).toEqual({ limit: 50 });
  expect(PageQuery.parse({ before: "7", limit: "200" })).toEqual({ before: 7, limit: 200 });
  for (const limit of ["0", "201", "x"])
    expect(PageQuery.safeParse({ limit }).error?.issues[0]?.message).toBe("expected a whole number from 1 to 200");
});

test("a UUID is told from other texts, and a path from its query", () => {
  expect([isUuid("11111111-2222-3333-4444-555555555555"), isUuid("x")]).toEqual([true, false]);
  expect(["/a/b?c=/d", "/a#b?c", "/a", ""].map((url) => rawPath({ url }))).toEqual(["/a/b", "/a", "/a", ""]);
});

test("the user of a route that asks for none is a bug", () => {
  const person = { id: "u" };
  expect(personOf(requestOf({ person }))).toBe(person);
  expect(() => personOf(requestOf({ person: null }))).toThrow("route /api/x reads the user");
});

test("a host is told without its port and its last dot", () => {
  expect(["a.b.:80", "[fe80::1]", "x_y-z:1"].map(hostName)).toEqual(["a.b", "fe80::1", "x_y-z"]);
  expect(["a:123456", "a b", "[::1]x", "[a]"].map(hostName)).toEqual([null, null, null, null]);
  expect(isOwnHost("PICK".toLowerCase(), { publicUrl: undefined, host: "PICK" }, "m")).toBe(true);
});

test("a cached value serves for ten times its age at most, then it is waited for", async () => {
  let [now, made] = [0, 0];
  const figure = cached(
    async () => ++made,
    100,
    () => now,
  );
  expect(await figure()).toBe(1);
  now = 100;
  expect([await figure(), made]).toEqual([1, 1]);
  now = 1001;
  expect(await figure()).toBe(2);
  now = 1101;
  expect([await figure(), made]).toEqual([2, 2]);
  now = 2001;
  expect(await figure()).toBe(2);
  expect(made).toBe(3);
});

describe("the errors of a route", () => {
  const none: RoutePolicy = {
    access: "public",
    changes: false,
    validated: false,
    varies: false,
    idempotent: false,
    rateLimited: false,
    needsDatabase: false,
    fails: [],
  };
  const added = (more: Partial<RoutePolicy>) => {
    const before = new Set(refusalsOf(none).map(({ code }) => code));
    return refusalsOf({ ...none, ...more }).flatMap(({ code }) => (before.has(code) ? [] : [code.slice(9)]));
  };
  test.each<[Partial<RoutePolicy>, string[]]>([
    [{ varies: true }, ["ROUTE_UNKNOWN"]],
    [{ validated: true }, ["BODY_INVALID"]],
    [{ changes: true }, ["BODY_INVALID", "BODY_NOT_JSON", "ORIGIN_FOREIGN", "BODY_TOO_LARGE", "BODY_TYPE"]],
    [{ access: "user" }, ["SIGN_IN_REQUIRED", "BANNED"]],
    [{ access: "consented" }, ["SIGN_IN_REQUIRED", "BANNED", "CONSENT_REQUIRED"]],
    [{ access: "admin", rateLimited: true }, ["ADMIN_REQUIRED"]],
    [{ access: "caller" }, ["JUDGE_KEY_MISSING", "JUDGE_KEY_UNKNOWN", "JUDGE_KEY_EXPIRED", "JUDGE_MEMORY", "JUDGE_CLOSED"]],
    [{ idempotent: true }, ["KEY_INVALID", "KEY_REUSED"]],
    [{ rateLimited: true }, ["TOO_MANY_REQUESTS"]],
    [{ needsDatabase: true }, ["DATABASE_UNREACHABLE", "DISK_FULL"]],
    [{ fails: ["PICKAPIC_ROUND_UNKNOWN"] }, ["ROUND_UNKNOWN"]],
  ])("of %o", (more, codes) => expect(added(more).sort()).toEqual([...codes].sort()));

  test("stand in the order of their statuses, each with its text; one whose text is an argument is described", () => {
    const fails = ["PICKAPIC_ROUND_UNKNOWN", "PICKAPIC_JUDGE_REQUEST", "PICKAPIC_JUDGE_ADDRESS"] as const;
    const found = refusalsOf({ ...none, validated: true, fails });
    expect(found.map(({ status }) => status)).toEqual(found.map(({ status }) => status).toSorted((a, b) => a - b));
    const textOf = (code: string) => found.find((one) => one.code === code)?.text;
    expect(textOf("PICKAPIC_BODY_INVALID")).toBe("A sentence that says which field, what was expected, and what came.");
    expect(textOf("PICKAPIC_ROUND_UNKNOWN")).toBe("There is no such round among yours.");
    expect(textOf("PICKAPIC_JUDGE_REQUEST")).toBe("The body of a question is not what its address expects. ‹sentence›");
    expect(textOf("PICKAPIC_JUDGE_ADDRESS")).toMatch(/^‹which›: images are not fetched from ‹host›\./);
    expect(found.find(({ code }) => code === "PICKAPIC_INTERNAL")?.status).toBe(500);
    expect(
      refusalsOf(none)
        .map(({ code }) => code.slice(9))
        .sort(),
    ).toEqual([
      "ADDRESS_INVALID",
      "EXPECTATION_UNKNOWN",
      "HEADERS_TOO_LARGE",
      "HOST_FOREIGN",
      "HOST_INVALID",
      "INTERNAL",
      "REQUEST_MALFORMED",
      "REQUEST_SLOW",
      "STOPPING",
    ]);
  });
});
