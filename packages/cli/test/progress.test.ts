import { expect, test } from "vitest";
import { showProgress } from "../src/progress.ts";
import { openTerminal } from "./terminal.ts";

/** The lines of a count that goes from 1 to `total`, one each second. */
function counting(total: number): string[] {
  let now = 0;
  const { context, printed } = openTerminal({ now: () => now });
  const view = showProgress(context, "collecting");
  for (let done = 1; done <= total; done++) {
    now = 1000 * done;
    view.update({ done, total: 200, unit: "answers" });
  }
  view.stop();
  view.stop();
  return printed.err.trim().split("\n");
}

test("without a terminal a line comes at most every five seconds, and a last one at the end", () => {
  expect(counting(13)).toEqual([
    "collecting: 1/200 answers",
    "collecting: 6/200 answers, 1.0/s, 3 min 14 s left",
    "collecting: 11/200 answers, 1.0/s, 3 min 09 s left",
    "collecting: 13/200 answers, 1.0/s, 3 min 07 s left",
  ]);
});

test("lines become more seldom in long runs", () => {
  const firstHalf = counting(100).length;
  expect(firstHalf).toBeLessThan(20);
  expect(counting(200).length - firstHalf).toBeLessThan(9);
});

test("slow work has a rate per minute, and what was there before a run went on is not counted as its work", () => {
  let now = 0;
  const { context, printed } = openTerminal({ now: () => now });
  const view = showProgress(context, "training");
  view.update({ done: 500, total: 1000, unit: "steps" });
  now = 60_000;
  view.update({ done: 503, total: 1000, unit: "steps", note: "loss 0.6" });
  expect(printed.err).toBe("training: 500/1000 steps\ntraining: 503/1000 steps, 3.0/min, 2 h 45 min left, loss 0.6\n");
});

test("a count that begins again has a rate of its own", () => {
  let now = 0;
  const { context, printed } = openTerminal({ now: () => now });
  const view = showProgress(context, "scoring");
  for (const [at, done] of [
    [0, 1],
    [100_000, 400],
    [110_000, 1],
    [120_000, 21],
  ] as const) {
    now = at;
    view.update({ done, total: 400, unit: "rankings" });
  }
  view.stop();
  expect(printed.err.trim().split("\n").at(-1)).toBe("scoring: 21/400 rankings, 2.0/s, 3 min 10 s left");
});

test("nothing goes to stdout", () => {
  const { context, printed } = openTerminal();
  const view = showProgress(context, "x");
  view.update({ done: 1, total: 1, unit: "y" });
  view.stop();
  expect(printed.out).toBe("");
});
