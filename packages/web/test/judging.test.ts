import type { Comparison, Round } from "@pickapic/server/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Judging, type JudgingEvent, judge, mayChoose, mayUndo, newJudging } from "../src/judge/judging.ts";
import { type Focus, intentOf, type KeyPress } from "../src/judge/keys.ts";
import { progressSentence } from "../src/judge/progress.tsx";
import { EXAMPLE_PROMPTS, surprise } from "../src/judge/prompts.ts";
import { readRecent, rememberRecent, withRecent } from "../src/judge/recent.ts";
import { type EventStream, watchRound } from "../src/judge/watch-round.ts";

const pair = (id: string): Comparison => {
  const image = { url: `/api/images/${id}`, width: 512, height: 512 };
  return { id, left: image, right: image };
};
const after = (...events: JudgingEvent[]): Judging => events.reduce(judge, newJudging);
const shown = (id: string): JudgingEvent => ({ kind: "shown", comparison: pair(id), choice: null });
const left: JudgingEvent = { kind: "chosen", choice: "left" };
const delivered = (comparison: string, ranking: number): JudgingEvent => ({ kind: "delivered", comparison, ranking });

test("a choice shows at once and locks the pair until the next one is on screen", () => {
  const chosen = after(shown("1"), left);
  expect(chosen.choice).toBe("left");
  expect(judge(chosen, { kind: "chosen", choice: "right" }).choice).toBe("left");
  const next = after(shown("1"), left, delivered("1", 10), shown("2"));
  expect(mayChoose(next)).toBe(true);
  expect(next.undoable).toEqual([10]);
});

test("nothing can be chosen before a pair is on screen, or while an answer is taken back", () => {
  expect(judge(newJudging, left).choice).toBeNull();
  const undoing = after(shown("1"), left, delivered("1", 10), shown("2"), { kind: "undo" });
  expect(undoing.undoing).toBe(10);
  expect(judge(undoing, left).choice).toBeNull();
});

test("undo of an answer on its way waits for the confirmation, then takes it back", () => {
  const wanted = after(shown("1"), left, { kind: "undo" });
  expect(wanted).toMatchObject({ undoWanted: true, undoing: null });
  const confirmed = judge(wanted, delivered("1", 10));
  expect(confirmed).toMatchObject({ undoWanted: false, undoing: 10 });
  expect(judge(confirmed, { kind: "undone", ranking: 10, comparison: "1" })).toMatchObject({
    choice: null,
    undoing: null,
    undoable: [],
  });
});

test("undo takes the answers back one by one, latest first", () => {
  let state = after(shown("1"), left, delivered("1", 10), shown("2"), left, delivered("2", 11), shown("3"), { kind: "undo" });
  expect(state.undoing).toBe(11);
  state = judge(judge(state, { kind: "undone", ranking: 11, comparison: "2" }), shown("2"));
  state = judge(state, { kind: "undo" });
  expect(state.undoing).toBe(10);
  state = judge(judge(state, { kind: "undone", ranking: 10, comparison: "1" }), shown("1"));
  expect(mayUndo(state)).toBe(false);
});

test("an answer of an earlier visit can be taken back, after those of this one", () => {
  const known = judge(newJudging, { kind: "earlier", ranking: 9 });
  expect(mayUndo(known)).toBe(true);
  const here = [shown("1"), left, delivered("1", 10)].reduce(judge, known);
  expect(here.undoable).toEqual([9, 10]);
  expect(judge(here, { kind: "earlier", ranking: 10 }).undoable).toEqual([9, 10]);
});

test("a failed undo can be asked again, unless the server no longer knows the answer", () => {
  const asked = after(shown("1"), left, delivered("1", 10), shown("2"), { kind: "undo" });
  expect(mayUndo(judge(asked, { kind: "undoFailed", message: "No network.", gone: false }))).toBe(true);
  const gone = judge(asked, { kind: "undoFailed", message: "There is no such answer.", gone: true });
  expect(gone).toMatchObject({ undoable: [], notice: "There is no such answer." });
});

test("a refused answer opens the pair again and says why", () => {
  const refused = judge(after(shown("1"), left), { kind: "refused", comparison: "1", message: "Answered already." });
  expect(refused).toMatchObject({ choice: null, notice: "Answered already." });
  expect(judge(refused, left).notice).toBeNull();
});

test("a pair whose pictures were deleted leaves the screen, and a refusal of another pair changes nothing", () => {
  const gone = { kind: "refused", comparison: "1", message: "Deleted.", expired: true } as const;
  const empty = judge(after(shown("1"), left), gone);
  expect(empty).toMatchObject({ shown: null, choice: null, notice: "Deleted." });
  expect(mayChoose(empty)).toBe(false);
  expect(mayChoose(judge(empty, shown("2")))).toBe(true);
  const later = after(shown("1"), left, delivered("1", 10), shown("2"));
  expect(judge(later, gone)).toBe(later);
});

test("a reload shows the choice that still waits in the outbox", () => {
  const state = after({ kind: "shown", comparison: pair("1"), choice: "tie" });
  expect(state.choice).toBe("tie");
  expect(mayChoose(state)).toBe(false);
});

