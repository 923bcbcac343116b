import { expect, test } from "vitest";
import { duration, showProgress } from "../src/progress.ts";
import { openTerminal } from "./terminal.ts";

test("durations are written as people say them", () => {
  expect([0.4, 59.4, 60, 125, 3600, 4205].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 00 min",
    "1 h 10 min",
  ]);
});

test("without a terminal a line comes at most every five seconds, and a last one at the end", () => {
  let now = 0;
  const { context, printed } = openTerminal({ now: () => now });
  const view = showProgress(context, "collecting");
  for (now = 1000; now <= 12_000; now += 1000) view.update({ done: now / 1000, total: 20, unit: "answers" });
  now = 12_000;
  view.stop();
  view.stop();
  expect(printed.err.trim().split("\n")).toEqual([
    "collecting: 1/20 answers, 1.0/s, 19 s left",
    "collecting: 6/20 answers, 1.0/s, 14 s left",
    "collecting: 11/20 answers, 1.0/s, 9 s left",
    "collecting: 12/20 answers, 1.0/s, 8 s left",
  ]);
});

test("slow work has a rate per minute, work of unknown length has none left", () => {
  let now = 0;
  const { context, printed } = openTerminal({ now: () => now });
  const view = showProgress(context, "training");
  now = 60_000;
  view.update({ done: 3, total: 0, unit: "steps", note: "loss 0.6" });
  expect(printed.err).toBe("training: 3 steps, 3.0/min, loss 0.6\n");
});

test("nothing goes to stdout", () => {
  const { context, printed } = openTerminal();
  const view = showProgress(context, "x");
  view.update({ done: 1, total: 1, unit: "y" });
  view.stop();
  expect(printed.out).toBe("");
});
