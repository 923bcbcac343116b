import type { Me } from "@pickapic/server/api";
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";
import { meQuery, roundQuery } from "../../../src/http/queries.ts";
import type { JudgingEvent } from "../../../src/judge/round/judging.ts";
import { cancelRound, keepRound, reportPicture, retryRound, skipPair, takeBack } from "../../../src/judge/round/requests.ts";
import { meOf, refusal, serverOf, userOf } from "../../rendered.tsx";
import { pair, roundOf } from "../handle.ts";

let client: QueryClient;
let events: JudgingEvent[];
const dispatch = (event: JudgingEvent) => void events.push(event);
const kept = () => client.getQueryData(roundQuery("round").queryKey);
/** Whether the round, and nothing else, is to be loaded again. */
const isStale = () =>
  client.getQueryState(roundQuery("round").queryKey)?.isInvalidated && !client.getQueryState(meQuery.queryKey)?.isInvalidated;
beforeEach(() => {
  client = new QueryClient();
  events = [];
  client.setQueryData(roundQuery("round").queryKey, roundOf());
  client.setQueryData<Me>(meQuery.queryKey, meOf(userOf({ karma: 3 })));
});

const next = roundOf({ answers: 7 });

test("the newer state of a round is kept, and a question that is under way cannot bring back the older one", async () => {
  const slow = Promise.withResolvers<ReturnType<typeof roundOf>>();
  const question = client.fetchQuery({ ...roundQuery("round"), queryFn: () => slow.promise, staleTime: 0 }).catch(() => {});
  const other = client.fetchQuery({ ...roundQuery("other"), queryFn: async () => roundOf({ answers: 9 }) });
  await keepRound(client, next);
  slow.resolve(roundOf());
  await question;
  expect(await other).toEqual(roundOf({ answers: 9 }));
  expect(kept()).toEqual(next);
});

test("pictures are made again, stopped and reported at their addresses", async () => {
  const replies = { "/api/rounds/round/retry": next, "/api/rounds/round/cancel": next, "/api/images/left/reports": next };
  const asked = serverOf(replies);
  expect([await retryRound("round"), await cancelRound("round")]).toEqual([next, next]);
  expect(await reportPicture("/api/images/left", { reason: "other" })).toEqual(next);
  expect(asked).toEqual(Object.keys(replies).map((path) => `POST ${path}`));
});

test("a skipped pair is left out at once, and for good when the server has the next one", async () => {
  const asked = serverOf({ "/api/comparisons/pair/skip": next });
  const skipped = skipPair(client, pair.id, dispatch);
  expect(events).toEqual([{ kind: "leftOut", comparison: "pair" }]);
  await skipped;
  expect(asked).toEqual(["POST /api/comparisons/pair/skip"]);
  expect(events[1]).toEqual({ kind: "leftOutConfirmed", comparison: "pair" });
  expect(kept()).toEqual(next);
});

test("a pair that the server does not skip is open again, and the page looks at what is true", async () => {
  serverOf({ "/api/comparisons/pair/skip": refusal(409, "X", "This pair was answered.") });
  await skipPair(client, pair.id, dispatch);
  expect(events[1]).toEqual({ kind: "refused", comparison: "pair", message: "This pair was answered." });
  expect(isStale()).toBe(true);
});

test.each([
  [pair, "pair"],
  [null, null],
])("an answer that is taken back costs its karma and opens its pair (%#)", async (comparison, opened) => {
  const asked = serverOf({ "/api/rankings/9": roundOf({ comparison }) });
  const keep = vi.fn(async () => {});
  await takeBack(client, 9, keep, dispatch);
  expect(asked).toEqual(["DELETE /api/rankings/9"]);
  expect(keep).toHaveBeenCalledWith(roundOf({ comparison }));
  expect(events).toEqual([{ kind: "undone", ranking: 9, comparison: opened }]);
  expect(client.getQueryData(meQuery.queryKey)?.user?.karma).toBe(2);
});

test.each([
  [{ "/api/rankings/9": refusal(404, "X", "No such answer.") }, "No such answer.", true],
  [{ "/api/rankings/9": refusal(500, "X", "The disk is full.") }, "The disk is full.", false],
  [{}, "The server could not be reached. Please check your connection.", false],
])("an answer that cannot be taken back is gone only if the server refuses for good (%#)", async (replies, message, gone) => {
  serverOf(replies);
  await takeBack(client, 9, async () => {}, dispatch);
  expect(events).toEqual([{ kind: "undoFailed", message, gone }]);
  expect(isStale()).toBe(true);
  expect(client.getQueryData(meQuery.queryKey)?.user?.karma).toBe(3);
});
