// @vitest-environment happy-dom
/** @file The hooks that connect the state of judging with the server, the outbox, the pictures and the browser. */
import type { Round } from "@pickapic/server/api";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { roundQuery } from "../../../src/http/queries.ts";
import { useJudging } from "../../../src/judge/round/useJudging.ts";
import { OutboxProvider } from "../../../src/outbox/context.tsx";
import type { Entry } from "../../../src/outbox/entry.ts";
import type { Outbox } from "../../../src/outbox/outbox.ts";
import { outboxOf, refusal, serverOf } from "../../rendered.tsx";
import { pair, roundOf } from "../handle.ts";

/** The addresses of the pictures that were asked for, and whether each can be decoded. */
let pictures: string[];
let canDecode: (url: string) => boolean;
/** The event streams that were opened. */
let streams: FakeStream[];

class FakeImage {
  src = "";
  async decode(): Promise<void> {
    pictures.push(this.src);
    if (!canDecode(this.src)) throw new Error("no picture");
  }
}

class FakeStream {
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
    streams.push(this);
  }
  close(): void {
    this.isClosed = true;
  }
}

beforeEach(() => {
  [pictures, streams] = [[], []];
  canDecode = () => true;
  vi.stubGlobal("Image", FakeImage);
  vi.stubGlobal("EventSource", FakeStream);
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** Lets this many ms pass, with all that is due and the promises between. */
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

const second = { ...pair, id: "second", left: { ...pair.left, url: "/api/images/new" } };
/** An answer to the first pair that waits in the outbox. */
const waiting: Entry = {
  ...{ key: "k", owner: "ada", round: "round", comparison: "pair", prompt: "a cat", choice: "left", elapsedMs: 900 },
  ...{ createdAt: 0, attempts: 0, retryAt: 0, trouble: null, refusal: null },
};

/** Judges the round as it is shown on a page, and lets it load. */
async function judging(outbox: Outbox = outboxOf([]), fastestAnswerMs = 300) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  // It settles only when the waiting answers were sent.
  void outbox.setOwner("ada");
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>
      <OutboxProvider value={outbox}>{children}</OutboxProvider>
    </QueryClientProvider>
  );
  const { result, rerender, unmount } = renderHook(({ id }) => useJudging(id, "ada", fastestAnswerMs), {
    wrapper,
    initialProps: { id: "round" },
  });
  await pass(1);
  return {
    of: () => result.current,
    client,
    rerender,
    unmount,
    keep: (round: Round) => client.setQueryData(roundQuery(round.id).queryKey, round),
  };
}

test("a pair is shown once its pictures are decoded, can be chosen from after it was looked at, and the answer goes to the outbox", async () => {
  serverOf({ "/api/rounds/round": roundOf() });
  const outbox = outboxOf([]);
  const { of } = await judging(outbox);
  expect(of().round).toEqual(roundOf());
  expect([of().state.shown, of().state.painted, of().state.seen]).toEqual([pair, false, false]);
  expect(pictures).toEqual([pair.left.url, pair.right.url]);
  act(() => of().choose("left"));
  await pass(100);
  expect([of().state.painted, of().state.seen, of().state.verdict]).toEqual([true, false, null]);
  act(() => of().choose("left"));
  await pass(0);
  expect([of().state.notice === null, outbox.snapshot().waiting]).toEqual([false, []]);
  await pass(300);
  expect(of().state.seen).toBe(true);
  expect(streams, "a round that is ready is not followed").toEqual([]);
  await pass(1_000);
  act(() => of().choose("right"));
  await pass(0);
  expect(of().state.verdict).toBe("right");
  const [entry] = outbox.snapshot().waiting;
  expect(entry).toMatchObject({ owner: "ada", round: "round", comparison: "pair", prompt: "a cat", choice: "right" });
  expect(entry?.elapsedMs).toBeGreaterThan(1_300);
  expect(entry?.elapsedMs).toBeLessThan(1_400);
  act(() => of().choose("left"));
  await pass(0);
  expect(outbox.snapshot().waiting, "a second choice is none").toHaveLength(1);
});

test("before the round is there nothing is shown, chosen or skipped", async () => {
  const asked = serverOf({});
  const outbox = outboxOf([]);
  const { of } = await judging(outbox);
  act(() => {
    of().choose("left");
    of().skip();
  });
  await pass(0);
  expect([of().state.shown, of().round, outbox.snapshot().waiting]).toEqual([null, undefined, []]);
  expect(of().error).toBeInstanceOf(Error);
  expect(asked).toEqual(["GET /api/rounds/round"]);
  serverOf({ "/api/rounds/round": roundOf() });
  act(() => of().reload());
  await pass(1);
  expect(of().state.shown).toEqual(pair);
});

test("an answer of an earlier visit that still waits is shown as given; one to another pair is not", async () => {
  serverOf({ "/api/rounds/round": roundOf({ lastRanking: 4 }) });
  const { of } = await judging(outboxOf([{ ...waiting, key: "other", comparison: "other", choice: "right" }, waiting]));
  expect([of().state.verdict, of().state.undoable]).toEqual(["left", [4]]);
  cleanup();
  const without = await judging(outboxOf([{ ...waiting, comparison: "other" }]));
  expect(without.of().state.verdict).toBeNull();
});

