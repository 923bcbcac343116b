import { expect, test } from "vitest";
import { announcement } from "../../src/judge/announcement.ts";
import { newJudging } from "../../src/judge/round/judging.ts";
import { pair, roundOf } from "./handle.ts";

const on = { ...newJudging, shown: pair, pairs: 3 };
const making = roundOf({ state: "generating", progress: { done: 0, total: 2, fraction: 0, etaMs: 3_000, queuePosition: 2 } });

test.each([
  ["nothing is known", newJudging, undefined, "Loading."],
  ["pictures are made", newJudging, making, "Painting picture 1 of 2"],
  ["a pair is there", on, roundOf(), "Pair 3 is ready: which picture is better?"],
  ["the left one is picked", { ...on, verdict: "left" }, roundOf(), "Left picture picked."],
  ["the right one is picked", { ...on, verdict: "right" }, roundOf(), "Right picture picked."],
  ["neither is picked", { ...on, verdict: "tie" }, roundOf(), "Equally good."],
  ["the pair is skipped", { ...on, verdict: "left-out" }, roundOf(), "This pair is left out."],
  [
    "an answer on its way is to be taken back",
    { ...on, verdict: "left", undoWanted: true },
    roundOf(),
    "Taking the last answer back.",
  ],
  ["an answer is taken back", { ...on, undoing: 1 }, roundOf(), "Taking the last answer back."],
] as const)("when %s, a screen reader hears it once", (_what, state, round, words) => {
  expect(announcement(state, round)).toBe(words);
});
