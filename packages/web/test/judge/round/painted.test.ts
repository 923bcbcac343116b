// @vitest-environment happy-dom
import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { JudgingEvent } from "../../../src/judge/round/judging.ts";
import { afterPaint, usePainted } from "../../../src/judge/round/painted.ts";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

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

test("a pair that left before it was painted is not called painted, and where there is no pair nothing is", () => {
  const browser = frames();
  const events: JudgingEvent[] = [];
  const dispatch = (event: JudgingEvent) => void events.push(event);
  const paint = () => {
    for (let frame = 0; frame < 3; frame++) browser.paint();
    browser.pass(1_000);
  };
  const { result, rerender } = renderHook(({ pair }) => usePainted(pair, 300, dispatch, browser), {
    initialProps: { pair: "1" as string | null },
  });
  rerender({ pair: "2" });
  paint();
  expect(events).toEqual([
    { kind: "painted", comparison: "2" },
    { kind: "seen", comparison: "2" },
  ]);
  rerender({ pair: null });
  paint();
  expect([events.length, result.current.elapsedMs()]).toEqual([2, 0]);
});

test("a page that was left open for days says one day", () => {
  const browser = frames();
  const { result } = renderHook(() => usePainted("1", 300, () => {}, browser));
  browser.paint();
  browser.paint();
  browser.pass(200_000_000);
  expect(result.current.elapsedMs()).toBe(86_400_000);
});

test("without other effects the frames, timers and clock of the browser are used, and what is cancelled does not come", () => {
  vi.useFakeTimers({
    toFake: ["requestAnimationFrame", "cancelAnimationFrame", "setTimeout", "clearTimeout", "performance"],
  });
  const events: JudgingEvent[] = [];
  const dispatch = (event: JudgingEvent) => void events.push(event);
  const watched = () => renderHook(() => usePainted("1", 300, dispatch));
  const { result } = watched();
  vi.advanceTimersByTime(100);
  expect(events).toEqual([{ kind: "painted", comparison: "1" }]);
  vi.advanceTimersByTime(300);
  expect(events.at(-1)).toEqual({ kind: "seen", comparison: "1" });
  // The second frame was painted between 17 and 34 ms after the pair was there.
  expect(result.current.elapsedMs()).toBeGreaterThan(350);
  expect(result.current.elapsedMs()).toBeLessThan(400);

  events.length = 0;
  watched().unmount();
  const painted = watched();
  vi.advanceTimersByTime(100);
  painted.unmount();
  vi.advanceTimersByTime(1_000);
  expect(events).toEqual([{ kind: "painted", comparison: "1" }]);
});
