/** @file Planning how a round moves on, without a database. */
import { seeded } from "@pickapic/chance";
import type { Backend, BackendModel } from "@pickapic/generation";
import { describe, expect, test, vi } from "vitest";
import { isWaitedFor, planAdvance, planPair, unlessMoved } from "../../src/rounds/advance.ts";
import { newState, type RoundState, type UnshownImage } from "../../src/rounds/queries.ts";

const backendOf = (...models: Partial<BackendModel>[]): Backend =>
  // A plan needs no more of a backend than its models.
  ({ name: "b", models: models.map((model, at) => ({ name: `m${at}`, steps: 1, width: 64, height: 48, ...model })) }) as never;
const drawn = backendOf({}, {});
const made = (count: number) => ({ pictures: { prompts: ["a cat"], of: () => Array.from({ length: count }, (_, i) => i) } });

const fresh = newState({ id: "r", user_id: "u", prompt: "a cat", negative_prompt: "dogs" });
const stateOf = (more: Partial<RoundState> = {}, round: Partial<RoundState["round"]> = {}): RoundState => ({
  ...fresh,
  ...more,
  round: { ...fresh.round, ...round },
});
const image = (id: string, state: UnshownImage["state"] = "ready"): UnshownImage => ({
  id,
  number: 1,
  state,
  fraction: 0,
  width: 512,
  height: 768,
});
const sized = (id: string) => ({ id, width: 512, height: 768 });
const shown = { id: "c", left: sized("l"), right: sized("r") };
const last = { ranking: 4, choice: "left", left: sized("l"), right: sized("r"), reported: false, stands: true } as const;
const low = () => 0;

describe("the next pair", () => {
  test("is two new images that are ready, with their sizes; the round then shows them and has no problem", () => {
    const images = [image("q", "queued"), image("a"), image("b"), image("g", "generating")];
    const before = stateOf({ images, wait: { ahead: 1, meanMs: 1 } }, { problem_code: "X", problem_message: "why" });
    const { state, pair, orders, urged } = planPair(before, low);
    expect(pair).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), left: "a", right: "b", kept: null });
    expect(state).toEqual({
      ...before,
      round: { ...before.round, comparison_id: pair?.id, problem_code: null, problem_message: null },
      images: [image("q", "queued"), image("g", "generating")],
      shown: { id: pair?.id, left: sized("a"), right: sized("b") },
      wait: null,
    });
    expect([orders, urged]).toEqual([[], []]);
  });

  test("has the preferred image of an answer that stands beside a new one, and two new ones after any other", () => {
    const images = [image("a"), image("b")];
    const { pair, state } = planPair(stateOf({ images, last }), low);
    expect(pair).toMatchObject({ left: "l", right: "a", kept: "l" });
    expect(state.shown).toMatchObject({ left: sized("l"), right: sized("a") });
    expect(state.images).toEqual([image("b")]);
    expect(planPair(stateOf({ images, last: { ...last, choice: "right" } }), low).pair).toMatchObject({ left: "r", kept: "r" });
    expect(planPair(stateOf({ images, last: { ...last, stands: false } }), low).pair).toMatchObject({
      left: "a",
      right: "b",
      kept: null,
    });
  });

  test.each([
    ["one is shown", stateOf({ images: [image("a"), image("b")], shown })],
    ["the round is finished", stateOf({ images: [image("a"), image("b")] }, { finished_at: "2026-01-01" })],
    ["the round is of the best-of-n page", stateOf({ images: [image("a"), image("b")] }, { best_of: "x" as never })],
    ["an image is missing", stateOf({ images: [image("a"), image("b", "generating")] })],
  ])("stays away while %s", (_name, before) => {
    expect(planPair(before, low)).toEqual({ state: before, pair: null, orders: [], urged: [] });
  });
});