test("in any order of events, an answer being taken back was delivered before", () => {
  const event = fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((id) => shown(`${id}`)),
    fc.constantFrom<JudgingEvent>(left, { kind: "undo" }),
    fc.integer({ min: 1, max: 3 }).map((id) => delivered(`${id}`, id)),
    fc.integer({ min: 1, max: 3 }).map((id): JudgingEvent => ({ kind: "undone", ranking: id, comparison: `${id}` })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let state = newJudging;
      for (const next of events) {
        state = judge(state, next);
        if (next.kind === "undo" && state.undoing !== null) expect(state.undoable).toContain(state.undoing);
        if (mayChoose(state)) expect(state.shown).not.toBeNull();
      }
    }),
  );
});

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});

test.each([
  ["ArrowLeft", "left"],
  ["1", "left"],
  ["ArrowRight", "right"],
  ["2", "right"],
  ["ArrowDown", "tie"],
  [" ", "tie"],
  ["0", "tie"],
  ["z", "undo"],
  ["Z", "undo"],
  ["?", "help"],
  ["a", null],
  ["Enter", null],
])("the key %j means %j", (key, intent) => {
  expect(intentOf(press(key), "page")).toBe(intent);
});

test.each<[string, KeyPress, Focus, string | null]>([
  ["writing in a text field", press("1"), "text", null],
  ["undoing a word in a text field", press("z", { ctrlKey: true }), "text", null],
  ["pressing a button by the space bar", press(" "), "control", null],
  ["an arrow key while a button has the focus", press("ArrowLeft"), "control", "left"],
  ["a key held down", press("1", { repeat: true }), "page", null],
  ["Ctrl+Z", press("z", { ctrlKey: true }), "page", "undo"],
  ["Command+Z", press("z", { metaKey: true }), "page", "undo"],
  ["Ctrl+1, which changes the tab", press("1", { ctrlKey: true }), "page", null],
  ["Alt+Left, which goes back", press("ArrowLeft", { altKey: true }), "page", null],
])("%s", (_what, key, focus, intent) => {
  expect(intentOf(key, focus)).toBe(intent);
});

const round = (state: Round["state"]): Round => ({ id: "r", state }) as Round;

/** A stream, a clock and a server for watchRound. */
function watching(states: Round["state"][]) {
  const seen: string[] = [];
  let timer: (() => void) | null = null;
  const stream: EventStream & { closed: boolean } = {
    onmessage: null,
    onerror: null,
    closed: false,
    close() {
      stream.closed = true;
    },
  };
  const stop = watchRound("r", ({ state }) => seen.push(state), {
    openStream: () => stream,
    fetchRound: async () => {
      const state = states.shift();
      if (!state) throw new Error("no network");
      return round(state);
    },
    later: (task) => {
      timer = task;
      return () => {
        timer = null;
      };
    },
  });
  const tick = async () => {
    timer?.();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  const say = (state: Round["state"]) => stream.onmessage?.({ data: JSON.stringify(round(state)) });
  return { seen, stream, stop, tick, say, waits: () => timer !== null };
}

test("events of the stream are passed on until the round is ready", () => {
  const watch = watching([]);
  watch.say("generating");
  watch.say("ready");
  expect(watch.seen).toEqual(["generating", "ready"]);
  expect(watch.stream.closed).toBe(true);
  expect(watch.waits()).toBe(false);
});

test("a stream that breaks or stays silent is replaced by asking", async () => {
  const watch = watching(["generating", "failed"]);
  watch.stream.onerror?.();
  await watch.tick();
  await watch.tick();
  expect(watch.seen).toEqual(["generating", "failed"]);
  expect(watch.waits()).toBe(false);
});

test("asking goes on when an answer fails to come", async () => {
  const watch = watching([]);
  await watch.tick();
  expect(watch.seen).toEqual([]);
  expect(watch.waits()).toBe(true);
  watch.stop();
  expect(watch.waits()).toBe(false);
});

test("progress is one short sentence", () => {
  const progress = { done: 0, total: 2, fraction: 0.2, etaMs: 3_200, queuePosition: 0 };
  expect(progressSentence(progress)).toBe("Painting picture 1 of 2 · about 4 s left");
  expect(progressSentence({ ...progress, queuePosition: 3, etaMs: 200_000 })).toBe(
    "3 pictures are ahead of yours · about 3 min left",
  );
  expect(progressSentence({ ...progress, total: 1, done: 1, etaMs: null })).toBe("Painting the next picture");
});

test("recent prompts: latest first, none twice, only one's own, at most a dozen, and broken storage does no harm", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  for (let index = 0; index < 20; index++) rememberRecent({ prompt: `p${index % 15}`, round: `${index}`, owner: "ada" }, storage);
  rememberRecent({ prompt: "hers", round: "x", owner: "grace" }, storage);
  const mine = readRecent("ada", storage);
  expect(mine[0]).toEqual({ prompt: "p4", round: "19", owner: "ada" });
  expect(new Set(mine.map(({ prompt }) => prompt)).size).toBe(mine.length);
  expect(mine).toHaveLength(11);
  expect(readRecent("ada", { getItem: () => "{broken" })).toEqual([]);
  expect(withRecent([], mine[0]!)).toHaveLength(1);
});

test("a surprise is never the prompt that is already there", () => {
  fc.assert(
    fc.property(fc.constantFrom(...EXAMPLE_PROMPTS), fc.double({ min: 0, max: 0.999, noNaN: true }), (last, random) => {
      expect(EXAMPLE_PROMPTS).toContain(surprise(last, () => random));
      expect(surprise(last, () => random)).not.toBe(last);
    }),
  );
});
