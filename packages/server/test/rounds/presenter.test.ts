import { seeded } from "@pickapic/chance";
import type { Backend } from "@pickapic/generation";
import { describe, expect, test } from "vitest";
import { drawOffered, offeredPrompts } from "../../src/rounds/offered.ts";
import { imagesMissing, imagesNeeded, isStuck, nextPair } from "../../src/rounds/plan.ts";
import { imageUrl, presentRound } from "../../src/rounds/presenter.ts";
import { boardOf, newState, type RoundState, type UnshownImage } from "../../src/rounds/queries.ts";

const fresh = newState({ id: "r", user_id: "u", prompt: "a cat", negative_prompt: "dogs" });
const stateOf = (more: Partial<RoundState> = {}, round: Partial<RoundState["round"]> = {}): RoundState => ({
  ...fresh,
  ...more,
  round: { ...fresh.round, ...round },
});
const image = (id: string, state: UnshownImage["state"], fraction = 0): UnshownImage => ({
  id,
  number: 1,
  state,
  fraction,
  width: state === "ready" ? 512 : null,
  height: state === "ready" ? 768 : null,
});
const sized = (id: string) => ({ id, width: 512, height: 768 });
const shown = { id: "c", left: sized("a"), right: sized("b") };
const last = { ranking: 4, choice: "left", ...shown, reported: false, stands: true } as const;
const pictureOf = (id: string) => ({ url: `/api/images/${id}`, width: 512, height: 768 });

describe("a round as the API sends it", () => {
  test("is generating until a pair is shown, and has failed while there is a problem", () => {
    expect(presentRound(stateOf(), 1)).toMatchObject({ id: "r", prompt: "a cat", negativePrompt: "dogs", state: "generating" });
    expect(presentRound(stateOf({ shown }), 1)).toMatchObject({
      state: "ready",
      comparison: { id: "c", left: pictureOf("a"), right: pictureOf("b") },
      progress: { done: 1, total: 1, fraction: 1, etaMs: 0, queuePosition: 0 },
    });
    const problem = { problem_code: "X", problem_message: "why" };
    expect(presentRound(stateOf({}, problem), 1)).toMatchObject({ state: "failed", problem: { code: "X", message: "why" } });
    for (const half of [{ problem_code: "X" }, { problem_message: "why" }])
      expect(presentRound(stateOf({}, half), 1)).toMatchObject({ state: "generating", problem: null });
  });

  test.each([
    ["an answer", { last }, null, 4],
    ["no answer", {}, null, null],
    ["an answer to a reported picture", { last: { ...last, reported: true } }, null, null],
    ["an answer of a finished round", { last }, new Date(), null],
  ])("offers to take back %s as it should", (_name, state, finished_at, expected) => {
    expect(presentRound(stateOf(state, { finished_at }), 1).lastRanking).toBe(expected);
  });

  test("names the pictures that come next when they are ready, unless it is finished, and warns only with a pair", () => {
    const images = [image("n", "ready"), image("m", "generating"), { ...image("o", "ready"), height: null }];
    const half = { ...image("p", "ready"), width: null };
    const state = { images: [...images, half], shown, answers: 3, warnings: ["w"] };
    expect(presentRound(stateOf(state), 1)).toMatchObject({ upcoming: [pictureOf("n")], answers: 3, warnings: ["w"] });
    expect(presentRound(stateOf(state, { finished_at: "2026-01-01" }), 1).upcoming).toEqual([]);
    expect(presentRound(stateOf({ ...state, shown: null }), 1).warnings).toEqual([]);
  });

  const wait = { ahead: 3, meanMs: 1000 };
  test.each<[string, Partial<RoundState>, number, object]>([
    [
      "two are queued behind three",
      { images: [image("a", "queued"), image("b", "queued")], wait },
      2,
      { done: 0, total: 2, fraction: 0, etaMs: 2500, queuePosition: 3 },
    ],
    [
      "one is being made",
      { images: [image("a", "generating", 0.5), image("b", "queued")], wait },
      1,
      { done: 0, total: 2, fraction: 0.25, etaMs: 1500, queuePosition: 0 },
    ],
    [
      "one is ready, and one is half made",
      { images: [image("a", "ready"), image("b", "generating", 0.5)], wait },
      1,
      { done: 1, total: 2, fraction: 0.75, etaMs: 1000, queuePosition: 0 },
    ],
    [
      "one stays, and two are ready",
      { images: [image("a", "ready"), image("b", "ready"), image("c", "queued")], last, wait },
      1,
      { done: 1, total: 1, fraction: 1, etaMs: 1000, queuePosition: 0 },
    ],
    [
      "nothing was ever made",
      { images: [image("a", "queued")], wait: { ahead: 2, meanMs: null } },
      1,
      { done: 0, total: 2, fraction: 0, etaMs: null, queuePosition: 2 },
    ],
    [
      "nobody knows the wait",
      { images: [image("a", "queued")] },
      1,
      { done: 0, total: 2, fraction: 0, etaMs: null, queuePosition: 0 },
    ],
    [
      "more is done than is needed",
      { images: [image("a", "generating", 1), image("b", "generating", 1)], wait },
      1,
      { done: 0, total: 2, fraction: 1, etaMs: 1000, queuePosition: 0 },
    ],
  ])("says how far it is when %s", (_name, state, concurrency, progress) => {
    expect(presentRound(stateOf(state), concurrency).progress).toEqual(progress);
  });

  test("has images at one address", () => expect(imageUrl("x")).toBe("/api/images/x"));
});

