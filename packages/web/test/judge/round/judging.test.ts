import type { Comparison } from "@pickapic/server/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Judging,
  type JudgingEvent,
  judge,
  mayChoose,
  mayLeave,
  mayUndo,
  newJudging,
} from "../../../src/judge/round/judging.ts";

const pair = (id: string): Comparison => {
  const image = { url: `/api/images/${id}`, width: 512, height: 512 };
  return { id, left: image, right: image };
};
const after = (...events: (JudgingEvent | JudgingEvent[])[]): Judging => events.flat().reduce(judge, newJudging);
/** A pair goes on screen, is painted, and is looked at. */
const shown = (id: string): JudgingEvent[] => [
  { kind: "shown", comparison: pair(id), choice: null },
  { kind: "painted", comparison: id },
  { kind: "seen", comparison: id },
];
const left: JudgingEvent = { kind: "chosen", choice: "left" };
const delivered = (comparison: string, ranking: number): JudgingEvent => ({ kind: "delivered", comparison, ranking });

test("a choice shows at once and locks the pair until the next one is on screen", () => {
  const chosen = after(shown("1"), left);
  expect(chosen.verdict).toBe("left");
  expect(judge(chosen, { kind: "chosen", choice: "right" }).verdict).toBe("left");
  const next = after(shown("1"), left, delivered("1", 10), shown("2"));
  expect(mayChoose(next)).toBe(true);
  expect(next.undoable).toEqual([10]);
});

test("nothing can be chosen before a pair is on screen, or while an answer is taken back", () => {
  expect(judge(newJudging, left).verdict).toBeNull();
  const undoing = after(shown("1"), left, delivered("1", 10), shown("2"), { kind: "undo" });
  expect(undoing.undoing).toBe(10);
  expect(judge(undoing, left).verdict).toBeNull();
});

test("undo of an answer on its way waits for the confirmation, then takes it back", () => {
  const wanted = after(shown("1"), left, { kind: "undo" });
  expect(wanted).toMatchObject({ undoWanted: true, undoing: null });
  const confirmed = judge(wanted, delivered("1", 10));
  expect(confirmed).toMatchObject({ undoWanted: false, undoing: 10 });
  expect(judge(confirmed, { kind: "undone", ranking: 10, comparison: "1" })).toMatchObject({
    verdict: null,
    undoing: null,
    undoable: [],
  });
});

test("undo takes the answers back one by one, latest first", () => {
  let state = after(shown("1"), left, delivered("1", 10), shown("2"), left, delivered("2", 11), shown("3"), { kind: "undo" });
  expect(state.undoing).toBe(11);
  state = [{ kind: "undone", ranking: 11, comparison: "2" } as const, ...shown("2")].reduce(judge, state);
  state = judge(state, { kind: "undo" });
  expect(state.undoing).toBe(10);
  state = [{ kind: "undone", ranking: 10, comparison: "1" } as const, ...shown("1")].reduce(judge, state);
  expect(mayUndo(state)).toBe(false);
});

test("an answer of an earlier visit can be taken back, after those of this one", () => {
  const known = judge(newJudging, { kind: "earlier", ranking: 9 });
  expect(mayUndo(known)).toBe(true);
  const here = [...shown("1"), left, delivered("1", 10)].reduce(judge, known);
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
  expect(refused).toMatchObject({ verdict: null, notice: "Answered already." });
  expect(judge(refused, left).notice).toBeNull();
});

test("a pair whose pictures were deleted leaves the screen, and a refusal of another pair changes nothing", () => {
  const gone = { kind: "refused", comparison: "1", message: "Deleted.", expired: true } as const;
  const empty = judge(after(shown("1"), left), gone);
  expect(empty).toMatchObject({ shown: null, verdict: null, notice: "Deleted." });
  expect(mayChoose(empty)).toBe(false);
  expect(mayChoose(shown("2").reduce(judge, empty))).toBe(true);
  const later = after(shown("1"), left, delivered("1", 10), shown("2"));
  expect(judge(later, gone)).toBe(later);
});

test("a reload shows the choice that still waits in the outbox", () => {
  const state = after({ kind: "shown", comparison: pair("1"), choice: "tie" });
  expect(state.verdict).toBe("tie");
  expect(mayChoose(state)).toBe(false);
});