test("a pair is shown although a picture cannot be loaded, after its further tries", async () => {
  canDecode = (url) => url !== pair.left.url;
  serverOf({ "/api/rounds/round": roundOf() });
  const { of } = await judging();
  await pass(7_000);
  expect(of().state.shown).toBeNull();
  await pass(1_000);
  expect(of().state.shown).toEqual(pair);
  expect(pictures.filter((url) => url === pair.left.url)).toHaveLength(4);
});

test("a pair that is replaced before its pictures came is not shown", async () => {
  canDecode = (url) => url === "/api/images/new" || url === pair.right.url;
  serverOf({ "/api/rounds/round": roundOf() });
  const { of, keep } = await judging();
  act(() => keep(roundOf({ comparison: second })));
  await pass(10_000);
  expect([of().state.shown, of().state.pairs]).toEqual([second, 1]);
});

test("the pictures of the next pair are loaded when this one is on screen, and those of no later pair", async () => {
  const image = (name: string) => ({ url: `/api/images/${name}`, width: 64, height: 64 });
  const upcoming = ["a", "b", "c"].map(image);
  canDecode = () => pictures.length > 2;
  serverOf({ "/api/rounds/round": roundOf({ upcoming }) });
  const { of } = await judging();
  expect(pictures).toEqual([pair.left.url, pair.right.url]);
  await pass(600);
  expect(of().state.shown).toEqual(pair);
  expect(new Set(pictures)).toEqual(new Set([pair.left.url, pair.right.url, "/api/images/a", "/api/images/b"]));
});

test("the pictures of the pair after the next wait until the next one is on screen", async () => {
  const upcoming = [{ url: "/api/images/a", width: 64, height: 64 }];
  serverOf({ "/api/rounds/round": roundOf() });
  const { of, keep } = await judging();
  expect(of().state.shown).toEqual(pair);
  canDecode = (url) => url !== second.left.url;
  act(() => keep(roundOf({ comparison: second, upcoming })));
  await pass(100);
  expect(pictures).not.toContain("/api/images/a");
  canDecode = () => true;
  await pass(1_000);
  expect(of().state.shown).toEqual(second);
  expect(pictures).toContain("/api/images/a");
});

test("a delivered answer brings the next pair and can be undone; news of another round change nothing", async () => {
  const asked = serverOf({
    "/api/rounds/round": roundOf(),
    "/api/rankings/9": roundOf({ answers: 0 }),
  });
  const outbox = outboxOf([]);
  const { of } = await judging(outbox);
  const reply = { ranking: 9, round: roundOf({ comparison: second, answers: 1 }) };
  const elsewhere = { ...waiting, round: "other" };
  await act(async () => {
    await outbox.hear({ kind: "delivered", entry: elsewhere, reply: { ...reply, round: roundOf({ id: "other" }) } } as never);
    await outbox.hear({ kind: "refused", entry: { ...elsewhere, trouble: "No." } });
    await outbox.hear({ kind: "delayed", entry: waiting, needsPerson: false });
    await outbox.hear({ kind: "changed" });
  });
  await pass(10);
  expect([of().state.undoable, of().state.notice, of().state.shown]).toEqual([[], null, pair]);
  await act(() => outbox.hear({ kind: "delivered", entry: waiting, reply } as never));
  await pass(10);
  expect([of().state.undoable, of().round?.answers, of().state.shown]).toEqual([[9], 1, second]);
  expect(asked).toEqual(["GET /api/rounds/round"]);
  act(() => of().undo());
  await pass(10);
  expect(asked).toEqual(["GET /api/rounds/round", "DELETE /api/rankings/9"]);
  expect([of().state.undoable, of().state.undoing, of().state.shown]).toEqual([[], null, pair]);
});

test.each([
  [
    "the server's words",
    { trouble: "This pair was answered.", refusal: { code: "X", status: 409 } },
    "This pair was answered.",
    true,
  ],
  ["words of its own", { trouble: null, refusal: null }, "The server refused this answer.", true],
  [
    "a pair whose pictures are gone",
    { trouble: "These pictures were deleted.", refusal: { code: "PICKAPIC_PAIR_EXPIRED", status: 410 } },
    "These pictures were deleted.",
    false,
  ],
])("a refused answer is told with %s, and the round is loaded again", async (_what, more, notice, stays) => {
  const asked = serverOf({ "/api/rounds/round": roundOf() });
  const outbox = outboxOf([]);
  const { of, client } = await judging(outbox);
  client.setQueryData(["me"], {});
  canDecode = () => false;
  await act(() => outbox.hear({ kind: "refused", entry: { ...waiting, ...more } }));
  await pass(10);
  expect([of().state.notice, of().state.shown !== null]).toEqual([notice, stays]);
  expect(asked).toEqual(["GET /api/rounds/round", "GET /api/rounds/round"]);
  expect(client.getQueryState(["me"])?.isInvalidated, "nothing else is loaded again").toBe(false);
});

