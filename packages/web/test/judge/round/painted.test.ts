// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import type { JudgingEvent } from "../../../src/judge/round/judging.ts";
import { afterPaint, usePainted } from "../../../src/judge/round/painted.ts";

/** A browser that paints, and whose time passes, when the test says so. */
function frames() {
  let tasks: (() => void)[] = [];
  let timers: { task: () => void; at: number }[] = [];
  let now = 0;
  return {
    later: (task: () => void, ms: number) => {
      const timer = { task, at: now + ms };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass: (ms: number) => {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { task } of due) task();
    },
    nextFrame: (task: () => void) => {
      tasks.push(task);
      return () => {
        tasks = tasks.filter((other) => other !== task);
      };
    },
    now: () => now,
    paint: () => {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
    },
  };
}

test("a picture counts as seen after the frame that shows it, not before", () => {
  const browser = frames();
  let painted = 0;
  afterPaint(() => painted++, browser);
  expect(painted).toBe(0);
  browser.paint();
  expect(painted).toBe(0);
  browser.paint();
  expect(painted).toBe(1);
  browser.paint();
  expect(painted).toBe(1);
});

test.each([0, 1])("what left the screen after %i frames is not called painted", (count) => {
  const browser = frames();
  let painted = 0;
  const stop = afterPaint(() => painted++, browser);
  for (let frame = 0; frame < count; frame++) browser.paint();
  stop();
  browser.paint();
  browser.paint();
  expect(painted).toBe(0);
});

test("a pair can have been seen a while after it was painted, and its time begins with the painting", () => {
  const browser = frames();
  const events: JudgingEvent[] = [];
  const dispatch = (event: JudgingEvent) => void events.push(event);
  const { result, rerender } = renderHook(({ pair }) => usePainted(pair, 300, dispatch, browser), {
    initialProps: { pair: "1" },
  });
  browser.pass(5_000);
  browser.paint();
  expect([events, result.current.elapsedMs()]).toEqual([[], 0]);
  browser.paint();
  browser.pass(299);
  expect(events).toEqual([{ kind: "painted", comparison: "1" }]);
  browser.pass(2);
  expect(events.at(-1)).toEqual({ kind: "seen", comparison: "1" });
  expect(result.current.elapsedMs()).toBe(301);

  rerender({ pair: "2" });
  expect(result.current.elapsedMs()).toBe(0);
  browser.paint();
  browser.paint();
  browser.pass(200);
  rerender({ pair: "3" });
  browser.pass(1_000);
  expect(events.slice(2)).toEqual([{ kind: "painted", comparison: "2" }]);
});
