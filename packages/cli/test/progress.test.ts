import { expect, onTestFinished, test, vi } from "vitest";
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

test("lines become more seldom in long runs, and are never more than ten seconds apart", () => {
  const seconds = counting(200).map((line) => Number(/(\d+)\/200/.exec(line)![1]));
  const pauses = seconds.slice(1).map((second, i) => second - seconds[i]!);
  expect(pauses.slice(0, 5)).toEqual([5, 5, 5, 5, 5]);
  expect(Math.max(...pauses)).toBe(9);
  expect(pauses.at(-2)).toBe(9);
});

test("work that reports nothing repeats its last line before ten seconds are over, until it is stopped", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { context, printed } = openTerminal({ now: () => Date.now() });
  const view = showProgress(context, "measuring");
  view.update({ done: 1, total: 46, unit: "rankings", note: "65.3 % right" });
  vi.advanceTimersByTime(31_000);
  expect(printed.err).toBe("measuring: 1/46 rankings, 65.3 % right\n".repeat(4));
  view.stop();
  vi.advanceTimersByTime(60_000);
  expect(printed.err.match(/measuring/g)).toHaveLength(4);
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