test("in any order of events, an answer being taken back was delivered before", () => {
  const event = fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((id): JudgingEvent => ({ kind: "shown", comparison: pair(`${id}`), choice: null })),
    fc.integer({ min: 1, max: 3 }).map((id): JudgingEvent => ({ kind: "painted", comparison: `${id}` })),
    fc.integer({ min: 1, max: 3 }).map((id): JudgingEvent => ({ kind: "seen", comparison: `${id}` })),
    fc.integer({ min: 1, max: 3 }).map((id): JudgingEvent => ({ kind: "leftOut", comparison: `${id}` })),
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

test("a pair cannot be answered before it was painted and can have been seen, and another one opens nothing", () => {
  const decoded = after({ kind: "shown", comparison: pair("1"), choice: null });
  expect(mayChoose(decoded)).toBe(false);
  expect(judge(decoded, left)).toBe(decoded);
  expect(mayLeave(judge(decoded, { kind: "painted", comparison: "0" }))).toBe(false);
  const painted = judge(decoded, { kind: "painted", comparison: "1" });
  expect([mayChoose(painted), mayLeave(painted)]).toEqual([false, true]);
  expect(mayChoose(judge(painted, { kind: "seen", comparison: "0" }))).toBe(false);
  expect(mayChoose(judge(painted, { kind: "seen", comparison: "1" }))).toBe(true);
  const next = judge(after(shown("1")), { kind: "shown", comparison: pair("2"), choice: null });
  expect(mayChoose(next)).toBe(false);
});

test("a choice before the pictures can have been seen is no answer and says so, until the next choice", () => {
  const early = after({ kind: "shown", comparison: pair("1"), choice: null }, { kind: "painted", comparison: "1" }, left);
  expect(early).toMatchObject({ verdict: null, notice: expect.stringContaining("faster than anyone can look") });
  expect(after(shown("1"), left, left).notice).toBeNull();
  const seen = judge(early, { kind: "seen", comparison: "1" });
  expect(judge(seen, left)).toMatchObject({ verdict: "left", notice: null });
});

test("a pair that is left out takes no answer, cannot be undone, and opens again when the server refuses", () => {
  const leaving = after(shown("1"), { kind: "leftOut", comparison: "1" });
  expect(leaving).toMatchObject({ verdict: "left-out", confirmed: false });
  expect(mayChoose(leaving)).toBe(false);
  expect(mayUndo(leaving)).toBe(false);
  expect(judge(leaving, { kind: "leftOutConfirmed", comparison: "1" }).confirmed).toBe(true);
  expect(judge(leaving, { kind: "leftOutConfirmed", comparison: "2" }).confirmed).toBe(false);
  const refused = judge(leaving, { kind: "refused", comparison: "1", message: "No connection." });
  expect(mayChoose(refused)).toBe(true);
  expect(judge(refused, { kind: "leftOut", comparison: "2" })).toBe(refused);
  const answered = after(shown("1"), left);
  expect(judge(answered, { kind: "leftOutConfirmed", comparison: "1" }).confirmed).toBe(false);
});

test("where the server offers no answer for undo, none is offered, but one that is on its way", () => {
  const given = after(shown("1"), left, delivered("1", 10), shown("2"));
  expect(mayUndo(judge(given, { kind: "earlier", ranking: null }))).toBe(false);
  const under = after(shown("1"), left, { kind: "earlier", ranking: null });
  expect(mayUndo(under)).toBe(true);
});

test("each event changes the pair that it is about, and no other one", () => {
  const chosen = after(shown("1"), left);
  const others: JudgingEvent[] = [
    { kind: "painted", comparison: "2" },
    { kind: "seen", comparison: "2" },
    { kind: "leftOut", comparison: "2" },
    { kind: "leftOutConfirmed", comparison: "2" },
    { kind: "leftOutConfirmed", comparison: "1" },
    { kind: "refused", comparison: "2", message: "No." },
  ];
  for (const event of others) expect(judge(chosen, event)).toBe(chosen);
  for (const event of others) expect(judge(newJudging, event)).toBe(newJudging);
  expect(judge(chosen, delivered("2", 7))).toEqual({ ...chosen, undoable: [7] });
  expect(judge(chosen, { kind: "undone", ranking: 7, comparison: "2" })).toEqual(chosen);
});

test("an answer that is confirmed twice can be taken back once, and the one on screen is confirmed", () => {
  const confirmed = after(shown("1"), left, delivered("1", 10));
  expect(confirmed).toMatchObject({ confirmed: true, pairs: 1 });
  expect(judge(confirmed, delivered("1", 10)).undoable).toEqual([10]);
  expect(after(shown("1"), shown("2")).pairs).toBe(2);
});

test("nothing is taken back while something is, or where there is nothing; what was wanted ends with a refusal", () => {
  const undoing = after(shown("1"), left, delivered("1", 10), { kind: "undo" });
  expect(judge(undoing, { kind: "undo" })).toBe(undoing);
  expect(judge(newJudging, { kind: "undo" })).toBe(newJudging);
  const wanted = after(shown("1"), left, { kind: "undo" });
  expect(mayUndo(wanted)).toBe(false);
  expect(judge(wanted, { kind: "refused", comparison: "1", message: "No." })).toMatchObject({ undoWanted: false, verdict: null });
  const open = after(shown("1"), left, delivered("1", 10), { kind: "undo" }, { kind: "undone", ranking: 10, comparison: "1" });
  expect(open).toMatchObject({ verdict: null, confirmed: false, undoable: [] });
});

test("an answer that is gone is forgotten, the ones before it are kept; none at all empties the list", () => {
  const two = after(shown("1"), left, delivered("1", 10), shown("2"), left, delivered("2", 11), { kind: "undo" });
  expect(judge(two, { kind: "undoFailed", message: "Gone.", gone: true }).undoable).toEqual([10]);
  expect(judge(two, { kind: "undoFailed", message: "Later.", gone: false }).undoable).toEqual([10, 11]);
  const known = after(shown("1"), left, delivered("1", 10));
  expect(judge(known, { kind: "earlier", ranking: null })).toEqual({ ...known, undoable: [] });
});
