import { expect, test } from "vitest";
import { afterPaint } from "../../../src/judge/round/painted.ts";

/** A browser that paints when the test says so. */
function frames() {
  let tasks: (() => void)[] = [];
  return {
    nextFrame: (task: () => void) => {
      tasks.push(task);
      return () => {
        tasks = tasks.filter((other) => other !== task);
      };
    },
    now: () => 0,
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
