import type { Comparison, Round } from "@pickapic/server/api";
import { expect, test } from "vitest";
import { progressSentence, waitingOf } from "../../../src/judge/pair/waiting.ts";
import { type Judging, newJudging } from "../../../src/judge/round/judging.ts";

test("progress is one short sentence", () => {
  const progress = { done: 0, total: 2, fraction: 0.2, etaMs: 3_200, queuePosition: 0 };
  expect(progressSentence(progress)).toBe("Painting picture 1 of 2 · about 4 s left");
  expect(progressSentence({ ...progress, queuePosition: 3, etaMs: 200_000 })).toBe(
    "3 pictures are ahead of yours · about 3 min left",
  );
  expect(progressSentence({ ...progress, total: 1, done: 1, etaMs: null })).toBe("Painting the next picture");
});

test.each([
  [{ queuePosition: 1 }, "1 picture is ahead of yours"],
  [{ done: 1 }, "Painting picture 2 of 2"],
  [{ done: 2 }, "Painting picture 2 of 2"],
  [{ etaMs: 1_000 }, "Painting picture 1 of 2 · a moment left"],
  [{ etaMs: 1_001 }, "Painting picture 1 of 2 · about 2 s left"],
  [{ etaMs: 89_000 }, "Painting picture 1 of 2 · about 89 s left"],
  [{ etaMs: 90_000 }, "Painting picture 1 of 2 · about 2 min left"],
])("progress %j is said as %s", (more, sentence) => {
  const progress = { done: 0, total: 2, fraction: 0.2, etaMs: null, queuePosition: 0 };
  expect(progressSentence({ ...progress, ...more })).toBe(sentence);
});

const image = { url: "/api/images/1", width: 512, height: 512 };
const pair = (id: string): Comparison => ({ id, left: image, right: image });
const progress = { done: 0, total: 2, fraction: 0, etaMs: null, queuePosition: 0 };
const round = (state: Round["state"], comparison: Comparison | null = null) => ({ state, comparison, progress }) as Round;
const on = (id: string, more: Partial<Judging> = {}): Judging => ({ ...newJudging, shown: pair(id), painted: true, ...more });

test.each<[what: string, state: Judging, round: Round | undefined, delayed: boolean, sentence: string | null]>([
  ["the round is not known yet", newJudging, undefined, false, "Looking for your pictures…"],
  ["the first pictures are made", newJudging, round("generating"), false, "Painting picture 1 of 2"],
  ["they are there and are loaded", newJudging, round("ready", pair("1")), false, "Loading the two pictures…"],
  [
    "they are decoded and not painted yet",
    on("1", { painted: false }),
    round("ready", pair("1")),
    false,
    "Loading the next pair…",
  ],
  ["a pair can be answered", on("1"), round("ready", pair("1")), false, null],
  ["the round has no pair at the moment", on("1"), round("ready"), false, "Loading the next pair…"],
  ["an answer is under way", on("1", { verdict: "left" }), round("ready", pair("1")), false, "Sending your answer…"],
  [
    "an answer could not be sent",
    on("1", { verdict: "left" }),
    round("ready", pair("1")),
    true,
    "Your answer is kept. The next pair comes when the server has it.",
  ],
  ["a pair is skipped", on("1", { verdict: "left-out" }), round("ready", pair("1")), false, "Looking for another pair…"],
  [
    "the next picture is made",
    on("1", { verdict: "tie", confirmed: true }),
    round("generating"),
    false,
    "Painting picture 1 of 2",
  ],
  [
    "the next pair is loaded",
    on("1", { verdict: "tie", confirmed: true }),
    round("ready", pair("2")),
    false,
    "Loading the next pair…",
  ],
  ["the round says itself why it stands still", on("1"), round("failed"), false, null],
])("while %s, the words are there", (_what, state, known, delayed, sentence) => {
  expect(waitingOf(state, known, delayed)?.sentence ?? null).toBe(sentence);
});

test("only pictures that are being made can be stopped, and have a bar", () => {
  expect(waitingOf(newJudging, round("generating"), false)).toMatchObject({ mayCancel: true, progress });
  expect(waitingOf(newJudging, round("ready", pair("1")), false)).toMatchObject({ mayCancel: false, progress: null });
});
