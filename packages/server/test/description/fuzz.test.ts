import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adminToken, answer, answerAndGoOn, type House, idOf, must, openHouse, startRound, stranger } from "../house.ts";
import { Calls, type Description, type Operation, type Request } from "./calls.ts";

/** Each request is a request of a person: the seed is fixed, so that a failure comes back. */
const RUNS = { seed: 20261127, numRuns: 5 };
/** These end what the others need. */
const LAST = ["withdrawConsent", "signOut"];

let house: House;
let description: Description;
let calls: Calls;
/** Who asks -> the headers that say so. */
const people: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  house = await openHouse({ signInLimit: 100_000, rateLimit: 1_000_000, userQueueLimit: 100_000, queueLimit: 100_000 });
  const judge = await house.judge();
  const { round, comparison } = await startRound(judge);
  const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
  const second = await startRound(judge, "a dog");
  const last = await answer(judge, second.comparison.id, "tie");
  people.anonymous = {};
  people.consented = { cookie: judge.cookie() };
  people.operator = { cookie: judge.cookie(), authorization: `Bearer ${await adminToken(house.folder)}` };
  const images = [idOf(next.left.url), idOf(comparison.right.url)];
  description = (await must(stranger(house.url).send("GET", "/api/openapi.json"))).body as Description;
  const rounds = [round.id, second.round.id];
  calls = new Calls(description, {
    "/api/rounds/{id}": rounds,
    "/api/rounds/{id}/events": rounds,
    "/api/best-of/{id}": rounds,
    "/api/best-of/{id}/stop": rounds,
    "/api/rounds/{id}/retry": rounds,
    "/api/rounds/{id}/cancel": rounds,
    "/api/rounds/{id}/finish": rounds,
    "/api/comparisons/{id}/answer": [comparison.id, next.id],
    "/api/comparisons/{id}/skip": [comparison.id, next.id],
    "/api/rankings/{id}": [String(reply.ranking), String(last.ranking)],
    "/api/images/{id}": images,
    "/api/images/{id}/reports": images,
    "/api/admin/images/{id}": images,
  });
});
afterAll(() => house.close());

interface Seen {
  status: string;
  type: string;
  body: unknown;
}

async function ask(method: string, { path, headers, body }: Request, who: Record<string, string>): Promise<Seen> {
  const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const text = body === undefined ? null : JSON.stringify(body);
  const abort = new AbortController();
  const response = await fetch(house.url + path, {
    method: method.toUpperCase(),
    headers: { ...json, ...headers, ...who },
    body: text,
    redirect: "manual",
    signal: abort.signal,
  });
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  // A stream does not end by itself.
  if (type === "text/event-stream") abort.abort();
  const seen = { status: String(response.status), type };
  return { ...seen, body: type === "application/json" ? await response.json() : undefined };
}

/** The reply is one that the description has: status, content type, body. */
function checkReply(path: string, method: string, { responses }: Operation, { status, type, body }: Seen): void {
  expect(Number(status), JSON.stringify(body)).toBeLessThan(500);
  expect(Object.keys(responses)).toContain(status);
  const types = Object.keys(responses[status]?.content ?? {});
  if (types.length === 0) expect(type).toBe("");
  else expect(types).toContain(type);
  if (type === "application/json") expect(calls.misfit(path, method, status, type, body)).toBe("");
}

/** Every operation, those that end a session last. */
function operations(): [path: string, method: string, operation: Operation][] {
  const all = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
  );
  return all.sort(([, , a], [, , b]) => LAST.indexOf(a.operationId) - LAST.indexOf(b.operationId));
}

/** May this person use the operation? */
function isAllowed({ security = [] }: Operation, who: string): boolean {
  const schemes = security.flatMap((each) => Object.keys(each));
  return schemes.length === 0 || (schemes.includes("operator") ? who === "operator" : who !== "anonymous");
}

test("every request that the description allows gets a reply that it describes, and is not called invalid", async () => {
  for (const [path, method, operation] of operations())
    for (const [who, headers] of Object.entries(people))
      await fc.assert(
        fc.asyncProperty(calls.valid(path, operation), async (request) => {
          const seen = await ask(method, request, headers);
          checkReply(path, method, operation, seen);
          if (isAllowed(operation, who)) expect(["400", "413", "415"], JSON.stringify(seen.body)).not.toContain(seen.status);
        }),
        RUNS,
      );
});

test("every request that the description does not allow is refused as it says", async () => {
  for (const [path, method, operation] of operations()) {
    const requests = calls.invalid(path, operation);
    for (const headers of requests ? Object.values(people) : [])
      await fc.assert(
        fc.asyncProperty(requests as fc.Arbitrary<Request>, async (request) => {
          const seen = await ask(method, request, headers);
          checkReply(path, method, operation, seen);
          expect(Number(seen.status)).toBeGreaterThanOrEqual(400);
        }),
        { ...RUNS, numRuns: 10 },
      );
  }
});
