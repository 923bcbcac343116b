/** @file The key of a repeated request, and what is done when two requests with one key come at the same moment. No database is needed. */
import { describe, expect, test, vi } from "vitest";
import { type Key, keyOf, repliedBefore, unlessRepliedMeanwhile } from "../../src/http/idempotency.ts";

const KEY = "a-key_of-12";
const request = { method: "POST", url: "/api/rounds", body: { prompt: "a cat" }, headers: { "idempotency-key": KEY as unknown } };
const keyIn = (more: Partial<typeof request> = {}) => keyOf({ ...request, ...more } as never, "u");

describe("the key of a request", () => {
  test("names its person and is that of the header; without the header there is none", () => {
    expect(keyIn()).toEqual({ userId: "u", key: KEY, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(keyIn({ headers: { "idempotency-key": undefined } })).toBeNull();
  });

  test.each(["x".repeat(8), "x".repeat(100), "A_b-0123"])("may be %j", (key) => {
    expect(keyIn({ headers: { "idempotency-key": key } })?.key).toBe(key);
  });

  test.each(["", "x".repeat(7), "x".repeat(101), "with blank", " 12345678", "12345678\n", ["12345678", "12345678"]])(
    "may not be %j",
    (key) => {
      expect(() => keyIn({ headers: { "idempotency-key": key } })).toThrow(
        expect.objectContaining({ code: "PICKAPIC_KEY_INVALID" }),
      );
    },
  );

  test.each<[string, Partial<typeof request>]>([
    ["method", { method: "PUT" }],
    ["address", { url: "/api/rounds?x" }],
    ["body", { body: { prompt: "a dog" } }],
  ])("stands for one request: another %s is another one, which gets no stored reply", (_what, more) => {
    const [first, again, other] = [keyIn(), keyIn(), keyIn(more)] as [Key, Key, Key];
    const replied = { hash: first.hash, status: 200, body: { karma: 1 } };
    expect(repliedBefore(again, replied)).toEqual({ karma: 1 });
    expect(() => repliedBefore(other, replied)).toThrow(expect.objectContaining({ code: "PICKAPIC_KEY_REUSED" }));
  });
});

describe("what is done under a key", () => {
  const failure = (constraint?: unknown) => Object.assign(new Error("no"), constraint === undefined ? {} : { constraint });

  test("is done once more when another request has stored its reply in between, and finds that", async () => {
    const act = vi.fn(async () => "stored").mockRejectedValueOnce(failure("replies_pkey"));
    expect(await unlessRepliedMeanwhile(act)).toBe("stored");
    expect(act).toHaveBeenCalledTimes(2);
  });

  test.each([
    ["of another constraint", failure("rankings_pkey")],
    ["of no constraint", failure()],
    ["that is no error", { constraint: "replies_pkey" }],
  ])("is not done again after a failure %s", async (_what, thrown) => {
    const act = vi.fn(() => Promise.reject(thrown));
    await expect(unlessRepliedMeanwhile(act)).rejects.toBe(thrown);
    expect(act).toHaveBeenCalledOnce();
  });

  test("is done twice at most", async () => {
    const act = vi.fn(() => Promise.reject(failure("replies_pkey")));
    await expect(unlessRepliedMeanwhile(act)).rejects.toThrow("no");
    expect(act).toHaveBeenCalledTimes(2);
  });
});