describe("what a round needs", () => {
  test.each([
    [{ open: true, stays: true, ready: 0, coming: 0 }, 0, 2, false],
    [{ open: false, stays: true, ready: 0, coming: 0 }, 1, 3, true],
    [{ open: false, stays: false, ready: 1, coming: 0 }, 2, 3, true],
    [{ open: false, stays: false, ready: 1, coming: 1 }, 2, 2, false],
    [{ open: false, stays: true, ready: 9, coming: 0 }, 1, 0, false],
  ])("%o", (board, needed, missing, stuck) => {
    expect([imagesNeeded(board), imagesMissing(board, 2), isStuck(board)]).toEqual([needed, missing, stuck]);
  });

  test("is counted from its state", () => {
    const images = [image("a", "ready"), image("b", "queued"), image("c", "generating")];
    expect(boardOf({ last, images, shown: null })).toEqual({ open: false, stays: true, ready: 1, coming: 2 });
    expect(boardOf({ last: null, images: [], shown })).toEqual({ open: true, stays: false, ready: 0, coming: 0 });
    expect(boardOf({ last: { ...last, stands: false }, images: [], shown }).stays).toBe(false);
  });
});

describe("the next pair", () => {
  const answered = (choice: "left" | "right" | "tie") => [{ left: "l", right: "r", choice }] as const;
  const low = () => 0;
  const high = () => 0.5;

  test.each([
    [[], [], low, null],
    [[], ["a"], low, null],
    [[], ["a", "b", "c"], low, { left: "a", right: "b", kept: null }],
    [[], ["a", "b"], high, { left: "b", right: "a", kept: null }],
    [answered("left"), [], low, null],
    [answered("left"), ["a", "b"], low, { left: "l", right: "a", kept: "l" }],
    [answered("right"), ["a"], high, { left: "a", right: "r", kept: "r" }],
    [answered("tie"), ["a"], low, { left: "l", right: "a", kept: "l" }],
    [answered("tie"), ["a"], high, { left: "a", right: "r", kept: "r" }],
    [
      [...answered("left"), { left: "l", right: "x", choice: "right" as const }],
      ["a"],
      low,
      { left: "x", right: "a", kept: "x" },
    ],
  ])("after %o with the images %o (%#)", (history, images, random, pair) => {
    expect(nextPair(history, images, random)).toEqual(pair);
  });
});

describe("prompts of pictures that were made earlier", () => {
  const backendOf = (...counts: Record<string, number>[]): Backend => {
    const models = counts.map((of, at) => ({
      name: `m${at}`,
      pictures: { prompts: Object.keys(of), of: (prompt: string) => Array.from({ length: of[prompt] ?? 0 }, (_, i) => i) },
    }));
    // A test needs no more of a backend than its models.
    return { name: "b", models } as never;
  };

  test("are offered where there are two, of one model or of several; a model that draws takes any prompt", () => {
    expect(offeredPrompts([backendOf({ one: 1, two: 2 }, { one: 1, lone: 1 })])).toEqual(new Set(["one", "two"]));
    expect(offeredPrompts([])).toBeNull();
    expect(offeredPrompts([{ name: "b", models: [{ name: "m" }] } as never])).toBeNull();
    expect(drawOffered([], 3, seeded("x"))).toBeNull();
  });

  test("are drawn without any twice, each as often as the others", () => {
    const backends = [backendOf({ a: 2, b: 2, c: 2 })];
    expect(drawOffered(backends, 9, seeded("x"))?.sort()).toEqual(["a", "b", "c"]);
    expect(drawOffered(backends, 2, () => 0.99)).toEqual(["c", "b"]);
    expect(drawOffered(backends, 0, seeded("x"))).toEqual([]);
  });
});