test("pictures that the server deleted are made again at once, and once; where that fails the round is loaded again", async () => {
  const problem = { code: "PICKAPIC_PAIR_EXPIRED", message: "These pictures were deleted." };
  const expired = roundOf({ state: "failed", comparison: null, problem });
  const asked = serverOf({ "/api/rounds/round": expired, "/api/rounds/round/retry": roundOf() });
  const { of } = await judging();
  await pass(10);
  expect(asked).toEqual(["GET /api/rounds/round", "POST /api/rounds/round/retry"]);
  expect(of().state.shown).toEqual(pair);
  cleanup();
  const failing = serverOf({ "/api/rounds/round": expired, "/api/rounds/round/retry": refusal(500, "X", "No.") });
  await judging();
  await pass(10);
  expect(failing).toEqual(["GET /api/rounds/round", "POST /api/rounds/round/retry", "GET /api/rounds/round"]);
});

test("a round that has another problem is made again only when the person asks for it, and can be cancelled", async () => {
  const failed = roundOf({ state: "failed", comparison: null, problem: { code: "X", message: "No." } });
  const asked = serverOf({ "/api/rounds/round": failed, "/api/rounds/round/cancel": roundOf({ answers: 3 }) });
  const { of } = await judging();
  await pass(10);
  expect(asked).toEqual(["GET /api/rounds/round"]);
  await act(() => of().cancel());
  expect(asked.at(-1)).toBe("POST /api/rounds/round/cancel");
  await pass(1);
  expect(of().round?.answers).toBe(3);
});

test("a round is followed while its pictures are made, and no longer", async () => {
  const generating = roundOf({ state: "generating", comparison: null });
  serverOf({ "/api/rounds/round": generating, "/api/rounds/other": { ...generating, id: "other" } });
  const { of, rerender, unmount } = await judging();
  expect(streams.map(({ url }) => url)).toEqual(["/api/rounds/round/events"]);
  await act(async () => streams[0]?.onmessage?.({ data: JSON.stringify({ ...generating, answers: 1 }) }));
  await pass(1);
  expect([of().round?.answers, streams.length]).toEqual([1, 1]);
  await act(async () => streams[0]?.onmessage?.({ data: JSON.stringify(roundOf()) }));
  await pass(10);
  expect([of().state.shown, streams[0]?.isClosed]).toEqual([pair, true]);
  rerender({ id: "other" });
  await pass(10);
  expect(streams.map(({ url }) => url)).toEqual(["/api/rounds/round/events", "/api/rounds/other/events"]);
  unmount();
  expect(streams[1]?.isClosed).toBe(true);
});

test("a skipped pair is left out, and so is one of whose pictures was reported, unless it stays", async () => {
  const asked = serverOf({ "/api/rounds/round": roundOf(), "/api/comparisons/pair/skip": roundOf({ comparison: second }) });
  const { of } = await judging();
  act(() => of().skip());
  await pass(100);
  expect(asked, "it was not painted yet").toEqual(["GET /api/rounds/round"]);
  act(() => of().reported(roundOf({ answers: 2 })));
  await pass(1);
  expect([of().state.verdict, of().round?.answers]).toEqual([null, 2]);
  act(() => of().skip());
  expect(of().state.verdict).toBe("left-out");
  await pass(10);
  expect([asked.at(-1), of().state.shown]).toEqual(["POST /api/comparisons/pair/skip", second]);
  await pass(400);
  canDecode = () => false;
  act(() => of().reported(roundOf({ comparison: null, state: "generating" })));
  await pass(1);
  expect([of().state.verdict, of().state.shown]).toEqual(["left-out", second]);
});

test("a picture that is reported before a pair is shown leaves nothing out", async () => {
  canDecode = () => false;
  serverOf({ "/api/rounds/round": roundOf() });
  const { of } = await judging();
  act(() => of().reported(roundOf({ comparison: null })));
  await pass(1);
  expect([of().state.shown, of().state.verdict]).toEqual([null, null]);
});

test("another round takes over the requests and the news, and no choice is stored before it is there", async () => {
  const problem = { code: "X", message: "No." };
  const asked = serverOf({ "/api/rounds/round": roundOf() });
  const outbox = outboxOf([]);
  const { of, rerender } = await judging(outbox);
  await pass(500);
  rerender({ id: "other" });
  await pass(10);
  act(() => of().choose("left"));
  await pass(0);
  expect(outbox.snapshot().waiting).toEqual([]);

  const other = roundOf({ id: "other", state: "failed", comparison: null, problem });
  const later = serverOf({ "/api/rounds/other/retry": other, "/api/rounds/other/cancel": other });
  act(() => of().retry());
  await act(() => of().cancel());
  expect([...asked, ...later]).toEqual([
    ...["GET /api/rounds/round", "GET /api/rounds/other"],
    ...["POST /api/rounds/other/retry", "POST /api/rounds/other/cancel"],
  ]);
  await act(() => outbox.hear({ kind: "refused", entry: { ...waiting, round: "other", trouble: "This pair was answered." } }));
  expect(of().state.notice).toBe("This pair was answered.");
});
