import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { reasonOf } from "../src/reason.ts";
import { retryAfter } from "../src/refusals.ts";

const coded = (code: string, message = "") => Object.assign(new Error(message), { code });
const failed = (cause: unknown) => new TypeError("fetch failed", { cause });

test.each<[unknown, string]>([
  [failed(coded("ENOTFOUND", "getaddrinfo ENOTFOUND x")), "no address is known for its name (ENOTFOUND)"],
  [failed(new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")], "")), "nothing answers there (ECONNREFUSED)"],
  [failed(failed(coded("UND_ERR_SOCKET", "other side closed"))), "the connection was broken off (UND_ERR_SOCKET)"],
  [failed(coded("UND_ERR_SOCKET", "x")), "the connection was broken off (UND_ERR_SOCKET)"],
  [failed(coded("SELF_SIGNED_CERT_IN_CHAIN", "self-signed")), "its certificate is of an authority that this machine does not know: name the file of that authority in NODE_EXTRA_CA_CERTS (SELF_SIGNED_CERT_IN_CHAIN)"], // biome-ignore format: one line
  [failed(new Error("Proxy response (407) !== 200 when HTTP Tunneling")), "Proxy response (407) !== 200 when HTTP Tunneling"],
  [failed(coded("EWHATEVER", "")), "the connection failed (EWHATEVER)"],
  [failed(coded("EWHATEVER", "a reason\nand a stack")), "a reason"],
  [failed(undefined), "the connection failed, and nothing says why"],
  [failed(failed(failed(""))), "the connection failed, and nothing says why"],
  [new Error(""), "the connection failed, and nothing says why"],
  [new DOMException("The operation timed out", "TimeoutError"), "no answer in time"],
  [failed(new DOMException("x", "TimeoutError")), "no answer in time"],
  ["a text", "a text"],
  [null, "the connection failed, and nothing says why"],
  [coded("constructor"), "the connection failed (constructor)"],
])("%s: %s", (error, words) => {
  expect(reasonOf(error)).toBe(words);
});

test("a circle of causes ends", () => {
  const error = new Error("round");
  error.cause = error;
  expect(reasonOf(error)).toBe("round");
});

test("what a closed port gives is said in words", async () => {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  const error = await fetch(`http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);
  expect(reasonOf(error)).toBe("nothing answers there (ECONNREFUSED)");
});

test.each<[string, string | null, number | null]>([
  ["7", null, 7],
  ["0", null, 0],
  ["1.5", null, 1.5],
  ["Fri, 27 Nov 2026 10:00:30 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 30],
  ["Fri, 27 Nov 2026 09:00:00 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 0],
  ["Friday, 27-Nov-26 11:00:00 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 3600],
  ["Fri, 27 Nov 2026 10:00:30 GMT", null, null],
  ["soon", "Fri, 27 Nov 2026 10:00:00 GMT", null],
  ["-5", "Fri, 27 Nov 2026 10:00:00 GMT", null],
  ["", null, null],
])("Retry-After: %s at %s is %s seconds", (given, date, seconds) => {
  expect(retryAfter(new Headers({ "retry-after": given, ...(date !== null && { date }) }))).toBe(seconds);
});