describe("an advance", () => {
  const settings = { backends: [drawn], random: low, imagesAhead: 2, userWeeklyLimit: 10 };
  const planned = (before: RoundState, more: Partial<typeof settings> = {}, week = 0, not = {}) =>
    planAdvance(before, { ...settings, ...more }, week, not);
  const urgency = ({ orders }: ReturnType<typeof planned>) => orders.map(({ urgent }) => urgent);

  test("orders first what is waited for, then what is prepared ahead, for the round's prompt", () => {
    const advance = planned(stateOf());
    expect(urgency(advance)).toEqual([true, true, false, false]);
    const { orders, state, pair } = advance;
    expect(orders[0]).toMatchObject({
      prompt: "a cat",
      backends: [drawn],
      probability: 0.5,
      request: { prompt: "a cat", negativePrompt: "dogs", model: "m0" },
    });
    expect(new Set(orders.map(({ id }) => id)).size).toBe(4);
    expect(pair).toBeNull();
    const queued = { number: null, state: "queued", fraction: 0, width: null, height: null };
    expect(state.images).toEqual(orders.map(({ id }) => ({ id, ...queued })));
    expect([state.round.problem_code, state.round.problem_message]).toEqual([null, null]);
  });

  test.each<[string, RoundState, boolean[], string[]]>([
    ["one is ready and one is coming", stateOf({ images: [image("a"), image("q", "queued")] }), [false, false], ["q"]],
    ["only one is missing after an answer", stateOf({ last }), [true, false, false], []],
    ["two queued ones suffice", stateOf({ last, images: [image("q", "queued"), image("p", "queued")] }), [false], ["q"]],
    [
      "one is ready and two are queued",
      stateOf({ images: [image("a"), image("q", "queued"), image("p", "queued")] }),
      [false],
      ["q"],
    ],
    ["one is being made", stateOf({ last, images: [image("g", "generating")] }), [false, false], []],
    ["a pair is shown", stateOf({ shown }), [false, false], []],
    ["the next pair is shown at once", stateOf({ last, images: [image("a"), image("q", "queued")] }), [false], []],
  ])("orders and urges when %s", (_name, before, orders, urged) => {
    const advance = planned(before);
    expect([urgency(advance), advance.urged]).toEqual([orders, urged]);
    expect(isWaitedFor(advance)).toBe(orders.includes(true) || urged.length > 0);
  });

  test("of a finished round, or one of the best-of-n page, orders nothing", () => {
    for (const round of [{ finished_at: "2026-01-01" }, { best_of: "x" as never }]) {
      const before = stateOf({}, round);
      expect(planned(before)).toEqual({ state: before, pair: null, orders: [], urged: [] });
    }
  });

  test("orders nothing once the weekly limit is used up; the round has a problem when it cannot go on without", () => {
    const spent = planned(stateOf(), {}, 10);
    expect(spent.orders).toEqual([]);
    expect(spent.state.round).toMatchObject({
      problem_code: "PICKAPIC_WEEKLY_SHARE",
      problem_message: expect.stringContaining("10"),
    });
    expect(planned(stateOf(), {}, 9).orders).toHaveLength(4);
    for (const before of [stateOf({ shown }), stateOf({ last, images: [image("g", "generating")] })]) {
      const goesOn = planned(before, {}, 10);
      expect([goesOn.orders, goesOn.state.round.problem_code]).toEqual([[], null]);
    }
    // The images that are there are shown, and no more are needed.
    const full = planned(stateOf({ images: ["a", "b", "c", "d"].map((id) => image(id)) }), {}, 10);
    expect([full.pair?.left, full.state.round.problem_code]).toEqual(["a", null]);
  });

  test("that finds no model says whether all pictures were shown or the models are used up", () => {
    const problem = (backends: readonly Backend[], not = {}) =>
      planned(stateOf(), { backends: [...backends] }, 0, not).state.round.problem_code;
    const closed = { isClosed: () => true };
    expect(problem([drawn], closed)).toBe("PICKAPIC_MODELS_SPENT");
    expect(problem([backendOf(made(1), {})], closed)).toBe("PICKAPIC_MODELS_SPENT");
    expect(problem([drawn, backendOf(made(1))], closed)).toBe("PICKAPIC_MODELS_SPENT");
    expect(problem([backendOf(made(1))])).toBe("PICKAPIC_PICTURES_SHOWN");
    expect(problem([backendOf(made(2))])).toBeNull();
  });

  test("draws each picture that was made earlier once, none that was shown, and the same number of two models", () => {
    const pictures = (backend: Backend, not = {}) =>
      planned(stateOf(), { backends: [backend], random: seeded("x") }, 0, not)
        .orders.map(({ request }) => `${request.model} ${request.picture}`)
        .sort();
    expect(pictures(backendOf(made(3)))).toEqual(["m0 0", "m0 1", "m0 2"]);
    expect(pictures(backendOf(made(2), made(2)))).toEqual(["m0 0", "m0 1", "m1 0", "m1 1"]);
    expect(pictures(backendOf(made(3)), { isShown: (_: string, picture: number) => picture === 1 })).toEqual(["m0 0", "m0 2"]);
  });
});

test("a change is planned again until the round stood still, and given up after 50 times", async () => {
  const attempt = vi.fn(async (): Promise<string | null> => null);
  await expect(unlessMoved(attempt)).rejects.toThrow("the round changed 50 times while one change was planned");
  expect(attempt).toHaveBeenCalledTimes(50);
  attempt.mockClear().mockResolvedValueOnce(null).mockResolvedValueOnce("done");
  expect(await unlessMoved(attempt)).toBe("done");
  expect(attempt).toHaveBeenCalledTimes(2);
});
